"""Running a benchmark: what is asked, what is kept, what is reported, and what recorded scores make of it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Unpack

import pytest

from eval.benchmarks.base import Benchmark, Query
from eval.expected import Expected, Score, find_misses, read_expected, records_for
from eval.indexing import Indexing, index_corpus
from eval.report import Latency, Report
from eval.rows import Excerpt, Ranked, rank
from eval.runner import choose, half_of, run_benchmark
from index.documents import Document, Filters, Hit, Passage
from index.embedders.hashing import HashingEmbedder
from index.errors import BenchmarkError, QuestionError
from index.search import Index
from rag.answer import Answer, AnswerSentence, Source
from rag.question.question import Asking, Turn


def words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


class WordIndex:
    """Ranks the halves of each document by the words that they share with the query."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._passages = [
            (document, Passage(document.id, start, end, ()))
            for document in documents
            for start, end in ((0, len(document.text) // 2), (len(document.text) // 2, len(document.text)))
        ]
        self.asked: list[tuple[str, int]] = []

    def search(self, query: str, k: int = 10, filters: Filters | None = None) -> list[Hit]:
        self.asked.append((query, k))
        hits = [
            Hit(document, passage, float(len(words(query) & words(passage.span.of(document.text)))))
            for document, passage in self._passages
        ]
        return sorted((hit for hit in hits if hit.score), key=lambda hit: -hit.score)[:k]


class Parrot:
    """Answers with the first passage found, where it shares at least two words; knows what "it" is."""

    def __init__(self, index: WordIndex) -> None:
        self._index = index
        self.histories: list[tuple[Turn, ...]] = []

    def answer(
        self, question: str, history: Sequence[Turn] = (), filters: Filters | None = None, **when: Unpack[Asking]
    ) -> Answer:
        self.histories.append(tuple(history))
        if len(question) > 200:
            raise QuestionError("too long")
        alone = question.replace("it", "the north pier") if history else question
        hits = self._index.search(alone, 3)
        confidence = min(1.0, hits[0].score / 4) if hits else 0.0
        if confidence < 0.5:
            return Answer(question, alone, False, confidence, passages=tuple(hits))
        source = Source(1, hits[0].document, hits[0].passage.start, hits[0].passage.end)
        sentence = AnswerSentence(source.quote, (1,), confidence)
        return Answer(question, alone, True, confidence, "north pier", (sentence,), (source,), tuple(hits))


BENCHMARK = Benchmark(
    name="harbour",
    documents=(
        Document("The harbour council closed the north pier. Repairs take until June.", key="pier"),
        Document("The ice plant opened. It makes forty tonnes of ice a day.", key="ice"),
        Document("Ferry tickets rise by eight per cent. The operator blames fuel prices.", key="ferry"),
    ),
    queries=(
        Query("q1", "Which pier did the harbour council close?", ("the north pier",), metadata={"split": "dev"}),
        Query("q2", "Why do ferry tickets rise?", ("fuel prices",), metadata={"split": "test"}),
        Query("q3", "Who is the mayor?", (), metadata={"split": "test"}),
        Query("q4", "Who closed it?", ("harbour council",), history=("What happened to the north pier?",)),
    ),
    qrels={"q1": {"pier": 1}, "q2": {"ferry": 1}, "q4": {"pier": 1}},
    sha256="0" * 64,
)


def measured(**choices: Any) -> Report:
    index = WordIndex(BENCHMARK.documents)
    return run_benchmark(BENCHMARK, index, Parrot(index), **choices)


# Asking


def test_a_row_holds_what_came_back() -> None:
    report = measured()
    row = report.cases[0].row
    assert (row.query, row.asked) == ("q1", BENCHMARK.queries[0].text)
    assert row.ranking[0] == Ranked("pier", 3.0)  # the, harbour, council: "pier" stands in the other half
    assert row.timings_ms.keys() == {"search", "answer"}
    assert min(row.timings_ms.values()) > 0
    assert row.passages[0].excerpt == Excerpt("The harbour council closed the no", "")
    assert (row.passages[0].document, row.passages[0].start, row.passages[0].end) == ("pier", 0, 33)
    assert row.prediction is not None
    assert row.prediction.short == "north pier"
    assert row.prediction.sentences == ((BENCHMARK.documents[0].text[:33], (1,)),)
    (cited,) = row.prediction.cited
    assert (cited.document, cited.quote) == ("pier", BENCHMARK.documents[0].text[cited.start : cited.end])
    assert report.cases[2].row.prediction is not None
    assert not report.cases[2].row.prediction.answered


def test_a_follow_up_is_asked_with_its_history_and_searched_alone() -> None:
    index = WordIndex(BENCHMARK.documents)
    parrot = Parrot(index)
    report = run_benchmark(BENCHMARK, index, parrot)
    # The earlier question is asked first, as its reader did.
    assert parrot.histories == [(), (), (), (), (Turn("What happened to the north pier?", ""),)]
    assert report.cases[3].row.asked == "Who closed the north pier?"
    assert index.asked[-1][0] == "Who closed the north pier?"


def test_without_a_chain_only_the_ranking_is_measured() -> None:
    report = run_benchmark(BENCHMARK, WordIndex(BENCHMARK.documents))
    assert set(report.metrics) == {"nDCG@10", "AP", "R@10", "R@100", "RR@10", "Success@5"}
    assert report.cases[3].row.asked == "Who closed it?"
    assert set(report.latency) == {"search"}
    assert report.config["answers"] is False


def test_a_question_that_cannot_be_asked_scores_nothing_and_stops_nothing() -> None:
    long = Query("q0", "pier " * 50, ("north pier",))
    index = WordIndex(BENCHMARK.documents)
    report = run_benchmark(replace(BENCHMARK, queries=(long, *BENCHMARK.queries)), index, Parrot(index))
    assert report.cases[0].row.prediction is None
    assert report.metrics["EM answerable"].n == 4
    assert report.to_json()["rows"][0]["scores"]["EM"] == 0.0


def test_progress_counts_to_the_end() -> None:
    seen: list[tuple[int, int]] = []
    measured(progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_depth_is_how_many_passages_are_searched() -> None:
    index = WordIndex(BENCHMARK.documents)
    run_benchmark(BENCHMARK, index, depth=7)
    assert {k for _, k in index.asked} == {7}


def test_a_document_ranks_where_its_best_passage_does() -> None:
    first, second = BENCHMARK.documents[:2]
    hits = [Hit(d, Passage(d.id, 0, 1, ()), score) for d, score in ((second, 0.9), (first, 0.9), (second, 0.5))]
    assert rank(hits) == (Ranked("ice", 0.9), Ranked("pier", 0.9))


# Choosing


def test_limit_split_and_half_choose_queries_and_leave_the_corpus() -> None:
    assert [query.id for query in choose(BENCHMARK, limit=2)] == ["q1", "q2"]
    assert [query.id for query in choose(BENCHMARK, split="test")] == ["q2", "q3"]
    assert [query.id for query in choose(BENCHMARK, split="test", limit=1)] == ["q2"]
    assert measured(limit=1).documents == 3
    with pytest.raises(BenchmarkError, match="no query of harbour is left"):
        choose(BENCHMARK, split="train")


def test_halves_are_disjoint_complete_stable_and_about_equal() -> None:
    many = replace(BENCHMARK, queries=tuple(Query(f"q{number}", "Who?") for number in range(1000)))
    dev, test = choose(many, half="dev"), choose(many, half="test")
    assert {query.id for query in dev} | {query.id for query in test} == {query.id for query in many.queries}
    assert not {query.id for query in dev} & {query.id for query in test}
    assert 450 < len(dev) < 550  # three standard deviations, 3 * sqrt(1000) / 2, are 47
    # The SHA-256 of "q1" ends in the byte cb, which is odd, and that of "q4" in 6a: halves must never change.
    assert [half_of("q1"), half_of("q4")] == ["test", "dev"]


# Reporting


def test_two_runs_give_the_same_but_for_the_costs() -> None:
    one, two = measured().to_json(), measured().to_json()
    assert one.pop("costs").keys() == two.pop("costs").keys()
    assert json.dumps(one, sort_keys=True) == json.dumps(two, sort_keys=True)


def test_the_order_of_queries_changes_no_metric() -> None:
    index = WordIndex(BENCHMARK.documents)
    turned = run_benchmark(replace(BENCHMARK, queries=BENCHMARK.queries[::-1]), index, Parrot(index))
    assert turned.metrics == measured().metrics


def test_the_metrics_of_the_small_run_by_hand() -> None:
    metrics = measured().metrics
    assert metrics["Success@5"].value == 1.0
    assert metrics["Success@5"].n == 3
    # q1 "north pier" is right, q2 and q4 get it too and are wrong, q3 is refused.
    assert metrics["EM"].value == pytest.approx(2 / 4)
    assert metrics["EM answerable"].value == pytest.approx(1 / 3)
    assert metrics["Refused"].value == 1.0
    assert metrics["AUROC"].value == 1.0


def test_the_json_is_json_and_says_what_was_run() -> None:
    whole = json.loads(json.dumps(measured(limit=3, half=None).to_json(), allow_nan=False))
    assert whole["benchmark"] == {"name": "harbour", "sha256": "0" * 64, "documents": 3}
    assert whole["config"] == {"limit": 3, "half": None, "split": None, "depth": 200, "answers": True}
    assert {"python", "numpy", "ir-measures"} <= whole["versions"].keys()
    assert set(whole["metrics"]["nDCG@10"]) == {"value", "n", "low", "high"}
    assert set(whole["costs"]["latency_ms"]) == {"search", "answer"}
    assert whole["costs"]["peak_mib"] > 10
    assert whole["costs"]["indexing"] is None
    assert [row["query"] for row in whole["rows"]] == ["q1", "q2", "q3"]
    assert whole["rows"][2]["scores"] == {"EM": 1.0, "F1": 1.0, "Refused": 1.0}


def test_rows_in_the_json_average_to_the_metrics() -> None:
    whole = measured().to_json()
    for name, estimate in whole["metrics"].items():
        values = [row["scores"][name] for row in whole["rows"] if name in row["scores"]]
        if name not in ("AUROC", "AURC", "ECE", "No-answer F1"):
            assert sum(values) / len(values) == pytest.approx(estimate["value"], abs=1e-6)
            assert len(values) == estimate["n"]


def test_the_table_has_every_metric_with_its_interval() -> None:
    report = replace(measured(), indexing=Indexing(passages=600, seconds=2.0, bytes=2**20))
    table = report.table()
    for name, estimate in report.metrics.items():
        line = re.search(rf"^{re.escape(name)} +([\d.]+) +([\d.]+) – ([\d.]+) +(\d+)$", table, re.MULTILINE)
        assert line, name
        shown = [float(number) for number in line.groups()]
        assert shown == pytest.approx([estimate.value, estimate.low, estimate.high, estimate.n], abs=0.05)
    assert "harbour: 4 questions over 3 documents" in table
    assert "600 passages in 2.0 s, 300 per second" in table
    assert "peak memory" in table


def test_latency_percentiles_by_hand() -> None:
    # 1..101: the median is the 51st, 95 % of the way from the 1st to the 101st is the 96th, 99 % the 100th.
    assert Latency.of([float(ms) for ms in range(1, 102)]) == Latency(51.0, 96.0, 100.0)


# Indexing a corpus


def test_a_corpus_is_indexed_once(tmp_path: Path) -> None:
    place = tmp_path / "kept"
    index, made = index_corpus(BENCHMARK, place, HashingEmbedder())
    with index:
        assert made is not None
        assert made.passages >= 3
        assert made.rate == pytest.approx(made.passages / made.seconds)
    again, made = index_corpus(BENCHMARK, place, HashingEmbedder())
    with again:
        assert made is None
        assert run_benchmark(BENCHMARK, again).metrics["Success@5"].n == 3


def test_an_index_with_other_documents_is_refused(tmp_path: Path) -> None:
    with Index.create(tmp_path / "used", HashingEmbedder()) as index:
        index.add_documents([Document("Something else entirely.", key="other")])
    with pytest.raises(BenchmarkError, match="holds 4 documents and the corpus of harbour 3"):
        index_corpus(BENCHMARK, tmp_path / "used", HashingEmbedder())


# Recorded scores


def test_a_score_within_its_tolerance_is_reached_and_one_beyond_is_not() -> None:
    report = measured()
    scores = {"EM": Score(0.51, 0.01), "Refused": Score(0.9, 0.05), "Citation accuracy": Score(1.0, 0.5)}
    misses = find_misses(report, Expected("harbour", scores))
    assert [(miss.metric, miss.actual) for miss in misses] == [("Refused", 1.0), ("Citation accuracy", None)]
    assert str(misses[0]) == "Refused: 1.0000, expected 0.9 ± 0.05"
    assert "not measured" in str(misses[1])


def test_records_are_read(tmp_path: Path) -> None:
    file = tmp_path / "expected.toml"
    file.write_text(
        '[[record]]\nbenchmark = "harbour"\nlimit = 3\nhalf = "dev"\nsplit = "test"\nanswers = false\n'
        'scores = { "nDCG@10" = { value = 0.71, tolerance = 0.01 } }\n'
        '[[record]]\nbenchmark = "other"\nscores = { F1 = { value = 1, tolerance = 0 } }\n'
    )
    first, second = read_expected(file)
    assert first == Expected("harbour", {"nDCG@10": Score(0.71, 0.01)}, 3, "dev", "test", answers=False)
    assert second == Expected("other", {"F1": Score(1.0, 0.0)})
    assert records_for("other", [first, second]) == [second]
    with pytest.raises(BenchmarkError, match="recorded: harbour, other"):
        records_for("sample", [first, second])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[[record]\n", "cannot be read"),
        ("record = 3\n", "each record under"),
        ('[[record]]\nbenchmark = "x"\n', "record 1 is malformed: KeyError('scores')"),
        ('[[record]]\nbenchmark = "x"\nscores = {}\n', "scores is empty"),
        (
            '[[record]]\nbenchmark = "x"\nhalf = "left"\nscores = { F1 = { value = 1, tolerance = 0 } }\n',
            "half must be",
        ),
        ('[[record]]\nbenchmark = "x"\nlimit = "3"\nscores = { F1 = { value = 1, tolerance = 0 } }\n', "limit must be"),
        ('[[record]]\nbenchmark = "x"\nlimits = 3\nscores = { F1 = { value = 1, tolerance = 0 } }\n', "'limits'"),
        ('[[record]]\nbenchmark = "x"\nscores = { F1 = { value = "high", tolerance = 0 } }\n', "record 1"),
        ('[[record]]\nbenchmark = "x"\nscores = { F1 = 0.5 }\n', "record 1"),
    ],
)
def test_a_malformed_record_is_named(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "expected.toml"
    file.write_text(content)
    with pytest.raises(BenchmarkError) as raised:
        read_expected(file)
    assert message in str(raised.value)


def test_the_packaged_records_can_be_read() -> None:
    read_expected()
