"""What a Python user meets: two lines to an answer, and results that print short and show safely in a notebook."""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from conftest import ARCHIVE

import dateline
from index.cancellation import cancellation
from index.documents import Copy, Document, Filters, Hit, Hits, Passage, Span
from index.errors import Cancelled, ConfigError, IndexNotFound, IndexStateError, QuestionError
from index.loaders import Skipped
from index.reports import AddReport
from index.search import Index
from index.sync import Move, Plan, SyncReport
from rag.answer import Agreement, Alternative, Answer, AnswerSentence, Source

HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e \"'>&<img src=x onerror=alert(2)> \ud800 "
ALLOWED = {"div", "p", "ul", "ol", "li", "b", "i", "bdi", "br", "blockquote", "a"}


class Markup(HTMLParser):
    """Tags, attributes and text of a piece of HTML; every element that is opened is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str | None]] = set()
        self.text = ""
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(attributes)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def hostile_hit(url: str = "javascript:alert(3)") -> Hit:
    document = Document(HOSTILE * 50, title=HOSTILE, outlet=HOSTILE, url=url, published=date(2025, 3, 4))
    copies = (Copy("x", HOSTILE, date(2025, 3, 5), HOSTILE, url), Copy("y", "", None, "", "", figures=(HOSTILE,)))
    place = Passage(document.id, 0, len(document.text), (Span(0, len(document.text)),))
    return Hit(document, place, 0.5, {"dense": 1}, copies, 5)


def hostile_answer(hit: Hit, *, answered: bool) -> Answer:
    sentence = AnswerSentence(HOSTILE, (1,), 1.0)
    return Answer(
        HOSTILE, HOSTILE + "!", answered, 0.9, HOSTILE, (sentence,), (Source(1, hit.document, 0, 40),), (hit,),
        (HOSTILE,), Agreement((HOSTILE,), 2), (Alternative(HOSTILE, (1,)),),
    )  # fmt: skip


def everything_hostile() -> Iterator[object]:
    hit, skipped = hostile_hit(), (Skipped(HOSTILE, HOSTILE),) * 30
    yield from (hit, hit.document, Hits([hit, hit]), hostile_answer(hit, answered=True))
    yield hostile_answer(hit, answered=False)
    yield AddReport(("a" * 20,) * 5000, skipped=skipped, warnings=(HOSTILE,))
    yield SyncReport(Plan((HOSTILE,) * 50, moved=(Move(HOSTILE, HOSTILE),), unreadable=skipped), 1, 2, 3, 4)


@pytest.mark.parametrize("result", [*everything_hostile()], ids=lambda result: type(result).__name__)
def test_results_are_safe_to_show_and_to_print(result: object) -> None:
    markup = Markup(result._repr_html_())  # type: ignore[attr-defined]
    assert markup.tags <= ALLOWED
    assert not markup.attributes, "nothing but a link has attributes, and this address is none"
    assert "alert(1)" in markup.text
    markup.text.encode()
    for said in (str(result), repr(result)):
        assert not set(said) & {"\x1b", "\u202e", "\ud800"}
        said.encode()


@pytest.mark.parametrize("result", [*everything_hostile()], ids=lambda result: type(result).__name__)
def test_a_repr_takes_a_line_or_two(result: object) -> None:
    assert len(repr(result)) < 400
    assert "\n" not in repr(result)


def test_only_a_web_address_becomes_a_link() -> None:
    html = hostile_hit(url="https://news.example/a?b=1&c=2")._repr_html_()
    assert dict(Markup(html).attributes)["href"] == "https://news.example/a?b=1&c=2"


def test_reprs_change_neither_equality_nor_json(index: Index) -> None:
    hit, same = (index.search("ice plant")[0] for _ in range(2))
    assert hit == same
    assert hash(hit.document) == hash(same.document)
    assert hit != replace(hit, score=2.0)
    assert hostile_answer(hit, answered=True) == hostile_answer(same, answered=True)
    assert hostile_answer(hit, answered=True).to_json()["passages"][0]["text"] == ARCHIVE[1].text


def test_documents_and_hits_print_what_they_are(index: Index) -> None:
    pier = ARCHIVE[0]
    assert str(pier) == "North pier closed after cracks found, Tidewater Post, 2025-03-04"
    assert str(ARCHIVE[3]) == "Council to vote on pier repairs, headline, not article text"
    assert repr(pier).startswith("Document(text='The harbour council closed the north pier on Monday. …', title='North")
    (hit,) = index.search("cracks in the pillars", 1, Filters(kinds=("article",)))
    assert str(hit).splitlines()[0].startswith(f"{pier}, characters 0-154 (score ")
    assert str(hit).splitlines()[1].strip() == pier.text
    assert str(Hits([hit])) == f"1. {hit}"
    assert str(Hits()) == "nothing found"


def test_reports_print_counts_and_what_was_skipped(index: Index, tmp_path: Path) -> None:
    (tmp_path / "news").mkdir()
    (tmp_path / "news" / "note.txt").write_text("The museum opens a new wing in May, its director said on Friday.")
    (tmp_path / "news" / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    added, skipped = str(index.add([tmp_path / "news"])).splitlines()
    assert added == "added 1 documents (1 passages), unchanged 0"
    assert skipped.startswith(f"skipped {tmp_path / 'news' / 'broken.pdf'}: ")
    report = index.sync([tmp_path / "news"], dry_run=True)
    assert str(report).splitlines()[1] == f"add     {tmp_path / 'news' / 'note.txt'}"
    assert str(index.info()).splitlines()[0].endswith("index: 5 documents in 5 passages")
    assert len(str(AddReport(skipped=(Skipped("a", "b"),) * 5000)).splitlines()) == 12


# The archive


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[dateline.Archive]:
    with dateline.open(tmp_path / "made" / "here", create=True) as made:
        made.add_documents(ARCHIVE)
        yield made


QUESTION = "How much will the repairs of the pier cost?"


def test_an_archive_answers_as_the_chain_does(archive: dateline.Archive) -> None:
    answer = archive.ask(QUESTION)
    assert type(answer) is dateline.Answer
    assert answer.answered
    assert "3.2 million crowns" in str(answer)
    *_, last = archive.stream(QUESTION)
    assert last == replace(answer, timings_ms=last.timings_ms)
    later = archive.ask("Until when will they take?", history=[answer.turn])
    assert later.question != later.standalone_question
    filtered = archive.ask(QUESTION, filters=Filters(kinds=("headline",)))
    assert {hit.document.kind for hit in filtered.passages} == {"headline"}
    assert archive.ask(QUESTION, most_read=1).unread > 0


def test_an_archive_searches_and_tells_what_it_holds(archive: dateline.Archive) -> None:
    assert archive.search("ice", 1)[0].document == ARCHIVE[1]
    assert len(archive.search("pier")) == archive.info().documents == 4
    assert isinstance(archive.search("pier"), list)
    assert "4 documents" in archive._repr_html_()
    assert eval(repr(archive), {"dateline": dateline}).search("ice", 1) == archive.search("ice", 1)


def test_files_folders_and_documents_are_added_and_removed(archive: dateline.Archive, tmp_path: Path) -> None:
    folder = tmp_path / "news"
    folder.mkdir()
    (folder / "note.txt").write_text("The museum opens a new wing in May, its director said on Friday.")
    assert len(archive.add(folder / "note.txt").added) == 1
    assert archive.add([str(folder)]).unchanged == 1
    assert archive.add(["http://127.0.0.1/page"]).skipped[0].path == "http://127.0.0.1/page"
    assert archive.sync(folder).documents_added == 0
    (folder / "second.txt").write_text("The library is closed until autumn, the town said on Monday.")
    assert archive.sync([str(folder)], dry_run=True).documents_added == 1
    assert archive.sync(str(folder), collection="town").documents_added == 2
    (found,) = archive.search("library", 1, Filters(collections=("town",)))
    assert archive.remove(found.document.id) == archive.remove([ARCHIVE[1].id]) == 1
    assert archive.info().documents == 5


def test_where_there_is_no_archive_it_is_said_and_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(IndexNotFound, match=r"no archive at .*nowhere: make one with dateline.open.*create=True"):
        dateline.open(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_one_call_makes_and_fills_an_archive_and_warns_of_what_it_skipped(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("The museum opens a new wing in May, its director said on Friday.")
    for _ in range(2):
        with dateline.open(tmp_path / "made", add=tmp_path / "note.txt") as archive:
            assert archive.ask("When does the museum open its new wing?").short_answer == "in May"
            assert archive.info().documents == 1
    with pytest.warns(UserWarning, match="not added: .*missing.txt: there is no such file") as warned:
        dateline.open(tmp_path / "made", add=[tmp_path / "missing.txt"]).close()
    assert warned[0].filename == __file__


def test_settings_are_keywords_and_wrong_ones_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own.toml").write_text('k = 2\nreader = "similarity"')
    monkeypatch.setenv("DATELINE_INDEX", str(tmp_path / "named"))
    with dateline.open(create=True, k=1, embedder="hashing", config=tmp_path / "own.toml") as archive:
        assert archive.settings.index == archive.index.path == tmp_path / "named"
        archive.add_documents(ARCHIVE)
        assert len(archive.search("pier")) == 1
        assert len(archive.search("pier", k=3)) == 3
        assert archive.settings.reader == "similarity"
    with pytest.raises(ConfigError, match="kay is 3"):
        dateline.open(tmp_path / "named", kay=3)


def test_a_text_in_the_place_of_several_is_no_filter() -> None:
    with pytest.raises(QuestionError, match=r"outlets is the text 'Post': give a tuple of texts, \('Post',\)"):
        Filters(outlets="Post")  # type: ignore[arg-type]


def test_a_closed_archive_says_so(archive: dateline.Archive) -> None:
    archive.ask(QUESTION)
    archive.close()
    archive.close()
    for use in (archive.info, lambda: archive.ask(QUESTION), lambda: archive.search("pier")):
        with pytest.raises(IndexStateError, match=r"is closed: open it again with dateline\.open"):
            use()


def test_an_archive_that_nobody_holds_is_closed(tmp_path: Path) -> None:
    opened = dateline.open(tmp_path / "made", create=True).index
    gc.collect()
    with pytest.raises(Exception, match="closed"):
        opened.info()


def test_many_threads_may_ask_one_archive(archive: dateline.Archive) -> None:
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(archive.ask, [QUESTION] * 8))
    assert {answer.short_answer for answer in answers} == {answers[0].short_answer}


async def test_the_asynchronous_methods_answer_alike(archive: dateline.Archive) -> None:
    answer, other = await asyncio.gather(archive.aask(QUESTION), archive.aask("What does the ice plant make?"))
    assert (answer.short_answer, other.answered) == (archive.ask(QUESTION).short_answer, True)
    *_, last = [growing async for growing in archive.astream(QUESTION)]
    assert last.sentences == answer.sentences


@pytest.mark.parametrize("method", ["aask", "astream"])
async def test_a_cancelled_task_stops_the_work(archive: dateline.Archive, method: str) -> None:
    """The index is asked once the task is cancelled: its next step must not be taken."""
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()
    stopped = []

    class Waiting(Index):
        def search(self, *args: object, **kwargs: object) -> list[Hit]:
            begun.set()
            go_on.wait(10)
            try:
                cancellation().check()
            except Cancelled as error:
                stopped.append(error)
                raise
            finally:
                ended.set()
            return []

    waiting = Waiting(archive.index.path, archive.index._engine, archive.index.embedder)
    theirs = dateline.Archive(waiting, archive.settings)

    async def ask() -> None:
        if method == "aask":
            await theirs.aask(QUESTION)
        else:
            async for _ in theirs.astream(QUESTION):
                pass

    task = asyncio.create_task(ask())
    await asyncio.to_thread(begun.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go_on.set()
    await asyncio.to_thread(ended.wait, 10)
    assert len(stopped) == 1


# Names that others may take


ROOT = Path(__file__).parent.parent
PACKAGES = ("dateline", "eval", "index", "rag", "ui")


def python(script: str, folder: Path, packages: Path) -> subprocess.CompletedProcess[str]:
    """A script of a user's in a folder of theirs, with our packages on the path."""
    (folder / "script.py").write_text(script)
    environment = {**os.environ, "PYTHONPATH": str(packages)}
    return subprocess.run(
        [sys.executable, "script.py"], cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the built wheel is installed."""
    made = tmp_path_factory.mktemp("wheel")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, made / "source" / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, made / "source")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    build = [*pip, "wheel", "--no-index", "--no-deps", "--no-build-isolation", "-w", str(made), str(made / "source")]
    subprocess.run(build, check=True, capture_output=True, timeout=300)
    (wheel,) = made.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        tops = {name.partition("/")[0] for name in packed.namelist()}
        assert {name for name in tops if not name.endswith(".dist-info")} == set(PACKAGES)
    install = [*pip, "install", "--no-index", "--no-deps", "--target", str(made / "site"), str(wheel)]
    subprocess.run(install, check=True, capture_output=True, timeout=300)
    return made / "site"


@pytest.fixture(params=["checkout", "installation"])
def packages(request: pytest.FixtureRequest) -> Path:
    return ROOT if request.param == "checkout" else Path(request.getfixturevalue("installation"))


@pytest.mark.parametrize("name", ["index.py", "eval.py", "rag/__init__.py", "ui.py"])
def test_whoever_hides_a_package_is_told_which_file_does(name: str, packages: Path, tmp_path: Path) -> None:
    strange = tmp_path / name
    strange.parent.mkdir(exist_ok=True)
    strange.write_text("open('executed', 'w')")
    done = python("import dateline", tmp_path, packages)
    package = name.partition("/")[0].removesuffix(".py")
    told = f"ImportError: {strange} hides the package '{package}' that Dateline needs: rename it, or run Python from"
    assert told in done.stderr
    assert done.returncode == 1
    assert not (tmp_path / "executed").exists()


def test_a_package_that_was_imported_before_is_noticed_too(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "index.py").touch()
    script = "import sys; sys.path.insert(0, 'elsewhere'); import index; sys.path.pop(0); import dateline"
    assert "hides the package 'index' that Dateline needs" in python(script, tmp_path, ROOT).stderr


def test_what_hides_nothing_is_left_alone(packages: Path, tmp_path: Path) -> None:
    """A folder of data called `index` is no package; and `eval` stays Python's own."""
    (tmp_path / "index").mkdir()
    done = python("import dateline, eval as theirs; print(eval('1 + 1'), theirs.__name__)", tmp_path, packages)
    assert (done.stdout, done.stderr) == ("2 eval\n", "")


def test_an_installation_answers_in_two_lines(installation: Path, tmp_path: Path) -> None:
    made = python("import dateline; dateline.open('data/index', add=dateline.SAMPLE)", tmp_path, installation)
    assert made.returncode == 0, made.stderr
    question = "Who sits opposite He Lifeng in Kuala Lumpur?"
    script = f"import dateline\nprint(dateline.open('data/index').ask({question!r}))\n"
    done = python(script, tmp_path, installation)
    assert done.stderr == ""
    assert done.stdout.startswith("Scott Bessent\n")
    places = f"import {', '.join(PACKAGES)}\nprint(*[m.__file__ for m in ({', '.join(PACKAGES)})])"
    files = python(places, tmp_path, installation).stdout.split()
    assert [Path(file).parent.parent for file in files] == [installation] * len(PACKAGES)
