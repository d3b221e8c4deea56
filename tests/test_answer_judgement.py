"""Abstention and citations: worked examples, and what must hold for any run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, strategies as st

from eval.benchmarks.base import Query
from eval.metrics import citations, open_metric
from eval.metrics.abstention import reliability, risk_coverage
from eval.metrics.base import Case
from eval.rows import Cited, Prediction, Row

CITATION_METRICS = [f"Citation {of} ({judge})" for of in ("recall", "precision") for judge in ("exact", "overlap")]


def answered(query: str, answers: tuple[str, ...] | None, confidence: float, said: str | None) -> Case:
    """A question and what was said to it; None is a refusal."""
    sentences = ((said, (1,)),) if said else ()
    prediction = Prediction(said is not None, confidence, said, sentences)
    return Case(Query(query, "Who?", answers), {}, Row(query, "Who?", (), prediction=prediction))


def estimated(metric: str, cases: Sequence[Case]) -> tuple[float, int]:
    estimate = open_metric(metric).estimate(cases)
    assert estimate is not None
    return estimate.value, estimate.n


# Abstention


def test_auroc_by_hand() -> None:
    # Pairs (0.9, 0.6) and (0.4, 0.4) and so on: 1 + 1 + 0 + 1/2 = 2.5 of 4.
    cases = [
        answered("q1", ("pier",), 0.9, "pier"),
        answered("q2", ("pier",), 0.4, "pier"),
        answered("q3", (), 0.6, "pier"),
        answered("q4", (), 0.4, "pier"),
        answered("q5", None, 0.0, "pier"),
    ]
    assert estimated("AUROC", cases) == (pytest.approx(2.5 / 4), 4)
    assert open_metric("AUROC").estimate(cases[:2]) is None
    assert open_metric("AUROC").values(cases) == {}


def test_the_risk_coverage_curve_by_hand() -> None:
    cases = [
        answered("q1", ("pier",), 0.9, "the pier"),  # right
        answered("q2", ("pier",), 0.8, "the ferry"),  # wrong
        answered("q3", ("pier",), 0.5, "the pier"),  # right
        answered("q4", (), 0.4, "the pier"),  # the corpus does not say
        answered("q5", ("pier",), 0.1, None),  # refused: not on the curve
    ]
    points = np.array(list(open_metric("AURC").points(cases).values()))  # type: ignore[attr-defined]
    assert risk_coverage(points).tolist() == pytest.approx([0, 1 / 2, 1 / 3, 2 / 4])
    assert estimated("AURC", cases) == (pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4), 4)


def test_answers_of_equal_confidence_share_their_errors() -> None:
    # One of two is right at 0.5: whichever comes first, half an error each.
    assert risk_coverage(np.array([[0.5, 1.0], [0.5, 0.0]])).tolist() == [0.5, 0.5]
    assert risk_coverage(np.array([[0.5, 0.0], [0.5, 1.0]])).tolist() == [0.5, 0.5]


def test_calibration_by_hand() -> None:
    # At about 0.85 one of two is answerable, at 0.15 none of two: (2 |0.85 - 0.5| + 2 |0.15 - 0|) / 4 = 0.25.
    cases = [
        answered("q1", ("pier",), 0.8, "pier"),
        answered("q2", (), 0.9 - 1e-9, "pier"),
        answered("q3", (), 0.1, None),
        answered("q4", (), 0.2 - 1e-9, None),
    ]
    assert estimated("ECE", cases) == (pytest.approx(0.25), 4)
    assert reliability(np.array([[1.0, 1.0], [0.95, 0.0]])) == [(pytest.approx(0.975), 0.5, 2)]


def test_the_f1_of_refusals_by_hand() -> None:
    # Refused: q1 (wrongly) and q3 (rightly); unanswerable: q3 and q4. F1 = 2 * 1 / (2 + 2).
    cases = [
        answered("q1", ("pier",), 0.1, None),
        answered("q2", ("pier",), 0.9, "pier"),
        answered("q3", (), 0.1, None),
        answered("q4", (), 0.9, "pier"),
    ]
    assert estimated("No-answer F1", cases) == (pytest.approx(1 / 2), 4)
    assert open_metric("No-answer F1").estimate(cases[:2]) is None


points = st.lists(st.tuples(st.floats(0, 1), st.sampled_from([0.0, 1.0])), min_size=1, max_size=30).map(np.array)


@given(points, st.randoms(use_true_random=False))
def test_curves_are_bounded_and_blind_to_order(drawn: np.ndarray, generator: object) -> None:
    risks = risk_coverage(drawn)
    assert ((risks >= -1e-12) & (risks <= 1 + 1e-12)).all()
    # With everything covered the risk is the share of errors, whatever the confidence.
    assert risks[-1] == pytest.approx(1 - drawn[:, 1].mean())
    assert risk_coverage(drawn[::-1]) == pytest.approx(risks)
    bins = reliability(drawn)
    assert sum(n for *_, n in bins) == len(drawn)
    assert sum(held * n for _, held, n in bins) == pytest.approx(drawn[:, 1].sum())


# Citations


def cited(sentences: tuple[tuple[str, tuple[int, ...]], ...], *quotes: str) -> Prediction:
    sources = tuple(Cited(n, "d", 0, len(quote), quote) for n, quote in enumerate(quotes, start=1))
    return Prediction(True, 0.9, None, sentences, sources)


def value(metric: str, prediction: Prediction) -> float:
    return open_metric(metric).values([Case(Query("q", "Who?"), {}, Row("q", "?", (), prediction=prediction))])["q"]


def test_citations_by_hand() -> None:
    # Three sentences: the first stands in both of its sources, the second in one of two, the third in none.
    sentences = (("It rained.", (1, 2)), ("Boats sank.", (2, 3)), ("Nobody knew.", (1,)))
    prediction = cited(sentences, "It rained. Then it stopped.", "Then it rained.", "Two boats sank.")
    assert value("Citation recall (exact)", prediction) == pytest.approx(2 / 3)
    assert value("Citation precision (exact)", prediction) == pytest.approx(3 / 5)


class Both:
    """Finds support only in two passages together."""

    def supports(self, passages: Sequence[str], sentence: str) -> bool:
        return len(passages) > 1


@pytest.mark.parametrize(
    ("numbers", "needed"), [((1, 2), [True, True]), ((1, 2, 3), [False, False, False]), ((1,), [False])]
)
def test_a_citation_that_is_needed_beside_another_is_precise(numbers: tuple[int, ...], needed: list[bool]) -> None:
    # None supports the sentence alone; without one of two the other does not, and of three any two do.
    prediction = cited((("It rained.", numbers),), *["rain"] * len(numbers))
    assert list(citations.needed(Both(), prediction)) == needed
    assert list(citations.supported(Both(), prediction)) == [len(numbers) > 1]


@pytest.mark.parametrize("metric", CITATION_METRICS)
def test_an_answer_without_sources_cites_nothing(metric: str) -> None:
    assert value(metric, Prediction(True, 0.5, "pier", (("The pier.", (1,)),))) == 0.0


@pytest.mark.parametrize("metric", CITATION_METRICS)
def test_a_refusal_cites_nothing_and_is_left_out(metric: str) -> None:
    assert open_metric(metric).values([answered("q", ("pier",), 0.1, None)]) == {}
