"""BM25: what is written is found, what is removed is gone, and the scores are the ones of the formula."""

from __future__ import annotations

import math
import time
from datetime import date
from pathlib import Path

import pytest

from index.documents import Document, Filters
from index.lexical import Lexical, LexicalEntry

TEXTS = ["the ferry sailed at dawn", "no ferry sails today", "bread and butter", "dawn over the bay, dawn at last"]


def entries() -> list[LexicalEntry]:
    documents = [Document(text, outlet="Wire", published=date(2025, 1, n + 1)) for n, text in enumerate(TEXTS)]
    return [LexicalEntry(number, document.text, document) for number, document in enumerate(documents)]


@pytest.fixture
def lexical(tmp_path: Path) -> Lexical:
    made = Lexical(tmp_path / "lexical")
    made.write(entries(), [])
    made.refresh()
    return made


def numbers(lexical: Lexical, query: str, **filters: object) -> list[int]:
    return [number for number, _ in lexical.search(query, 10, Filters(**filters))]  # type: ignore[arg-type]


def test_words_are_stemmed_and_case_does_not_matter(lexical: Lexical) -> None:
    assert set(numbers(lexical, "FERRIES sailing")) == {0, 1}


def test_the_score_is_bm25(lexical: Lexical) -> None:
    """Robertson and Zaragoza with k1 = 1.2 and b = 0.75: "bread" stands once in one of four texts.

    idf = ln(1 + (4 - 1 + 0.5) / (1 + 0.5)) = 1.2040; the text has 3 words, the mean is (5 + 4 + 3 + 7) / 4 = 4.75, so
    the score is 1.2040 * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 3 / 4.75)) = 1.4167.
    """
    ((number, score),) = lexical.search("bread", 10, Filters())
    idf = math.log(1 + 3.5 / 1.5)
    assert number == 2
    assert lexical.idf("bread") == pytest.approx(idf)
    assert score == pytest.approx(idf * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 3 / 4.75)), rel=1e-3)


def test_filters_do_not_change_the_scores(lexical: Lexical) -> None:
    free = dict(lexical.search("ferry dawn", 10, Filters()))
    held = dict(lexical.search("ferry dawn", 10, Filters(since=date(2025, 1, 2), outlets=("wire",))))
    assert held == {number: score for number, score in free.items() if number >= 1}


def test_what_is_removed_is_gone(lexical: Lexical) -> None:
    lexical.write([], [0])
    lexical.refresh()
    assert numbers(lexical, "ferry") == [1]


def test_writing_again_replaces(lexical: Lexical) -> None:
    lexical.write(entries(), [])
    lexical.refresh()
    assert sorted(numbers(lexical, "ferry")) == [0, 1]


def test_a_searcher_is_a_snapshot(lexical: Lexical) -> None:
    lexical.write([], [0, 1])
    assert sorted(numbers(lexical, "ferry")) == [0, 1]
    lexical.refresh()
    assert numbers(lexical, "ferry") == []


@pytest.mark.parametrize("query", ["", "   ", '"', "AND (", "text:ferry^2", "+-!*?~\\", "\x00", "🙂" * 500])
def test_no_query_is_a_syntax_error(lexical: Lexical, query: str) -> None:
    lexical.search(query, 10, Filters())


def test_nothing_is_asked_for(lexical: Lexical) -> None:
    assert lexical.search("ferry", 0, Filters()) == []


def test_an_open_index_writes_nothing_of_its_own(lexical: Lexical) -> None:
    """A thread that looked for others' commits left a lock file in folders that were just being removed."""
    Lexical(lexical.folder).write([], [0])
    for lock in lexical.folder.glob("*.lock"):
        lock.unlink()
    # It looked every half second.
    time.sleep(1.2)
    assert list(lexical.folder.glob("*.lock")) == []
    assert set(numbers(lexical, "ferry")) == {0, 1}
