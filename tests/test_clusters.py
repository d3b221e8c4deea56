"""Copies in an index: one hit for all of them, which lists where else the text was printed."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date
from itertools import permutations
from pathlib import Path
from types import FrameType

import pytest

from eval.rows import rank
from index.documents import Copy, Document, Filters, Hit, Passage, Span, copies_lines
from index.duplicates.clusters import LISTED, TABLES, prepare, update
from index.duplicates.copies import METHOD, Body
from index.embedders.hashing import HashingEmbedder
from index.search import CANDIDATES, Index
from rag.answer import passage_json
from rag.answerers.extractive import agreement
from rag.citations import Source, hit_of
from rag.langchain import PassageRetriever, to_hits
from rag.readers.base import Evidence, ShortAnswer
from ui.web.page.sources import nearest_card, source_card

STORY = (
    "The harbour council of Skerrin closed the north pier on Monday after engineers had found cracks in four of its "
    "pillars. Repairs will cost 3.2 million crowns and take until the end of June, the harbour master said. Until "
    "then the mail boat lands at the fish quay, and passengers walk across the market. Shopkeepers welcomed that. "
    "The pier was built in 1904 by sailors who had no other work in winter."
)
EDITED = STORY.replace("had found", "discovered").replace("passengers walk", "travellers go")
CUT = STORY[: STORY.index("Until then")]
OTHER = (
    "Fishing crews on Tolm have welcomed the new ice plant, which makes forty tonnes of ice a day. The old one had "
    "stood still since a storm in the autumn. The minister came by boat and was given a block of ice to take home."
)


def paper(text: str, outlet: str, day: int, **more: str) -> Document:
    return Document(
        text, title=f"{outlet} on the pier", outlet=outlet, published=date(2025, 3, day), key=outlet.split()[0], **more
    )


WIRE = paper(STORY, "Island Wire", 10)
POST = paper(EDITED, "Tidewater Post", 11)
BRIEF = paper(CUT, "Morning Brief", 12)
ICE = paper(OTHER, "Gazette", 12)
TAKEN_APART = Body.__dict__["matches"].func.__code__
QUESTION = "Why did the council close the north pier?"


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Index]:
    with Index.create(tmp_path / "index", HashingEmbedder()) as made:
        yield made


def clusters(index: Index, documents: Sequence[Document]) -> set[frozenset[str]]:
    """Clusters by the keys of their documents."""
    keys = {document.id: document.key for document in documents}
    with closing(sqlite3.connect(index.path / "catalog.sqlite")) as connection:
        rows = connection.execute("SELECT cluster, id FROM copy_signatures WHERE cluster IS NOT NULL").fetchall()
    return {frozenset(keys[id] for c, id in rows if c == cluster) for cluster, _ in rows}


def outlets(hits: Sequence[Hit]) -> list[str]:
    return [hit.document.outlet for hit in hits]


def test_copies_are_one_hit_that_lists_the_others(empty: Index) -> None:
    empty.add_documents([WIRE, POST, ICE])
    first, *rest = empty.search(QUESTION)
    assert {first.document.outlet, *(copy.outlet for copy in first.copies)} == {"Island Wire", "Tidewater Post"}
    assert outlets(rest) == ["Gazette"]
    assert rest[0].copies == ()
    (copy,) = first.copies
    listed = POST if first.document == WIRE else WIRE
    assert copy == Copy(listed.id, listed.outlet, listed.published, listed.title, "", listed.key, prints=True)


def test_copies_apart_are_hits_of_their_own(empty: Index) -> None:
    empty.add_documents([WIRE, POST, ICE])
    assert sorted(outlets(empty.search(QUESTION, copies_apart=True))) == ["Gazette", "Island Wire", "Tidewater Post"]


def test_places_that_copies_leave_are_taken_by_others(empty: Index) -> None:
    empty.add_documents([*(paper(STORY, f"Paper{n}", n) for n in range(1, 9)), ICE])
    assert sorted(len(hit.copies) for hit in empty.search(QUESTION, 2)) == [0, 7]
    assert [copy.outlet for copy in empty.search(QUESTION, 1)[0].copies if copy.outlet < "Paper3"] == [
        outlet for outlet in ("Paper1", "Paper2") if outlet != empty.search(QUESTION, 1)[0].document.outlet
    ]


def test_copies_that_fill_both_rankings_hide_nothing_and_are_each_taken_apart_once(empty: Index) -> None:
    count = CANDIDATES + 20
    copies = [
        paper(STORY.replace("winter", f"winter{chr(97 + n // 26)}{chr(97 + n % 26)}"), f"Paper{n}", 1 + n % 28)
        for n in range(count)
    ]
    notes = [paper(f"Clerk {n} of the council asked for {n + 20} new lamps.", f"Note{n}", 1) for n in range(12)]
    empty.add_documents([*copies, *notes])
    deepest = empty.search(QUESTION, CANDIDATES, copies_apart=True)
    assert all(hit.copies for hit in deepest)
    taken_apart = 0

    def count_calls(frame: FrameType, event: str, _: object) -> None:
        nonlocal taken_apart
        taken_apart += event == "call" and frame.f_code is TAKEN_APART

    before = sys.getprofile()
    sys.setprofile(count_calls)
    try:
        hits = empty.search(QUESTION, 10)
    finally:
        sys.setprofile(before)
    assert [hit.copy_count for hit in hits] == [count - 1] + 9 * [0]
    assert LISTED - 1 <= len(hits[0].copies) <= LISTED
    assert all(copy.prints for copy in hits[0].copies)
    assert LISTED < taken_apart <= 2 * count


def test_a_search_ends_where_copies_leave_fewer_hits_than_were_asked_for(empty: Index) -> None:
    empty.add_documents([*(paper(STORY, f"Paper{n}", 1) for n in range(CANDIDATES)), ICE])
    assert len(empty.search(QUESTION, 10)) == 2


@pytest.mark.parametrize("outlet", ["Island Wire", "Tidewater Post", "Morning Brief"])
def test_a_filter_that_leaves_one_copy_finds_it_and_names_the_others(empty: Index, outlet: str) -> None:
    empty.add_documents([WIRE, POST, BRIEF])
    (hit,) = empty.search(QUESTION, filters=Filters(outlets=(outlet,)))
    assert hit.document.outlet == outlet
    assert len(hit.copies) == 2


def test_what_an_excerpt_left_out_is_found_beside_it(tmp_path: Path) -> None:
    with Index.create(tmp_path / "index", HashingEmbedder(), budget=48) as index:
        index.add_documents([WIRE, BRIEF])
        hits = index.search("Who built the pier in 1904?", filters=Filters())
    texts = " ".join(hit.text for hit in hits)
    assert "1904" in texts
    assert texts.count("cracks in four") == 1
    assert {copy.prints for hit in hits if "1904" in hit.text for copy in hit.copies} == {False}


def test_a_corrected_figure_is_found_beside_the_first(empty: Index) -> None:
    later = paper(STORY.replace("3.2 million", "4.7 million"), "Island Wire", 14, url="https://wire.example/2")
    empty.add_documents([WIRE, later])
    hits = empty.search("What will the repairs of the pier cost?")
    assert {hit.document.published for hit in hits} == {WIRE.published, later.published}
    assert [copy.prints for hit in hits for copy in hit.copies] == [False, False]


def test_clusters_do_not_depend_on_the_order_in_which_documents_come(tmp_path: Path) -> None:
    documents = [WIRE, POST, BRIEF, ICE]
    for number, order in enumerate(permutations(documents)):
        with Index.create(tmp_path / str(number), HashingEmbedder()) as index:
            index.add_documents(order[:2])
            index.add_documents(order[2:])
            assert clusters(index, documents) == {frozenset({"Island", "Tidewater", "Morning"})}


def test_adding_again_changes_no_cluster(empty: Index) -> None:
    empty.add_documents([WIRE, POST, ICE])
    before = clusters(empty, [WIRE, POST, ICE])
    empty.add_documents([ICE, POST, WIRE])
    empty.add_documents([replace(ICE, key="again", text="A note.")])
    assert clusters(empty, [WIRE, POST, ICE]) == before == {frozenset({"Island", "Tidewater"})}


def test_a_copy_of_a_copy_is_in_the_cluster_until_what_links_them_goes(empty: Index) -> None:
    """Of eight sentences, one paper prints the first five and another the last five: two of five are shared."""
    sentences = [
        f"On day {n} crew {chr(64 + n)} of the ferry counted {n * 37} gulls on the mole and wrote it in a {word} book."
        for n, word in enumerate("green red blue white grey black brown amber".split(), start=1)
    ]
    whole = paper(" ".join(sentences), "Whole", 1)
    head, tail = paper(" ".join(sentences[:5]), "Head", 2), paper(" ".join(sentences[3:]), "Tail", 3)
    all_of_them = [head, tail, whole]
    empty.add_documents([head, tail])
    assert clusters(empty, all_of_them) == set()
    empty.add_documents([whole])
    assert clusters(empty, all_of_them) == {frozenset({"Whole", "Head", "Tail"})}
    empty.remove([whole.id])
    assert clusters(empty, all_of_them) == set()
    assert all(hit.copies == () for hit in empty.search("gulls on the mole"))


def test_removing_a_document_takes_it_from_its_cluster(empty: Index) -> None:
    empty.add_documents([WIRE, POST, BRIEF])
    empty.remove([POST.id])
    assert clusters(empty, [WIRE, POST, BRIEF]) == {frozenset({"Island", "Morning"})}
    assert "Tidewater Post" not in {copy.outlet for hit in empty.search(QUESTION) for copy in hit.copies}
    empty.replace([BRIEF.id], [ICE])
    assert clusters(empty, [WIRE, ICE]) == set()


def test_collections_are_clustered_apart(empty: Index) -> None:
    empty.add_documents([WIRE, replace(POST, collection="other")])
    assert clusters(empty, [WIRE, POST]) == set()
    assert len(empty.search(QUESTION)) == 2


def test_an_index_without_the_tables_is_clustered_when_it_is_opened(empty: Index) -> None:
    empty.add_documents([WIRE, POST])
    with closing(sqlite3.connect(empty.path / "catalog.sqlite")) as connection:
        for table in (*TABLES, "sums", "sums_of_documents", "sums_of_passages"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("DELETE FROM meta WHERE key = 'copies'")
        connection.commit()
    with Index.open(empty.path, HashingEmbedder()) as opened:
        assert len(opened.search(QUESTION)) == 1
        opened.add_documents([ICE])
        assert len(opened.search(QUESTION)) == 2
        assert clusters(opened, [WIRE, POST, ICE]) == {frozenset({"Island", "Tidewater"})}


FIRST_METHOD = """
CREATE TABLE copy_signatures (document INTEGER PRIMARY KEY, id TEXT NOT NULL, bands BLOB NOT NULL, cluster INTEGER);
CREATE INDEX copy_signatures_by_cluster ON copy_signatures (cluster) WHERE cluster IS NOT NULL;
CREATE TABLE copy_bands (key INTEGER NOT NULL, document INTEGER NOT NULL, PRIMARY KEY (key, document)) WITHOUT ROWID;
CREATE TABLE copy_pairs (
    document INTEGER NOT NULL, copy INTEGER NOT NULL, PRIMARY KEY (document, copy)) WITHOUT ROWID;
INSERT INTO copy_signatures SELECT number, id, x'', NULL FROM documents;
"""


def test_clusters_of_an_earlier_method_are_made_anew(empty: Index) -> None:
    empty.add_documents([WIRE, POST])
    empty.close()
    with closing(sqlite3.connect(empty.path / "catalog.sqlite")) as connection:
        connection.execute("DROP TABLE sums")
        connection.execute("UPDATE meta SET value = 'earlier' WHERE key = 'copies'")
        for table in TABLES:
            connection.execute(f"DROP TABLE {table}")
        connection.executescript(FIRST_METHOD)
        connection.commit()
    with Index.open(empty.path, HashingEmbedder()) as opened:
        assert clusters(opened, [WIRE, POST]) == {frozenset({"Island", "Tidewater"})}
        assert len(opened.search(QUESTION)) == 1


def test_the_number_of_a_removed_document_may_belong_to_another(empty: Index) -> None:
    empty.add_documents([WIRE, POST])
    empty.replace([POST.id], [ICE])
    assert clusters(empty, [WIRE, ICE]) == set()
    empty.add_documents([BRIEF])
    assert clusters(empty, [WIRE, ICE, BRIEF]) == {frozenset({"Island", "Morning"})}


def test_forgetting_documents_costs_each_only_its_own_pairs() -> None:
    """Reports of two papers each, all of the second paper's gone: one pair is deleted from either side of each."""
    reports = 300
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT)")
        connection.execute("CREATE TABLE documents (number INTEGER, id TEXT, collection TEXT, kind TEXT)")
        connection.execute("BEGIN")
        prepare(connection)
        connection.execute("INSERT INTO meta VALUES ('copies', ?)", (METHOD,))
        for first in range(0, 2 * reports, 2):
            connection.execute("INSERT INTO documents VALUES (?, ?, 'default', 'article')", (first, str(first)))
            signatures = [(number, str(number), number, first) for number in (first, first + 1)]
            connection.executemany("INSERT INTO copy_signatures VALUES (?, ?, ?, ?)", signatures)
            connection.executemany("INSERT INTO copy_forms VALUES (?, x'')", [(first,), (first + 1,)])
            pairs = [(first, first + 1), (first + 1, first)]
            connection.executemany("INSERT INTO copy_pairs VALUES (?, ?)", pairs)
        statements: list[str] = []
        connection.set_trace_callback(statements.append)
        update(connection)
        connection.set_trace_callback(None)
        assert connection.execute("SELECT * FROM copy_pairs").fetchall() == []
        left = connection.execute("SELECT document, cluster FROM copy_signatures ORDER BY document").fetchall()
    assert left == [(first, None) for first in range(0, 2 * reports, 2)]
    assert sum("DELETE FROM copy_pairs" in statement for statement in statements) == 2 * reports


def test_hits_carry_their_copies_through_the_retriever_and_into_json(empty: Index) -> None:
    empty.add_documents([WIRE, POST, ICE])
    found = PassageRetriever(index=empty, k=2).invoke(QUESTION)
    hits = to_hits(found, empty)
    assert hits[0].copies == empty.search(QUESTION, 1)[0].copies != ()
    listed = passage_json(hits[0])["copies"]
    assert listed == found[0].metadata["copies"]
    assert [set(copy) for copy in listed] == [{"document", "title", "outlet", "published", "url", "prints", "figures"}]


def hit_with(*copies: Copy) -> Hit:
    passage = Passage(WIRE.id, 0, len(STORY), (Span(0, len(STORY)),))
    return Hit(WIRE, passage, 0.9, copies=copies)


def test_the_outlets_of_copies_that_print_the_passage_agree_as_one_text() -> None:
    prints = Copy(POST.id, POST.outlet, POST.published, POST.title, "", POST.key, prints=True)
    silent = Copy(BRIEF.id, BRIEF.outlet, BRIEF.published, BRIEF.title, "", BRIEF.key, prints=False)
    evidence = Evidence(hit_with(prints, silent), Span(0, len(STORY)), 0.9)
    agreed = agreement(ShortAnswer("four", 0.9, (evidence,)))
    assert agreed.outlets == ("Island Wire", "Tidewater Post")
    assert agreed.texts == 1


def test_every_copy_is_ranked_at_the_place_of_the_one_that_is_shown() -> None:
    copy = Copy(POST.id, POST.outlet, POST.published, POST.title, "", POST.key)
    below = Hit(ICE, Passage(ICE.id, 0, 9, ()), 0.5)
    ranking = rank([hit_with(copy), below, Hit(POST, Passage(POST.id, 0, 9, ()), 0.4)])
    assert [(r.document, r.score) for r in ranking] == [("Island", 0.9), ("Tidewater", 0.9), ("Gazette", 0.5)]


def test_a_page_and_a_terminal_say_where_else_a_passage_was_printed() -> None:
    prints = Copy("1", "Post <b>", date(2025, 3, 11), "", "")
    silent = Copy("2", "Morning Brief", None, "", "", prints=False)
    hit = hit_with(prints, silent)
    card = nearest_card(hit)
    assert "Also in: <bdi>Post &lt;b&gt;</bdi> (11 March 2025)" in card
    assert "Changed or shortened in: <bdi>Morning Brief</bdi>" in card
    assert "Also in: <bdi>Post" in source_card(Source(1, WIRE, 4, 30), [hit], 1)
    assert "\n    Also in: Post <b> (11 March 2025)\n    Changed or shortened in: Morning Brief" in str(hit)
    assert "lso in" not in nearest_card(hit_with())


def test_many_copies_are_counted() -> None:
    copies = [Copy(str(n), f"Paper {n}", None, "", "") for n in range(20)]
    assert copies_lines(replace(hit_with(*copies), copy_count=20)) == copies_lines(hit_with(*copies))
    line, more = copies_lines(replace(hit_with(*copies), copy_count=1520))
    assert line.endswith("Paper 11, and 8 more")
    assert more == "And 1,500 further copies"
    assert copies_lines(None) == []


def test_the_copies_of_a_source_are_those_of_the_passage_around_its_quote() -> None:
    beside = Hit(WIRE, Passage(WIRE.id, 200, 300, ()), 0.9)
    around = Hit(WIRE, Passage(WIRE.id, 0, 100, ()), 0.5)
    assert hit_of(Source(1, WIRE, 4, 30), [beside, around]) is around
    assert hit_of(Source(1, WIRE, 120, 130), [beside, around]) is beside
    assert hit_of(Source(1, ICE, 4, 30), [beside, around]) is None
