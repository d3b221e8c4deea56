"""Files are parsed by other processes: the same documents, and whatever a parser does costs one file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from files import story, suffix_of
from hypothesis import given, settings, strategies as st
from planted import MEBIBYTE, PLANTED

from eval.sample import DOSSIER
from index.documents import Document
from index.errors import ConfigError, InputError, MissingExtra, ParserFailed
from index.loaders import LOADERS, Content, Limits, Loaded, load
from index.loaders.detect import recognise
from index.loaders.sandbox.sandbox import Sandbox
from index.loaders.sandbox.wire import read_reply, reply
from index.search import Index

ROOT = Path(__file__).parent.parent
# On a busy machine what fails at once is not to be taken for slow.
LONG = Limits(max_parse_seconds=60.0, max_parse_bytes=512 * MEBIBYTE)
BATCH, SHORT = replace(LONG, max_parse_seconds=4.0), replace(LONG, max_parse_seconds=1.0)
REASONS = {
    "Sleeps": "took longer than {} s to read and was stopped: split it into smaller files",
    "Spins": "took longer than {} s to read and was stopped: split it into smaller files",
    "FloodsOn": "took longer than {} s to read and was stopped: split it into smaller files",
    "Trickles": "took longer than {} s to read and was stopped: split it into smaller files",
    "Crashes": "its parser crashed (signal 11, SIGSEGV); check that the file opens elsewhere",
    "Exits": "its parser ended with status 3; check",
    "Swells": "its parser needed more than 512 MiB of memory; check",
    "Blunders": "its parser failed (BlunderError: not foreseen)",
    "Impersonates": "its parser gave back what is no document (a document of another file ('/etc/motd'))",
    "Pickles": "its parser gave back what is no document (",
    "Promises": "its parser gave back what is no document (a frame of 4,294,967,295 bytes where 536,870,912 are left)",
}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    made = Sandbox()
    yield made
    made.close()


@pytest.fixture
def planted() -> Iterator[None]:
    """The planted loaders stand before the others."""
    others = dict(LOADERS)
    LOADERS.clear()
    LOADERS.update(PLANTED | others)
    yield
    LOADERS.clear()
    LOADERS.update(others)


def asked(sandbox: Sandbox, name: str, limits: Limits = LONG) -> str:
    """What a planted loader says."""
    (document,) = sandbox.parse(Content(f"/{name}", name.encode(), limits), PLANTED).documents
    return document.text


def reason(name: str, limits: Limits) -> str:
    return REASONS[name].format(f"{limits.max_parse_seconds:g}")


def here(content: Content) -> Loaded:
    return recognise(content, LOADERS).load(content)


# The same as without


@pytest.mark.parametrize("name", LOADERS)
def test_every_format_gives_the_same_documents_as_in_this_process(name: str, sandbox: Sandbox) -> None:
    content = Content(f"/inbox/bridge{suffix_of(name)}", story(name), collection="bridges")
    assert sandbox.parse(content, LOADERS) == here(content)


def test_the_packaged_dossier_is_read_as_in_this_process() -> None:
    paths = sorted(path for path in DOSSIER.iterdir() if path.is_file())
    assert len(paths) > 20
    for path in paths:
        assert load(path) == here(Content(str(path), path.read_bytes()))


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n" + bytes(50), b"\x00\x01" * 300, b"%PDF-1.4 broken"])
def test_a_refusal_is_the_same_error_as_in_this_process(data: bytes, sandbox: Sandbox) -> None:
    with pytest.raises(InputError) as expected:
        here(Content("a.txt", data))
    with pytest.raises(InputError) as caught:
        sandbox.parse(Content("a.txt", data), LOADERS)
    assert (type(caught.value), str(caught.value)) == (type(expected.value), str(expected.value))


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(
    st.lists(
        st.builds(
            Document, text=TEXTS, title=TEXTS, outlet=TEXTS, key=TEXTS, parent=TEXTS, title_derived=st.booleans(),
            authors=st.tuples(TEXTS), published=st.none() | st.dates(), kind=st.sampled_from(["article", "headline"]),
            source=st.just("a"), metadata=st.dictionaries(TEXTS, TEXTS | st.integers() | st.booleans(), max_size=2),
        ),
        min_size=1, max_size=4,
    ),
    st.lists(TEXTS, max_size=2),
)  # fmt: skip
def test_what_is_written_is_read_again(documents: list[Document], warnings: list[str]) -> None:
    loaded = Loaded(tuple(documents), tuple(warnings))
    assert answered(b"".join(reply(loaded))) == loaded


@settings(max_examples=300)
@given(st.data())
def test_a_changed_reply_is_refused_or_still_made_of_documents(data: st.DataObject) -> None:
    whole = b"".join(reply(here(Content("a", story("text")))))
    place = data.draw(st.integers(0, len(whole) - 1))
    changed = whole[:place] + data.draw(st.binary(max_size=3)) + whole[place + data.draw(st.integers(0, 3)) :]
    try:
        found = answered(changed)
    except (ValueError, EOFError, RecursionError, TypeError, KeyError):
        return
    assert isinstance(found, tuple) or all(document.source.startswith("a") for document in found.documents)


def answered(data: bytes) -> Loaded | tuple[str, str]:
    left = memoryview(data)

    def read(size: int) -> bytes:
        nonlocal left
        if size > len(left):
            raise EOFError
        part, left = left[:size], left[size:]
        return bytes(part)

    return read_reply(read, Content("a", b""), len(data))


# One file is lost


@pytest.mark.parametrize("name", REASONS)
def test_a13_a_parser_that_fails_is_replaced_and_the_file_named(name: str, sandbox: Sandbox) -> None:
    started = time.monotonic()
    limits = SHORT if "took longer" in REASONS[name] else LONG
    for _ in range(2):
        with pytest.raises(ParserFailed) as caught:
            asked(sandbox, name, limits)
    assert str(caught.value).startswith(f"{name} ")
    assert reason(name, limits) in str(caught.value)
    assert sandbox.parse(Content("/a.txt", story("text")), LOADERS).documents
    assert time.monotonic() - started < 60


def test_a13_each_bad_parser_costs_one_file_of_a_batch(
    tmp_path: Path, index: Index, planted: None, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("index.loaders.DEFAULT_LIMITS", BATCH)
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for name in (*REASONS, "Floods"):
        (inbox / f"{name}.bin").write_bytes(name.encode())
        (inbox / f"{name}.txt").write_text(f"The {name} boat sailed on Monday.")
    report = index.add([inbox])
    assert {Path(skipped.path).name for skipped in report.skipped} == {f"{name}.bin" for name in REASONS}
    assert all(reason(Path(skipped.path).stem, BATCH) in skipped.reason for skipped in report.skipped)
    texts = {document.text for document in index.documents(report.added)}
    assert texts == {f"The {name} boat sailed on Monday." for name in (*REASONS, "Floods")} | {"dry again"}
    assert not list(inbox.glob("*.ran"))
    assert "flood" not in "".join(capfd.readouterr())


def test_a13_what_an_earlier_file_left_behind_is_not_held_against_the_next(sandbox: Sandbox) -> None:
    limits = Limits(max_parse_bytes=450 * MEBIBYTE)
    # Two such files fit into one process. The third meets a new one.
    assert [asked(sandbox, "Hoards", limits) for _ in range(3)] == ["1 held", "2 held", "1 held"]


def test_a13_a_worker_that_was_killed_while_it_waited_is_replaced(sandbox: Sandbox) -> None:
    asked(sandbox, "Floods")
    (before,) = children()
    os.kill(before, signal.SIGKILL)
    assert asked(sandbox, "Floods") == "dry again"
    (after,) = children()
    assert after != before


def test_what_this_installation_lacks_is_no_fault_of_the_file(sandbox: Sandbox) -> None:
    with pytest.raises(MissingExtra, match="pip install it"):
        asked(sandbox, "LacksLibrary")


def test_a_parser_sees_and_may_do_little(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "not for parsers")
    (tmp_path / "Looks").touch()
    (document,) = sandbox.parse(Content(str(tmp_path / "Looks"), b"Looks", LONG), PLANTED).documents
    refused, environment, rest = document.text.partition("] ")[0], document.text, document.text.rpartition("] ")[2]
    assert refused == "['connect', 'look up', 'start', 'fork', 'write', 'remove'"
    assert "SECRET" not in environment
    # The null device three times, the connection, and the pipe that ends when this process does.
    assert rest == "/ True 5"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Looks"]


# Processes come and go


def children(process: int | None = None) -> set[int]:
    """The processes that a process, by default this one, started and that are not gone.

    Each is asked for its parent: the kernel's lists of children are one a thread, and a child is in none of those read
    while the thread that started it ends.
    """
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has gone meanwhile
            if int(stat.read_text().rpartition(")")[2].split()[1]) == (process or os.getpid()):
                found.add(int(stat.parent.name))
    return found - KEPT


KEPT: set[int] = set()


@pytest.fixture(autouse=True)
def _others_are_not_counted() -> None:
    """Processes that earlier tests left to the end of the run."""
    if not Path("/proc/self/task").is_dir():
        pytest.skip("processes are counted under /proc")
    KEPT.clear()
    KEPT.update(children())


def test_a_worker_serves_many_files_and_then_leaves() -> None:
    sandbox = Sandbox(most_files=3)
    seen = set()
    for _ in range(6):
        asked(sandbox, "Floods")
        seen |= children()
    assert len(seen) in {1, 2}
    assert not children()
    sandbox.close()


def test_nothing_is_left_of_a_closed_sandbox() -> None:
    sandbox = Sandbox()
    files = len(list(Path("/proc/self/fd").iterdir()))
    asked(sandbox, "Floods")
    with pytest.raises(ParserFailed):
        asked(sandbox, "Crashes")
    asked(sandbox, "Floods")
    assert len(children()) == 1
    sandbox.close()
    assert not children()
    assert len(list(Path("/proc/self/fd").iterdir())) == files
    sandbox.close()


def test_many_threads_share_a_few_workers() -> None:
    sandbox = Sandbox(most_workers=2)
    names = [f"/{n}.txt" for n in range(40)]

    def read(name: str) -> Loaded | str:
        data = b"Crashes" if name.endswith("7.txt") else f"The boat {name} sailed.".encode()
        try:
            return sandbox.parse(Content(name, data, BATCH), PLANTED | LOADERS)
        except ParserFailed as error:
            return str(error)

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(read, names))
    assert len(children()) <= 2
    sandbox.close()
    for name, result in zip(names, found, strict=True):
        if name.endswith("7.txt"):
            assert "crashed (signal 11" in str(result)
        else:
            assert isinstance(result, Loaded)
            assert (result.documents[0].source, result.documents[0].text) == (name, f"The boat {name} sailed.")


def test_a_worker_outlives_the_thread_that_started_it(sandbox: Sandbox) -> None:
    thread = threading.Thread(target=asked, args=(sandbox, "Floods"))
    thread.start()
    thread.join()
    before = children()
    asked(sandbox, "Floods")
    assert children() == before


def test_a_python_that_does_not_start_is_no_fault_of_the_file(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(ConfigError, match=r"does not start \(ended with status 1\): check that `/bin/false -I -c"):
        asked(sandbox, "Floods")


FORKING = textwrap.dedent("""
    import os, sys
    from pathlib import Path
    from index.loaders import load
    paths = [Path(name) for name in sys.argv[1:]]
    load(paths[0])
    child = os.fork()
    texts = {load(path).documents[0].text for path in paths * 50}
    if child:
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert texts == {path.read_text() for path in paths}, texts
""")


def test_a_forked_process_has_workers_of_its_own(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a.txt", "b.txt")]
    for path in paths:
        path.write_text(f"The boat {path.name} sailed.")
    command = [sys.executable, "-W", "error", "-W", "ignore::DeprecationWarning", "-c", FORKING, *map(str, paths)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert (done.returncode, done.stderr) == (0, "")


ADDING = textwrap.dedent("""
    import signal, sys
    signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests may have it ignored
    sys.path.insert(0, "tests/support")
    from planted import PLANTED
    from index.loaders import LOADERS
    others = dict(LOADERS)
    LOADERS.clear()
    LOADERS.update(PLANTED | others)
    from ui.cli import app
    app()
""")


@pytest.mark.parametrize(
    ("name", "sent", "status"),
    [
        ("Spins", signal.SIGINT, 130),
        ("Sleeps", signal.SIGKILL, -9),
        ("Spins", signal.SIGKILL, -9),
        ("Clings", signal.SIGKILL, -9),
    ],
)
def test_workers_end_with_the_process_that_started_them(
    name: str, sent: signal.Signals, status: int, tmp_path: Path
) -> None:
    (tmp_path / "a.bin").write_text(name)
    command = [sys.executable, "-c", ADDING, "index", "add", str(tmp_path / "a.bin"), "--index", str(tmp_path / "i")]
    environment = os.environ | {"DATELINE_EMBEDDER": "hashing", "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as adding:
        worker = until(lambda: children(adding.pid))
        until(lambda: seconds_of_processor_time(worker) > 0.5 or name == "Sleeps")
        time.sleep(1.0)
        adding.send_signal(sent)
        _, told = adding.communicate(timeout=30)
    assert adding.returncode == status
    assert told == ("interrupted\n" if sent == signal.SIGINT else "")
    until(lambda: not Path(f"/proc/{worker}").exists() or is_dead(worker))


def until(condition: object) -> int:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if found := condition():
            return next(iter(found)) if isinstance(found, set) else 1
        time.sleep(0.05)
    raise AssertionError("waited for half a minute")


def seconds_of_processor_time(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def is_dead(process: int) -> bool:
    """Gone but for its entry, which whoever inherited it has not read yet."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].startswith("Z")
    except FileNotFoundError:
        return True
