"""Passages against gold evidence: characters counted by hand, other implementations, and what must always hold."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from eval.benchmarks.base import EvidenceSpan, Query
from eval.metrics import open_metric
from eval.metrics.base import Case
from eval.metrics.evidence import covered
from eval.rows import Excerpt, Ranked, Retrieved, Row

TEXTS = {
    "pier": "The council closed the pier. Repairs cost 3 million.",
    "ice": "The plant makes ice. It opened in May.",
}


def passage(document: str, start: int, end: int, tokens: int = 10) -> Retrieved:
    return Retrieved(document, start, end, 0.5, tokens, {}, Excerpt(TEXTS.get(document, "")[start:end]))


def case(evidence: list[tuple[str, int, int]], *passages: Retrieved) -> Case:
    spans = tuple(EvidenceSpan(*span) for span in evidence)
    ranking = tuple(Ranked(document, 0.5) for document in dict.fromkeys(p.document for p in passages))
    quotes = tuple(TEXTS.get(span.document, "")[span.start : span.end] for span in spans)
    return Case(Query("q", "Who?", evidence=spans), {}, Row("q", "Who?", ranking, passages), quotes)


def value(metric: str, one: Case) -> float:
    return open_metric(metric).values([one])["q"]


def test_characters_count_once_however_often_they_are_given() -> None:
    span = EvidenceSpan("pier", 10, 20)
    overlapping = [passage("pier", 0, 13), passage("pier", 12, 15), passage("pier", 18, 40), passage("ice", 0, 20)]
    # 10..15 from the first two, 18..20 from the third, nothing from the other document.
    assert covered(span, overlapping) == 7
    assert covered(span, []) == 0


def test_coverage_hit_and_all_by_hand() -> None:
    two = case(
        [("pier", 0, 28), ("ice", 0, 20)], passage("ice", 30, 38), passage("pier", 14, 52), passage("ice", 0, 10)
    )
    # At 2: 14 of the 28 characters of the first piece and none of the second.
    assert value("Evidence coverage@2", two) == pytest.approx((14 / 28 + 0) / 2)
    assert (value("Evidence hit@2", two), value("All evidence@2", two)) == (1.0, 0.0)
    assert value("Evidence coverage@3", two) == pytest.approx((14 / 28 + 10 / 20) / 2)
    assert value("All evidence@3", two) == 1.0
    assert value("Evidence hit@1", two) == 0.0


def test_a_budget_ends_with_the_passage_that_exceeds_it() -> None:
    long = case([("pier", 0, 10)], passage("ice", 0, 9, tokens=60), passage("pier", 0, 52, tokens=50))
    assert value("Evidence coverage@109 tokens", long) == 0.0
    assert value("Evidence coverage@110 tokens", long) == 1.0
    assert (value("All evidence@109 tokens", long), value("All evidence@110 tokens", long)) == (0.0, 1.0)


def test_a_question_without_evidence_is_left_out() -> None:
    for metric in ("Evidence hit@5", "MultiHop Hits@4 (paper)", "MultiHop MAP@10 (script)"):
        assert open_metric(metric).values([case([], passage("pier", 0, 9))]) == {}


spans = st.tuples(st.sampled_from(["pier", "ice"]), st.integers(0, 40), st.integers(1, 12)).map(
    lambda drawn: (drawn[0], drawn[1], drawn[1] + drawn[2])
)
cases = st.builds(
    lambda evidence, given: case(evidence, *(passage(*span, tokens=7) for span in given)),
    st.lists(spans, min_size=1, max_size=4),
    st.lists(spans, max_size=12),
)


@given(cases)
def test_more_passages_never_cover_less(drawn: Case) -> None:
    for metric in ("Evidence coverage@{}", "Evidence hit@{}", "All evidence@{}", "MultiHop Hits@{} (paper)"):
        values = [value(metric.format(k), drawn) for k in range(1, 14)]
        assert values == sorted(values)
        assert 0 <= values[0] <= values[-1] <= 1
    assert value("Evidence coverage@3", drawn) == value("Evidence coverage@27 tokens", drawn)
    assert value("All evidence@5", drawn) <= value("Evidence hit@5", drawn)


@given(cases)
def test_coverage_is_counted_as_sets_of_characters_would_be(drawn: Case) -> None:
    for span in drawn.query.evidence:
        given_ = [set(range(p.start, p.end)) for p in drawn.row.passages if p.document == span.document]
        wanted = set(range(span.start, span.end))
        assert covered(span, drawn.row.passages) == len(wanted & set[int]().union(*given_))


# MultiHop-RAG


def script(retrieved: list[str], gold: list[str]) -> dict[str, float]:
    """The loop of the released script for one question, retold."""
    bare = [text.replace(" ", "").replace("\n", "") for text in gold]
    found: list[str] = []
    first, precision, hits = 0, 0.0, {4: 0.0, 10: 0.0}
    for rank, text in enumerate(retrieved[:10], start=1):
        held = [item for item in bare if item in text.replace(" ", "").replace("\n", "")]
        if not held:
            continue
        first = first or rank
        hits = {k: 1.0 if rank <= k else value for k, value in hits.items()}
        new = [item for item in dict.fromkeys(held) if item not in found]
        found += new
        precision += len(new) / rank
    return {
        "MultiHop Hits@4 (script)": hits[4],
        "MultiHop Hits@10 (script)": hits[10],
        "MultiHop MAP@10 (script)": precision / min(len(bare), 10),
        "MultiHop MRR@10 (script)": 1 / first if first else 0.0,
    }


@given(cases)
def test_the_released_script_agrees(drawn: Case) -> None:
    quotes = [quote for quote in drawn.quotes if quote.strip()]
    if len(quotes) < len(drawn.quotes):
        return  # a piece of white space stands everywhere
    texts = [p.excerpt.text for p in drawn.row.passages if p.excerpt]
    for metric, expected in script(texts, quotes).items():
        assert value(metric, drawn) == pytest.approx(expected), metric


def test_the_paper_and_the_script_differ() -> None:
    # Two pieces of evidence, one of them found at rank 2.
    one = case([("pier", 0, 28), ("ice", 0, 20)], passage("ice", 21, 38), passage("pier", 0, 52))
    assert value("MultiHop Hits@4 (paper)", one) == pytest.approx(1 / 2)
    assert value("MultiHop Hits@4 (script)", one) == 1.0
    assert value("MultiHop MAP@10 (paper)", one) == pytest.approx(1 / 2)  # precision at rank 2 is 1/2
    assert value("MultiHop MAP@10 (script)", one) == pytest.approx((1 / 2) / 2)  # over both pieces
    assert value("MultiHop MRR@10 (paper)", one) == value("MultiHop MRR@10 (script)", one) == pytest.approx(1 / 2)
