"""Many documents that print one text, short or with another figure in each, leave room for what others write."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from types import FrameType

import pytest
from hypothesis import given, strategies as st

from index.documents import Copy, Document, Hit, Passage, Span, copies_lines
from index.duplicates.clusters import LISTED, prepare, update
from index.duplicates.copies import is_copy
from index.embedders import open_embedder
from index.embedders.hashing import HashingEmbedder
from index.search import Index
from rag.answer import NAMED_COPIES, Answer, passage_json
from rag.answerers.extractive import agreement
from rag.assemble import build_chain
from rag.config import Settings
from rag.langchain import PassageRetriever
from rag.readers.base import Evidence, ShortAnswer
from rag.retrieval import mark_copies

QUESTION = "How many people were hurt when the crane fell at Gannet Quay?"
TRUE = Document(
    "The crane at Gannet Quay fell onto a barge on Tuesday and hurt seventeen people, the harbour hospital said. Its "
    "brakes had been changed the week before.",
    title="Crane falls at Gannet Quay", outlet="Morrow Gazette", published=date(2025, 3, 4), key="true",
)  # fmt: skip
PLACES = "Harle Kessin Vantry Skelby Wexcombe Saltcote Tarn Orsa Lorn Dray Tolm Skerrin Aldermere Pollard".split()
DULL = [
    Document(f"{place} bought a new bell for the school on the hill.", title=f"A bell for {place}", key=place)
    for place in PLACES
]
CAMPAIGNS: dict[str, Callable[[int], str]] = {
    "identical": lambda n: "When the crane fell at Gannet Quay, 3 people were hurt.",
    "one figure": lambda n: f"When the crane fell at Gannet Quay, {n + 100} people were hurt, it is said.",
    "a figure in words": lambda n: (
        f"Report {n}: when the crane fell at Gannet Quay, three people were hurt, it is said."
    ),
    "150 characters": lambda n: (
        "When the crane fell at Gannet Quay nobody but 3 people were hurt, and all of them are well again, as the "
        f"master of the quay told paper number {n} today."
    ),
    "another name in each": lambda n: (
        "When the crane fell at Gannet Quay nobody but 3 people were hurt, and all are well, as the master of the "
        f"quay told Mr {DULL[n % len(DULL)].key}{chr(97 + n // 14)} today."
    ),
}


def campaign(text: Callable[[int], str], count: int = 200) -> list[Document]:
    start = date(2025, 3, 5)
    return [
        Document(text(n), outlet=f"Paper {n}", published=start + timedelta(n), key=f"copy{n}", title="At the quay",
                 url=f"https://paper{n}.example/2025/03/quay")
        for n in range(count)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(index=tmp_path_factory.mktemp("near") / "index")


@pytest.fixture(scope="module")
def archive(settings: Settings) -> Iterator[Index]:
    with Index.create(settings.index, open_embedder(settings.embedder)) as made:
        made.add_documents([TRUE, *DULL])
        yield made


@pytest.fixture(params=CAMPAIGNS)
def poisoned(archive: Index, request: pytest.FixtureRequest) -> Iterator[Index]:
    added = archive.add_documents(campaign(CAMPAIGNS[request.param])).added
    yield archive
    archive.remove(added)


def test_copies_fill_neither_passages_nor_sources_and_the_true_report_is_read(
    poisoned: Index, settings: Settings
) -> None:
    answer = build_chain(poisoned, settings).answer(QUESTION)
    keys = [hit.document.key for hit in answer.passages]
    assert "true" in keys
    assert len(keys) == 12
    assert sum(key.startswith("copy") for key in keys) <= 3
    assert sum(source.document.key.startswith("copy") for source in answer.sources) <= 3
    written = json.dumps(answer.to_json(), ensure_ascii=False, indent=2)
    assert len(written.encode()) < 64_000
    assert not answer.to_json()["passages_left_out"]


def other_figures(hit: Hit) -> set[str]:
    return {figure for copy in hit.copies for figure in copy.figures}


def test_the_value_of_each_copy_is_found_dated_and_listed(archive: Index) -> None:
    documents = campaign(CAMPAIGNS["one figure"])
    added = archive.add_documents(documents).added
    try:
        for place in (0, 57, 199):
            figure = str(place + 100)
            hits = archive.search(f"When the crane fell at Gannet Quay, {figure} people were hurt", 5)
            assert figure in " ".join(hit.text for hit in hits)
        first = archive.search(QUESTION, 5)[0]
        assert first.copy_count == len(documents) - 1
        assert len(other_figures(first)) == len(first.copies) <= LISTED
        latest = first.copies[0]
        assert (latest.figures, latest.published, latest.outlet) == (("299",), documents[199].published, "Paper 199")
        told = passage_json(first)
        assert [copy["figures"] for copy in told["copies"]] == [["299"], ["298"], ["297"], ["296"], ["295"]][
            :NAMED_COPIES
        ]
        assert told["copy_count"] == 199
        assert len(passage_json(first, full=True)["copies"]) == len(first.copies)
        assert any("Paper 199 (20 September 2025: 299)" in line for line in copies_lines(first))
    finally:
        archive.remove(added)


def test_a_later_correction_is_read_beside_what_it_corrects(archive: Index, settings: Settings) -> None:
    question = "What did the repair of the lamp on the mole of Ruddock cost?"
    text = "The repair of the lamp on the mole of Ruddock cost {} marks, the harbour master of Ruddock said."
    papers = [
        Document(text.format(140 if n == 5 else 90), outlet=f"Paper {n}", published=date(2025, 5, 1 + n), key=str(n))
        for n in range(6)
    ]
    added = archive.add_documents(papers).added
    try:
        hits = [hit for hit in archive.search(question, 6) if hit.copies]
        assert {"Paper 5"} < {hit.document.outlet for hit in hits}
        assert len(hits) == 2
        assert {figure for hit in hits for figure in other_figures(hit)} == {"90", "140"}
        answer = build_chain(archive, settings).answer(question)
        told = [answer.short_answer or "", *(other.text for other in answer.alternatives)]
        assert any("90" in value for value in told)
        assert any("140" in value for value in told)
        assert answer.agreement is not None
        assert answer.agreement.texts == 1
    finally:
        archive.remove(added)


def test_versions_with_other_figures_are_one_voice() -> None:
    def evidence(figure: int, outlet: str) -> Evidence:
        document = Document(f"At dawn {figure} boats left the harbour for the north, crews said.", outlet=outlet)
        span = Span(0, len(document.text))
        return Evidence(Hit(document, Passage(document.id, 0, span.end, (span,)), 0.9), span, 0.9)

    told = [evidence(n, f"Paper {n}") for n in (3, 4, 5)]
    marked = mark_copies([item.hit for item in told])
    told = [replace(item, hit=hit) for item, hit in zip(told, marked, strict=True)]
    agreed = agreement(ShortAnswer("for the north", 0.9, tuple(told)))
    assert len(agreed.outlets) == 3
    assert agreed.texts == 1


# What it costs


class Calls:
    """Counts the calls of a function while it is a context."""

    def __init__(self, function: Callable[..., object]) -> None:
        self._code = function.__code__
        self.count = 0

    def __enter__(self) -> Calls:
        self._before = sys.getprofile()
        sys.setprofile(self._called)
        return self

    def __exit__(self, *error: object) -> None:
        sys.setprofile(self._before)

    def _called(self, frame: FrameType, event: str, _: object) -> None:
        self.count += event == "call" and frame.f_code is self._code


def catalog_of(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT)")
    columns = "number INTEGER PRIMARY KEY, id TEXT, collection TEXT, kind TEXT, text TEXT, blocks TEXT"
    connection.execute(f"CREATE TABLE documents ({columns})")


def stored(connection: sqlite3.Connection, first: int, texts: list[str]) -> None:
    rows = [(first + n, str(first + n), "default", "article", text, "[]") for n, text in enumerate(texts)]
    connection.executemany("INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?)", rows)


@pytest.mark.parametrize(
    ("text", "portion", "compared_each"),
    [
        (lambda n: "Photo: AP", 2_500, 0),
        (lambda n: "Photo: AP " * 15, 2_500, 0),
        (lambda n: f"They met {n} times on Monday.", 250, 8),
    ],
)
def test_many_short_texts_cost_as_many_times_one(text: Callable[[int], str], portion: int, compared_each: int) -> None:
    """Counted, not timed: comparisons, and steps of SQLite's machine, in thousands, for each portion of documents."""
    portions, steps = 4, 0

    def step() -> None:
        nonlocal steps
        steps += 1

    spent = []
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        catalog_of(connection)
        connection.execute("BEGIN")
        prepare(connection)
        connection.set_progress_handler(step, 1_000)
        for number in range(portions):
            stored(connection, 1 + number * portion, [text(number * portion + n) for n in range(portion)])
            before = steps
            with Calls(is_copy) as compared:
                update(connection)
            spent.append(steps - before)
            assert compared.count <= compared_each * portion
        clusters = connection.execute("SELECT cluster, count(*) FROM copy_signatures GROUP BY cluster").fetchall()
    assert clusters == [(1, portion * portions)]
    assert spent[-1] < 2.5 * spent[1]


def test_one_more_copy_in_a_commit_of_its_own_touches_itself_alone() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        catalog_of(connection)
        connection.execute("BEGIN")
        prepare(connection)
        stored(connection, 1, ["Photo: AP"] * 1_000)
        update(connection)
        stored(connection, 1_001, ["Photo: AP"])
        before = connection.total_changes
        update(connection)
        assert connection.total_changes - before <= 3
        assert connection.execute("SELECT count(*) FROM copy_signatures WHERE cluster = 1").fetchone() == (1_001,)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 11)), max_size=25))
def test_clusters_after_any_comings_and_goings_are_those_made_at_once(moves: list[tuple[bool, int]]) -> None:
    report = (
        "The mail boat landed at the fish quay and left again after noon with {} sacks of post for the islands, {}."
    )
    texts = [f"The lock was opened {n % 3} times on Monday." for n in range(4)] + ["Photo: AP"] * 4
    texts += [report.format(n, "and the crew said that nobody on board had seen any ice") for n in range(4)]

    def clusters(connection: sqlite3.Connection) -> list[tuple[int, int | None]]:
        return connection.execute("SELECT document, cluster FROM copy_signatures ORDER BY document").fetchall()

    with closing(sqlite3.connect(":memory:", isolation_level=None)) as one:
        catalog_of(one)
        one.execute("BEGIN")
        prepare(one)
        there: set[int] = set()
        for comes, number in moves:
            if comes and number not in there:
                stored(one, number + 1, [texts[number]])
                there.add(number)
            elif not comes:
                one.execute("DELETE FROM documents WHERE number = ?", (number + 1,))
                there.discard(number)
            update(one)
        after = clusters(one)
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as other:
        catalog_of(other)
        other.execute("BEGIN")
        prepare(other)
        for number in sorted(there):
            stored(other, number + 1, [texts[number]])
        update(other)
        assert after == clusters(other)


# How long a reply is


def crowded_answer(copies: int = LISTED, passages: int = 12, title: str = "At the quay") -> Answer:
    listed = tuple(
        Copy(f"{n:020x}", f"Paper {n}", date(2025, 3, 5), title, f"https://paper{n}.example/", "", False, (str(n),))
        for n in range(copies)
    )
    text = "Seventeen people were hurt when the crane fell. " * 14
    document = Document(text, title=title, url="https://gazette.example/" + "a" * len(title))
    hit = Hit(document, Passage(document.id, 0, len(text), ()), 0.5, copies=listed, copy_count=10_000)
    return Answer(QUESTION, QUESTION, False, 0.1, passages=(hit,) * passages)


def test_a_reply_is_short_unless_more_is_asked_for() -> None:
    for answer in (crowded_answer(), crowded_answer(passages=400), crowded_answer(title="Quay " * 20_000)):
        told = answer.to_json()
        assert len(json.dumps(told, ensure_ascii=False, indent=2).encode()) < 64_000
        assert len(told["passages"]) + told["passages_left_out"] == len(answer.passages)
        assert told["passages"]
        assert {passage["copy_count"] for passage in told["passages"]} == {10_000}
    whole = crowded_answer(passages=400).to_json(full=True)
    assert len(whole["passages"]) == 400
    assert {len(passage["copies"]) for passage in whole["passages"]} == {LISTED}
    assert whole["passages_left_out"] == 0


def test_a_search_looks_deeper_where_one_text_fills_it(tmp_path: Path) -> None:
    """Reports of their own that share a paragraph are no copies, and their passages may be one text all the same."""
    shared = "The crane at Gannet Quay fell onto a barge on Tuesday and hurt three people who stood on the deck below."
    with Index.create(tmp_path / "index", HashingEmbedder(), budget=30) as index:
        reports = [" ".join(f"{place}{chr(97 + n)} spoke." for place in PLACES * 3) for n in range(26)]
        reports += [" ".join(f"{place}{chr(97 + n)} wept." for place in PLACES * 3) for n in range(26)]
        index.add_documents([Document(f"{shared}\n\n{report}") for report in reports])
        index.add_documents([Document(f"A crane fell at the quay of {place}, people said.") for place in PLACES])
        assert all(not hit.copies for hit in index.search("crane", 100))
        found = PassageRetriever(index=index, k=12).invoke("crane fell Gannet Quay barge hurt three people")
    assert sum(hit.page_content.startswith("The crane at Gannet") for hit in found) <= 3
    assert len(found) == 12
