"""Judges of citations: what every judge must do, what each can and cannot see, and how their error is measured."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest
from conftest import SHARED
from typer.testing import CliRunner

from eval.judges import JUDGES, Judge, open_judge
from eval.judges.similarity import EmbeddingSimilarity
from eval.judges.wording import LexicalOverlap
from eval.studies.judge_agreement import MEASURED, LabelledPair, judge_notes, measure_judge, read_pairs
from index.embedders.base import Vectors
from index.embedders.hashing import HashingEmbedder
from index.errors import BenchmarkError, UnknownName
from ui.cli import app

SENTENCE = "The harbour council closed the north pier on Monday."
PAIRS = SHARED / "benchmarks" / "verifier-dev.jsonl.gz"


@pytest.fixture(params=JUDGES)
def judge(request: pytest.FixtureRequest) -> Judge:
    return open_judge(request.param)


def test_a_sentence_supports_itself_among_others(judge: Judge) -> None:
    assert judge.supports([SENTENCE], SENTENCE)
    assert judge.supports(["Fares rise in May.", f"It rained. {SENTENCE} Nobody was hurt."], SENTENCE)


def test_nothing_supports_nothing(judge: Judge) -> None:
    assert not judge.supports([], SENTENCE)
    assert not judge.supports([""], SENTENCE)
    assert not judge.supports([SENTENCE], "")


def test_another_subject_is_no_support(judge: Judge) -> None:
    assert not judge.supports(["Penguins moult once a year and lose their waterproofing."], SENTENCE)


def test_only_overlap_and_similarity_know_rewording() -> None:
    reworded = "On Monday the north pier was closed by the harbour council."
    assert not open_judge("exact").supports([SENTENCE], reworded)
    assert open_judge("overlap").supports([SENTENCE], reworded)
    assert open_judge("similarity").supports([SENTENCE], reworded)


def test_overlap_sees_another_number_and_no_denial() -> None:
    cost = "The repairs will cost the council 3.2 million crowns."
    assert not LexicalOverlap().supports([cost], "The repairs will cost the council 3.3 million crowns.")
    assert LexicalOverlap().supports([cost], "The repairs will not cost the council 3.2 million crowns.")


class Recording(HashingEmbedder):
    """Keeps what it embedded."""

    def __init__(self) -> None:
        super().__init__()
        self.embedded: list[str] = []

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        self.embedded += texts
        return super().embed_passages(texts)


def test_similarity_embeds_a_passage_once_however_many_sentences_are_held_against_it() -> None:
    embedder, passage = Recording(), f"It rained. {SENTENCE}"
    judge = EmbeddingSimilarity(embedder)
    first = judge.closeness([passage], "It rained.")
    assert judge.closeness([passage, "Fares rise."], SENTENCE) == pytest.approx(1.0)
    assert judge.closeness([passage], "It rained.") == first == pytest.approx(1.0)
    assert embedder.embedded == ["It rained.", SENTENCE, "It rained.", "Fares rise.", SENTENCE, "It rained."]


def test_an_unknown_judge_names_its_neighbours() -> None:
    with pytest.raises(UnknownName, match="exact"):
        open_judge("exakt")


class Optimist:
    """Accepts whatever mentions rain."""

    def supports(self, passages: list[str], sentence: str) -> bool:
        return "rain" in sentence


def test_error_by_hand() -> None:
    pairs = [
        LabelledPair("It rained.", "There was rain.", supported=True),
        LabelledPair("It rained.", "It poured.", supported=True),
        LabelledPair("It rained.", "It never rains.", supported=False),
        LabelledPair("It rained.", "It snowed.", supported=False),
        LabelledPair("It rained.", "It froze.", supported=False),
    ]
    error = measure_judge("optimist", Optimist(), pairs, "0")
    assert error.precision is not None
    assert (error.precision.value, error.precision.n) == (pytest.approx(1 / 2), 2)
    assert (error.recall.value, error.recall.n) == (pytest.approx(1 / 2), 2)
    assert (error.false_support.value, error.false_support.n) == (pytest.approx(1 / 3), 3)
    assert "precision" in error.table()
    silent = measure_judge("silent", open_judge("exact"), pairs[1:4], "0")
    assert silent.precision is None
    assert silent.to_json()["precision"] is None
    assert "none" in silent.table()


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (['{"premise": "a", "hypothesis": "b"}'], "pairs.jsonl:1: the field 'label' is missing"),
        (['{"premise": "a", "hypothesis": "b", "label": "entailment"}'], "pairs of both kinds"),
        (['{"premise": "a", "hypothesis": "b", "label": "entailment"}', "["], "pairs.jsonl:2: not JSON"),
    ],
)
def test_malformed_pairs_are_named(tmp_path: Path, lines: list[str], message: str) -> None:
    file = tmp_path / "pairs.jsonl"
    file.write_text("\n".join(lines) + "\n")
    with pytest.raises(BenchmarkError) as raised:
        read_pairs(file)
    assert message in str(raised.value)


def test_the_command_measures_the_judges_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "pairs.jsonl"
    pair = {"premise": SENTENCE, "hypothesis": SENTENCE, "label": "supported"}
    file.write_text("".join(json.dumps(line) + "\n" for line in (pair, {**pair, "hypothesis": "No.", "label": "no"})))
    result = CliRunner().invoke(app, ["eval", "judge", str(file), "--judge", "exact", "--json"])
    assert result.exit_code == 0, result.output
    (error,) = json.loads(result.stdout)
    assert (error["judge"], error["recall"]["value"], error["false_support"]["value"]) == ("exact", 1.0, 0.0)
    assert "judge overlap on 2 pairs" in CliRunner().invoke(app, ["eval", "judge", str(file)]).stdout


def test_every_judge_has_its_error_recorded() -> None:
    assert judge_notes().keys() == JUDGES.keys()
    assert "3,147 labelled pairs" in judge_notes()["exact"]


@pytest.mark.skipif(not PAIRS.is_file(), reason="the labelled pairs are not beside this checkout")
@pytest.mark.parametrize("name", JUDGES)
def test_the_recorded_error_is_what_is_measured(name: str) -> None:
    recorded = tomllib.loads(MEASURED.read_text("utf-8"))[name]
    pairs, sha256 = read_pairs(PAIRS)
    error = measure_judge(name, open_judge(name), pairs, sha256)
    assert (error.sha256, error.n) == (recorded["sha256"], recorded["n"])
    # Another processor's int8 sums may turn a few of the pairs by similarity.
    slack = 0.01 if name == "similarity" else 1e-6
    assert error.recall.value == pytest.approx(recorded["recall"]["value"], abs=slack)
    assert error.false_support.value == pytest.approx(recorded["false_support"]["value"], abs=slack)
