"""The training scripts: they can be repeated, interrupted, and lead to a graph that reads."""

from __future__ import annotations

import gzip
import json
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from transformers import BertConfig, BertModel, MPNetConfig, MPNetModel

from index.bert.runtime import open_tokenizer
from index.embedders.model_files import model_folder
from rag.readers.onnx import OnnxPairReader

SCRIPTS = Path(__file__).parent.parent / "scripts" / "reader"
sys.path.insert(0, str(SCRIPTS))

from alter import Paragraph, altered  # noqa: E402
from batches import Questions  # noqa: E402
from encoder import Encoder  # noqa: E402
from weights import RAISED, SPECIAL, WORDS, renamed  # noqa: E402

TOWNS = [
    "Morrow",
    "Hask",
    "Skerrin",
    "Tolm",
    "Innisk",
    "Velder",
    "Orrin",
    "Castell",
    "Dunmere",
    "Arkle",
    "Brannoch",
    "Keld",
]


SMALL = ("--tokens", 512)


def run(script: str, *arguments: object) -> str:
    done = subprocess.run(
        [sys.executable, SCRIPTS / script, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Questions about invented towns, twelve articles of two paragraphs."""
    folder = tmp_path_factory.mktemp("training")
    with gzip.open(folder / "questions.jsonl.gz", "wt", encoding="utf-8") as file:
        for number, town in enumerate(TOWNS):
            for part, (thing, year) in enumerate((("harbour", 1801 + number), ("library", 1901 + number))):
                context = f"The {thing} of {town} was built in {year}. It is the largest in the north of the county."
                asked = {
                    "id": f"{number}-{part}", "question": f"When was the {thing} of {town} built?",
                    "answers": [[context.index(str(year)), str(year)]],
                }  # fmt: skip
                nothing = {
                    "id": f"{number}-{part}-x",
                    "question": f"Who designed the {thing} of {town}?",
                    "answers": [],
                }
                row = {"source": "invented", "title": town, "context": context, "qas": [asked, nothing]}
                file.write(json.dumps(row) + "\n")
    with gzip.open(folder / "claims.jsonl.gz", "wt", encoding="utf-8") as file:
        for town in TOWNS:
            for thing, label in (("harbour", "entailment"), ("library", "contradiction"), ("canal", "not_entailment")):
                row = {
                    "source": "invented",
                    "premise": f"{town} has a harbour and no library.",
                    "hypothesis": f"{town} has a {thing}.",
                    "label": label,
                }
                file.write(json.dumps(row) + "\n")
    run("data.py", folder / "questions.jsonl.gz", folder / "data.npz", "--claims", folder / "claims.jsonl.gz")
    return folder


def test_prepared_data_point_at_the_answers(prepared: Path) -> None:
    with np.load(prepared / "data.npz") as data:
        assert len(data["paragraph"]) == 4 * len(TOWNS)
        assert data["development"].sum() == 2
        # A question's negatives never hold its answer, and never come from the other side of the split.
        for paragraph, others in zip(data["paragraph"], data["negative"], strict=True):
            chosen = others[others >= 0]
            assert paragraph not in chosen
            assert (data["development"][chosen] == data["development"][paragraph]).all()
        assert data["altered_of"][-1] > len(TOWNS)
        # All claims about one text are on one side of the split.
        assert data["claim_development"].sum() == 3
        assert sorted(set(map(tuple, data["verdict"].tolist()))) == [
            (False, True, False), (False, True, True), (True, False, False)
        ]  # fmt: skip


def test_a_draw_follows_from_its_number_and_its_answers_lie_in_their_windows(prepared: Path) -> None:
    questions = Questions(prepared / "data.npz")
    drawn = list(questions.block(1, 0, 512))
    again = list(questions.block(1, 0, 512))
    assert all(torch.equal(one.ids, other.ids) for one, other in zip(drawn, again, strict=True))
    assert not torch.equal(drawn[0].ids, next(questions.block(1, 1, 512)).ids)
    tokenizer = open_tokenizer(model_folder() / "tokenizer.json")
    answered = claims = 0
    for batch in drawn:
        assert batch.mask.sum() <= 512
        assert (batch.starts & ~batch.allowed).sum() == (batch.ends & ~batch.allowed).sum() == 0
        for row in range(len(batch.ids)):
            if not batch.reads[row]:
                claims += 1
                assert not batch.verdicts[row].all()
            elif batch.answered[row]:
                answered += 1
                [first], [last] = (torch.nonzero(gold[row])[:, 0].tolist() for gold in (batch.starts, batch.ends))
                assert tokenizer.decode(batch.ids[row, first : last + 1].tolist()).isdigit()
            else:
                assert batch.starts[row, 0]
                assert batch.starts[row].sum() == 1
    assert answered > 0
    assert claims > 0


@pytest.mark.parametrize("kind", ["bert", "mpnet"])
def test_the_encoder_computes_what_the_reference_does(kind: str, tmp_path: Path) -> None:
    """Against the implementation of transformers, with weights drawn at random and a text that is padded."""
    torch.manual_seed(3)
    sizes = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 40}
    if kind == "bert":
        reference = BertModel(BertConfig(vocab_size=WORDS, **sizes), add_pooling_layer=False).eval()
        state = reference.state_dict()
    else:
        config = MPNetConfig(vocab_size=WORDS + RAISED + 1, max_position_embeddings=514, **sizes)
        reference = MPNetModel(config, add_pooling_layer=False).eval()
        torch.nn.init.normal_(reference.encoder.relative_attention_bias.weight)
        state = renamed(reference.state_dict())
    save_file(state, str(tmp_path / "model.safetensors"))
    described = {**reference.config.to_dict(), "vocab_size": WORDS}
    (tmp_path / "config.json").write_text(json.dumps(described), "utf-8")
    ids = torch.randint(1000, WORDS, (2, 150))
    ids[:, 0], ids[:, 10], ids[1, 90:] = 101, 102, 0
    mask = (ids > 0).long()
    segments = torch.zeros_like(ids)
    segments[:, 11:] = 1
    with torch.no_grad():
        ours = Encoder(tmp_path)(ids, segments, mask)
        if kind == "bert":
            theirs = reference(ids, token_type_ids=segments, attention_mask=mask).last_hidden_state
        else:
            raised = ids + RAISED
            for own, other in SPECIAL.items():
                raised[ids == own] = other
            theirs = reference(raised, attention_mask=mask).last_hidden_state
    assert torch.allclose(ours[mask > 0], theirs[mask > 0], atol=1e-5)


def test_words_are_exchanged_for_words_of_their_kind() -> None:
    """What is exchanged is not told by the paragraph, and the question is otherwise what it was."""
    text = "In May the minister approved 40 million euros for the bridge, and Ana Brill opened it."
    paragraph = Paragraph(text, ("Ana Brill",), ("Ana Brill", "Tom Reeve"), ("40", "55"))
    question = "How many million euros did the minister approve for the bridge of Ana Brill in May?"
    rng = random.Random(1)
    siblings = {"bridge": ("tunnel", "minister"), "minister": ("governor",)}
    forms = {altered(question, ["40"], paragraph, rng, lambda word: siblings.get(word, ())) for _ in range(200)} - {
        None
    }
    changed = set()
    for form in forms:
        old, new = question.rstrip("?").split(), form.rstrip("?").split()
        changed |= {new[n] for n in range(len(old)) if old[n] != new[n]}
    assert {"tunnel", "governor", "billion", "dollars", "June", "Tom", "Reeve"} <= changed
    assert "minister" not in changed


def test_an_interrupted_training_ends_where_an_unbroken_one_does(prepared: Path, tmp_path: Path) -> None:
    data = prepared / "data.npz"
    steps = ("--steps", 2, "--decay", 2, *SMALL)
    run("train.py", data, tmp_path / "whole", *steps)
    run("train.py", data, tmp_path / "paused", *steps, "--pause", 1)
    assert not (tmp_path / "paused" / "model.safetensors").exists()
    assert "goes on at step 1" in run("train.py", data, tmp_path / "paused", *steps)
    whole, paused = ((tmp_path / name / "model.safetensors").read_bytes() for name in ("whole", "paused"))
    assert whole == paused
    [reading] = OnnxPairReader(tmp_path / "whole" / "reader.onnx").read_pairs("When?", [("", "Built in 1801.")])
    assert np.isfinite(reading.starts).all()
    assert len(reading.starts) == len(reading.ends) == len(reading.offsets)


def test_training_goes_on_from_an_exported_reader(prepared: Path, tmp_path: Path) -> None:
    """A step at rate zero gives back what it began with, but for the rounding of a second export to other inputs."""
    packaged = SCRIPTS.parent.parent / "rag" / "data" / "reader.onnx"
    go_on = ("--start", packaged, "--steps", 1, "--decay", 1, "--rate", 0, *SMALL)
    run("train.py", prepared / "data.npz", tmp_path, *go_on)
    pair = [("", "The harbour opened in 1801, and the library a century later.")]
    [before] = OnnxPairReader(packaged).read_pairs("When did the harbour open?", pair)
    [after] = OnnxPairReader(tmp_path / "reader.onnx").read_pairs("When did the harbour open?", pair)
    assert np.corrcoef(before.starts, after.starts)[0, 1] > 0.98
    assert after.relevance == pytest.approx(before.relevance, abs=0.3)


def test_the_measure_prints_intervals(prepared: Path) -> None:
    printed = run("evaluate.py", prepared / "questions.jsonl.gz", "--limit", 4)
    assert "all: n 2, exact match" in printed
    assert "no answer: n " in printed
