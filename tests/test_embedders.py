"""The contract of every embedder, and the quantised default against sentence-transformers in float32."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

from index.embedders import EMBEDDERS, open_embedder
from index.embedders.base import Embedder
from index.embedders.model_files import DEFAULT_SHA256, model_folder, weights_sha256
from index.embedders.onnx import OnnxEmbedder
from index.errors import ModelError, UnknownName

SENTENCES = [
    "The harbour council closed the north pier on Monday.",
    "Officials shut a dock after engineers found cracks.",
    "Bake the bread for forty minutes.",
    "Ferry fares rise by eight per cent in April, the operator said, blaming the price of fuel.",
    "北京扩大了稀土出口管制。",
    "x",
]


@pytest.fixture(scope="module", params=EMBEDDERS)
def embedder(request: pytest.FixtureRequest) -> Embedder:
    return open_embedder(request.param)


def test_rows_are_unit_vectors_of_the_stated_dimension(embedder: Embedder) -> None:
    vectors = embedder.embed_passages(SENTENCES)
    assert vectors.shape == (len(SENTENCES), embedder.dimension)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(SENTENCES)), abs=1e-4)


def test_a_batch_gives_what_each_text_gives_alone(embedder: Embedder) -> None:
    together = embedder.embed_passages(SENTENCES)
    alone = np.concatenate([embedder.embed_passages([text]) for text in SENTENCES])
    # Torch sums a padded batch in another order; what is read one by one is exactly the same.
    assert np.abs(together - alone).max() < 1e-5


@pytest.mark.parametrize("threads", [1, 3])
def test_the_default_embedder_reads_a_text_the_same_beside_any_others(threads: int) -> None:
    embedder = OnnxEmbedder(threads=threads)
    alone = np.stack([embedder.embed_query(text) for text in SENTENCES])
    assert np.array_equal(embedder.embed_passages(SENTENCES * 5), np.tile(alone, (5, 1)))


def test_the_same_text_gives_the_same_vector(embedder: Embedder) -> None:
    assert np.array_equal(embedder.embed_passages(SENTENCES), embedder.embed_passages(SENTENCES))


def test_nothing_in_nothing_out(embedder: Embedder) -> None:
    assert embedder.embed_passages([]).shape == (0, embedder.dimension)


def test_a_passage_beyond_the_window_is_refused_and_never_cut(embedder: Embedder) -> None:
    fits = " ".join(["pier"] * (embedder.max_tokens - 2))
    assert embedder.count_tokens(fits) <= embedder.max_tokens
    assert len(embedder.embed_passages([fits])) == 1
    with pytest.raises(ValueError, match=str(embedder.max_tokens)):
        embedder.embed_passages(["short", " ".join(["pier"] * (embedder.max_tokens + 1))])


def test_a_question_beyond_the_window_is_cut(embedder: Embedder) -> None:
    assert embedder.embed_query("pier " * 5000).shape == (embedder.dimension,)


def test_names_tell_embedders_apart() -> None:
    names = {open_embedder(name).name for name in EMBEDDERS}
    assert len(names) == len(EMBEDDERS)


def test_likeness_is_seen() -> None:
    vectors = open_embedder().embed_passages(SENTENCES[:3])
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2


def test_quantisation_keeps_the_direction() -> None:
    quantised = open_embedder("onnx").embed_passages(SENTENCES[:4])
    reference = open_embedder("sentence-transformers").embed_passages(SENTENCES[:4])
    assert (quantised * reference).sum(axis=1).min() > 0.97


def test_the_packaged_weights_are_the_published_ones() -> None:
    assert weights_sha256(model_folder(), afresh=True) == DEFAULT_SHA256


def test_the_packaged_weights_are_checked_afresh_where_that_is_asked_for(tmp_path: Path) -> None:
    folder = model_folder("", tmp_path)
    noted = json.loads((tmp_path / "weights.json").read_text("utf-8"))
    noted[str(folder / "model.safetensors")][-1] = "of other weights"
    (tmp_path / "weights.json").write_text(json.dumps(noted), "utf-8")
    with pytest.raises(ModelError, match="is not the published"):
        model_folder("", tmp_path)
    assert model_folder("", tmp_path, afresh=True) == folder


def test_weights_are_read_again_where_the_file_has_changed(tmp_path: Path) -> None:
    model, cache = tmp_path / "model", tmp_path / "cache"
    model.mkdir()
    weights = model / "model.safetensors"
    weights.write_bytes(b"one")
    assert weights_sha256(model, cache) == hashlib.sha256(b"one").hexdigest()
    assert not cache.exists()  # too young to be noted
    time.sleep(2.1)
    assert weights_sha256(model, cache) == hashlib.sha256(b"one").hexdigest()
    noted = json.loads((cache / "weights.json").read_text("utf-8"))
    noted[str(weights)][-1] = "what is noted"
    (cache / "weights.json").write_text(json.dumps(noted), "utf-8")
    assert weights_sha256(model, cache) == "what is noted"
    assert weights_sha256(model, cache, afresh=True) == hashlib.sha256(b"one").hexdigest()
    before = weights.stat()
    weights.write_bytes(b"two")
    os.utime(weights, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert weights_sha256(model, cache) == hashlib.sha256(b"two").hexdigest()
    for damaged in ("", "7", "[]", "{", '{"x": 1}', json.dumps({str(weights): 7})):
        (cache / "weights.json").write_text(damaged, "utf-8")
        assert weights_sha256(model, cache) == hashlib.sha256(b"two").hexdigest()


def test_unknown_embedder_names_its_neighbours() -> None:
    with pytest.raises(UnknownName, match="did you mean onnx"):
        open_embedder("onx")


def test_a_missing_model_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no model\.safetensors in"):
        OnnxEmbedder(str(tmp_path))


def test_altered_weights_are_another_model(tmp_path: Path) -> None:
    copy = tmp_path / "model"
    shutil.copytree(model_folder(), copy)
    weights = copy / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1000] ^= 1
    weights.write_bytes(data)
    assert OnnxEmbedder(str(copy), cache=tmp_path / "cache").name != open_embedder().name


def test_a_damaged_export_is_made_again(tmp_path: Path) -> None:
    expected = OnnxEmbedder(cache=tmp_path).embed_passages(SENTENCES)
    (graph,) = tmp_path.glob("*.onnx")
    graph.write_bytes(graph.read_bytes()[:-500] + bytes(500))
    assert np.array_equal(OnnxEmbedder(cache=tmp_path).embed_passages(SENTENCES), expected)


def test_truncated_weights_are_a_model_error(tmp_path: Path) -> None:
    copy = tmp_path / "model"
    shutil.copytree(model_folder(), copy)
    (copy / "model.safetensors").write_bytes((model_folder() / "model.safetensors").read_bytes()[:5000])
    with pytest.raises(ModelError, match="no BERT encoder"):
        OnnxEmbedder(str(copy), cache=tmp_path / "cache")
