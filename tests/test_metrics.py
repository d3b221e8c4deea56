"""Metrics: worked examples, other implementations, and what must hold for any run."""

from __future__ import annotations

import doctest
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st

from eval import significance
from eval.benchmarks.base import EvidenceSpan, Query
from eval.judges import wording
from eval.metrics import METRICS, REPORTED, answers, equivalence, open_metric, question_rewriting
from eval.metrics.answers import contains, exact_match_score, f1_score, normalise
from eval.metrics.base import Case
from eval.rows import Excerpt, Prediction, Ranked, Retrieved, Row
from index.errors import UnknownName

CITING = ["Words", *(f"Citation {of} ({judge})" for of in ("recall", "precision") for judge in ("exact", "overlap"))]
"""Over the answers given."""
RANKING = ["nDCG@10", "nDCG@3", "AP", "AP@5", "P@4", "R@10", "R@100", "RR@10", "Success@5"]
EVERY = [*dict.fromkeys([*REPORTED, *METRICS, *RANKING, *CITING])]
OF_A_RUN = ["AUROC", "AURC", "ECE", "No-answer F1"]
NOT_OF_AN_ANSWER = [name for name in EVERY if name in CITING or open_metric(name).subject == "ranking"]
"""A missing answer has none of these."""


def ranked(documents: Sequence[str]) -> tuple[Ranked, ...]:
    return tuple(Ranked(document, -float(place)) for place, document in enumerate(documents))


def ranking_case(documents: Sequence[str], judged: Mapping[str, int], query: str = "q") -> Case:
    return Case(Query(query, "Who?"), judged, Row(query, "Who?", ranked(documents)))


def answer_case(
    answers: tuple[str, ...] | None,
    short: str | None = None,
    text: str = "",
    *,
    answered: bool = True,
    confidence: float = 0.5,
    query: str = "q",
) -> Case:
    prediction = Prediction(answered, confidence, short, ((text, (1,)),) if text else ())
    return Case(Query(query, "Who?", answers), {}, Row(query, "Who?", (), prediction=prediction))


def missing(answers: tuple[str, ...] | None, query: str = "q") -> Case:
    return Case(Query(query, "Who?", answers), {}, Row(query, "Who?", (), error="too long"))


def value(metric: str, case: Case) -> float:
    return open_metric(metric).values([case])[case.query.id]


# Retrieval


def test_retrieval_by_hand() -> None:
    # Ten judged documents, a (2), b (1) and c (1) relevant; they come at ranks 2, 7 and not at all.
    case = ranking_case(["x1", "a", "x2", "x3", "x4", "x5", "b", "x6"], {"a": 2, "b": 1, "c": 1, "x1": 0})
    gained = 2 / math.log2(3) + 1 / math.log2(8)
    ideal = 2 / math.log2(2) + 1 / math.log2(3) + 1 / math.log2(4)
    assert value("nDCG@10", case) == pytest.approx(gained / ideal)
    assert value("R@10", case) == pytest.approx(2 / 3)
    assert value("R@100", case) == pytest.approx(2 / 3)
    assert value("RR@10", case) == pytest.approx(1 / 2)
    assert value("Success@5", case) == 1.0


def test_the_cut_is_at_k_and_not_beside_it() -> None:
    others = [f"x{place}" for place in range(200)]
    at = {
        place: ranking_case([*others[: place - 1], "a", *others[place:]], {"a": 1})
        for place in (5, 6, 10, 11, 100, 101)
    }
    assert [value("Success@5", at[place]) for place in (5, 6)] == [1.0, 0.0]
    assert [value("RR@10", at[place]) for place in (10, 11)] == [pytest.approx(0.1), 0.0]
    assert [value("R@10", at[place]) for place in (10, 11)] == [1.0, 0.0]
    assert [value("R@100", at[place]) for place in (100, 101)] == [1.0, 0.0]


def test_equal_scores_keep_the_order_of_the_run_in_every_measure() -> None:
    # By document name, "z" would come first or last depending on whose rule is used.
    first = Row("q", "Who?", (Ranked("a", 0.5), Ranked("z", 0.5)))
    for relevant, expected in (("a", 1.0), ("z", 1 / 2)):
        case = Case(Query("q", "Who?"), {relevant: 1}, first)
        assert value("RR@10", case) == pytest.approx(expected)
        assert value("nDCG@10", case) == pytest.approx(1 / math.log2(1 / expected + 1))


@pytest.mark.parametrize("metric", RANKING)
def test_a_query_without_a_run_scores_nothing_and_counts(metric: str) -> None:
    empty, found = ranking_case([], {"a": 1}, "q1"), ranking_case(["a"], {"a": 1}, "q2")
    estimate = open_metric(metric).estimate([empty, found])
    assert estimate is not None
    # Of the first four places one is relevant where one document came back.
    assert (estimate.value, estimate.n) == (pytest.approx(0.125 if metric == "P@4" else 0.5), 2)


@pytest.mark.parametrize("metric", RANKING)
def test_a_query_without_a_relevant_document_is_left_out(metric: str) -> None:
    unjudged, irrelevant = ranking_case(["a"], {}), ranking_case(["a"], {"a": 0})
    assert open_metric(metric).values([unjudged, irrelevant]) == {}
    assert open_metric(metric).estimate([unjudged, irrelevant]) is None


def passages_of(documents: Sequence[str]) -> tuple[Retrieved, ...]:
    """A passage of ten characters and forty tokens from the beginning of each document."""
    return tuple(Retrieved(document, 0, 10, 0.5, 40, {}, Excerpt(f"words {document}")) for document in documents)


def quotes_of(judged: Mapping[str, int]) -> tuple[str, ...]:
    """What the passages of the judged documents hold."""
    return tuple(f"ds {document}" for document in judged)


documents = st.integers(0, 30).map(str)
rankings = st.lists(documents, unique=True, max_size=25)
judgements = st.dictionaries(documents, st.integers(0, 3), min_size=1).filter(lambda judged: any(judged.values()))


@given(rankings, judgements)
@settings(deadline=None)
def test_retrieval_agrees_with_trec_eval(documents: list[str], judged: dict[str, int]) -> None:
    pytrec_eval = pytest.importorskip("pytrec_eval")
    cut = {"nDCG": "ndcg_cut", "AP": "map_cut", "P": "P", "R": "recall", "Success": "success"}
    names = {f"{ours}@{k}": f"{theirs}_{k}" for ours, theirs in cut.items() for k in (1, 5, 10, 100)} | {"AP": "map"}
    run = {"q": {document: float(-place) for place, document in enumerate(documents)}}
    case = ranking_case(documents, judged)
    reference = pytrec_eval.RelevanceEvaluator({"q": judged}, set(names.values())).evaluate(run) if documents else {}
    for ours, theirs in names.items():
        assert value(ours, case) == pytest.approx(reference.get("q", {}).get(theirs, 0.0)), ours


@given(rankings, judgements)
@settings(deadline=None)
def test_reciprocal_rank_agrees_with_its_definition(documents: list[str], judged: dict[str, int]) -> None:
    places = [place for place, document in enumerate(documents[:10], start=1) if judged.get(document, 0) > 0]
    assert value("RR@10", ranking_case(documents, judged)) == pytest.approx(1 / places[0] if places else 0.0)


@given(rankings, judgements)
@settings(deadline=None)
def test_deeper_is_never_worse(documents: list[str], judged: dict[str, int]) -> None:
    case = ranking_case(documents, judged)
    assert value("R@10", case) <= value("R@100", case)
    for metric in ("R@10", "R@100", "Success@5"):
        scores = [value(metric, ranking_case(documents[:depth], judged)) for depth in range(len(documents) + 1)]
        assert scores == sorted(scores)


# Answers, against the definitions of the SQuAD 2.0 script


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("The Harbour Council", "harbour council"),
        ("  an  ICE\tplant\n", "ice plant"),
        ("U.S.", "us"),
        ("3.2 million", "32 million"),
        ("theatre and anthem", "theatre and anthem"),
        ("eight-per-cent", "eightpercent"),
        ("the a an", ""),
        ("“quoted”", "“quoted”"),  # only ASCII punctuation goes
        ("", ""),
    ],
)
def test_normalisation(text: str, normal: str) -> None:
    assert normalise(text) == normal


@pytest.mark.parametrize(
    ("predicted", "acceptable", "exact", "f1"),
    [
        ("the north pier", "North Pier", 1, 1),
        ("north pier in June", "north pier", 0, 2 * (2 / 4) * 1 / (2 / 4 + 1)),
        ("pier", "north pier", 0, 2 * 1 * (1 / 2) / (1 + 1 / 2)),
        ("south pier", "north pier", 0, 1 / 2),
        ("ice ice ice", "ice ice", 0, 2 * (2 / 3) * 1 / (2 / 3 + 1)),
        ("ferry", "north pier", 0, 0),
        ("", "north pier", 0, 0),
        ("the", "", 1, 1),
        ("", "", 1, 1),
    ],
)
def test_exact_match_and_f1_by_hand(predicted: str, acceptable: str, exact: float, f1: float) -> None:
    assert exact_match_score(predicted, acceptable) == exact
    assert f1_score(predicted, acceptable) == pytest.approx(f1)


def test_the_best_acceptable_answer_counts() -> None:
    case = answer_case(("council", "the harbour council"), short="Harbour Council")
    assert (value("EM", case), value("F1", case)) == (1.0, 1.0)


def test_an_answer_without_words_is_no_acceptable_answer() -> None:
    assert value("EM", answer_case(("the", "pier"), short="a")) == 0.0
    assert value("EM", answer_case(("the",), short="a")) == 1.0


def test_unanswerable_questions_score_for_refusals_alone() -> None:
    refused = answer_case((), answered=False)
    guessed = answer_case((), short="north pier")
    for metric in ("EM", "F1"):
        assert value(metric, refused) == 1.0
        assert value(metric, guessed) == 0.0
        assert open_metric(f"{metric} answerable").values([refused, guessed]) == {}


def test_a_refusal_of_an_answerable_question_scores_nothing() -> None:
    case = answer_case(("north pier",), short="north pier", text="The north pier.", answered=False)
    assert [value(metric, case) for metric in ("EM", "F1", "F1 answerable", "Answer recall", "Answered")] == [0] * 5
    assert open_metric("Words").values([case]) == {}


def test_without_a_short_answer_the_text_is_compared() -> None:
    case = answer_case(("north pier",), text="North pier.")
    assert value("EM", case) == 1.0


def test_all_and_answerable_by_hand() -> None:
    # Two answerable (F1 1 and 0) and two unanswerable (refused: 1, guessed: 0): 2/4 over all, 1/2 over answerable.
    cases = [
        answer_case(("pier",), short="pier", query="q1"),
        answer_case(("pier",), short="ferry", query="q2"),
        answer_case((), answered=False, query="q3"),
        answer_case((), short="pier", query="q4"),
        answer_case(None, short="pier", query="q5"),
    ]
    estimates = {
        metric: open_metric(metric).estimate(cases) for metric in ("F1", "F1 answerable", "Answered", "Refused")
    }
    found = {metric: (estimate.value, estimate.n) for metric, estimate in estimates.items() if estimate}
    assert found == {"F1": (0.5, 4), "F1 answerable": (0.5, 2), "Answered": (1.0, 2), "Refused": (0.5, 2)}


def test_answer_recall_needs_the_words_in_order_and_whole() -> None:
    text = "The council will vote on 3.2 million crowns for the North Pier in June."
    assert contains(text, "north pier")
    assert contains(text, "3.2 million crowns")
    assert not contains(text, "pier north")
    assert not contains(text, "2 million")
    assert not contains(text, "counc")
    assert not contains(text, "the")
    assert value("Answer recall", answer_case(("June", "July"), text=text)) == 1.0
    assert value("Answer recall", answer_case(("July",), text=text)) == 0.0
    assert value("Words", answer_case(("June",), text=text)) == 14.0


words = st.text(alphabet="ab the.,", max_size=20)


@given(words, words)
def test_exact_match_never_exceeds_f1(predicted: str, acceptable: str) -> None:
    exact, f1 = exact_match_score(predicted, acceptable), f1_score(predicted, acceptable)
    assert 0 <= exact <= f1 <= 1
    assert f1_score(acceptable, predicted) == f1
    assert normalise(normalise(predicted)) == normalise(predicted)


@given(st.lists(words, min_size=1, max_size=4).map(tuple), words)
def test_an_exact_match_contains_its_answer(answers: tuple[str, ...], predicted: str) -> None:
    case = answer_case(answers, short=predicted)
    if value("EM", case) and normalise(predicted):
        assert value("Answer recall", case) == 1.0


# Every metric


@pytest.mark.parametrize("metric", [name for name in EVERY if name not in {*NOT_OF_AN_ANSWER, *OF_A_RUN, "Refused"}])
def test_a_missing_answer_scores_nothing(metric: str) -> None:
    assert value(metric, missing(("pier",))) == 0.0


def test_a_missing_answer_is_no_refusal_and_no_match() -> None:
    assert value("Refused", missing(())) == 0.0
    assert value("EM", missing(())) == 0.0
    assert all(open_metric(name).values([missing(())]) == {} for name in CITING)


def test_a_missing_answer_counts_against_the_area() -> None:
    answered = [answer_case(("pier",), confidence=0.9, query="q1"), answer_case((), confidence=0.1, query="q2")]
    estimate = open_metric("AUROC").estimate([*answered, missing(("pier",), "q3"), missing((), "q4")])
    # Pairs: 0.9 > 0.1; 0.9 < 1; 0 < 0.1; 0 < 1.
    assert estimate is not None
    assert estimate.value == pytest.approx(1 / 4)


cases = st.builds(
    lambda answers, short, answered, confidence, documents, judged: Case(
        Query("q", "Who?", answers, evidence=tuple(EvidenceSpan(document, 0, 9) for document in judged)),
        judged,
        Row(
            "q",
            "Who?",
            ranked(documents),
            passages_of(documents),
            Prediction(answered, confidence, short, ((f"{short} b", (1,)),)),
        ),
        quotes_of(judged),
    ),
    st.none() | st.lists(words, max_size=3).map(tuple),
    words,
    st.booleans(),
    st.floats(0, 1),
    rankings,
    judgements,
)


@pytest.mark.parametrize("metric", EVERY)
@given(st.lists(cases, min_size=1, max_size=6), st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_every_metric_is_in_range_and_blind_to_order(metric: str, drawn: list[Case], generator: random.Random) -> None:
    numbered = [replace(case, query=replace(case.query, id=str(n))) for n, case in enumerate(drawn)]
    shuffled = list(numbered)
    generator.shuffle(shuffled)
    opened = open_metric(metric)
    assert opened.values(shuffled) == opened.values(numbered)
    estimate = opened.estimate(numbered)
    assert opened.estimate(shuffled) == estimate
    highest = math.inf if metric == "Words" else 1 + 1e-9
    assert all(0 <= value <= highest for value in opened.values(numbered).values())
    if estimate:
        assert 0 <= estimate.low <= estimate.high <= highest
        assert 1 <= estimate.n <= len(numbered)


def test_an_unknown_metric_names_its_neighbours() -> None:
    with pytest.raises(UnknownName, match="nDCG@10"):
        open_metric("NDCG@10")


@pytest.mark.parametrize("module", [answers, equivalence, question_rewriting, significance, wording])
def test_examples_in_docstrings_are_true(module: object) -> None:
    result = doctest.testmod(module)  # type: ignore[arg-type]
    assert result.attempted
    assert not result.failed
