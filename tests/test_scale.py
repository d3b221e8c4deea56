"""A corpus blown up, and the measuring of both indexes."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from eval.studies.scale import ScalePoint, measure_scale
from eval.studies.scale_plot import scale_drawing, scale_table
from eval.studies.synthetic_corpus import SeedCorpus, blown_up, rewritten

PASSAGES = (
    "The ferry sailed late on Monday and the harbour stayed open all night.",
    "Dockers voted for a strike over the new quay, the union said on Tuesday.",
    "A mediator was named and both sides went back to the table.",
    "The bridge over the river is closed until the spring floods have passed.",
)


def unit_rows(count: int, dimension: int, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, dimension)) * np.linspace(2.0, 0.1, dimension) + 0.3
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def corpus() -> SeedCorpus:
    return SeedCorpus(
        "invented", PASSAGES, unit_rows(4, 8), ("who voted for the strike", "ferry"), unit_rows(2, 8, seed=1)
    )


def test_the_corpus_itself_comes_first_and_more_changes_nothing() -> None:
    rows = unit_rows(50, 8)
    assert np.array_equal(blown_up(rows, 30), rows[:30])
    many = blown_up(rows, 170)
    assert np.array_equal(many[:50], rows)
    assert np.array_equal(blown_up(rows, 120), many[:120])
    assert np.array_equal(blown_up(rows, 170), many)
    assert not np.array_equal(blown_up(rows, 170, seed=1), many)


def test_moved_vectors_keep_length_mean_and_spread_and_stay_near_their_own() -> None:
    rows = unit_rows(2000, 8)
    moved = blown_up(rows, 4000)[2000:]
    assert np.linalg.norm(moved, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert moved.mean(axis=0) == pytest.approx(rows.mean(axis=0), abs=0.05)
    assert np.cov(moved.T) == pytest.approx(np.cov(rows.T), abs=0.05)
    own = (moved * rows).sum(axis=1)
    others = (moved * np.roll(rows, 7, axis=0)).sum(axis=1)
    assert np.median(own) > np.median(others) + 0.2
    assert own.max() < 0.9999


def test_one_vector_has_no_spread() -> None:
    with pytest.raises(ValueError, match="give at least 2"):
        blown_up(unit_rows(1, 8), 5)


def test_rewritten_texts_keep_lengths_and_draw_words_from_the_corpus() -> None:
    texts = list(rewritten(PASSAGES, 402))
    assert tuple(texts[:4]) == PASSAGES
    assert len(texts) == 402
    known = Counter(" ".join(PASSAGES).split())
    for text, passage in zip(texts, itertools.cycle(PASSAGES), strict=False):
        assert len(text.split()) == len(passage.split())
        assert set(text.split()) <= known.keys()
    assert len(set(texts)) > 390
    counted = Counter(" ".join(texts).split())
    assert counted["the"] / counted.total() == pytest.approx(known["the"] / known.total(), rel=0.25)
    assert list(rewritten(PASSAGES, 10)) == texts[:10]


@pytest.fixture(scope="module")
def points(tmp_path_factory: pytest.TempPathFactory) -> list[ScalePoint]:
    seen: list[int] = []
    folder = tmp_path_factory.mktemp("scale")
    measured = measure_scale(corpus(), (300, 40), folder, done=lambda point: seen.append(point.passages))
    assert seen == [40, 300]
    assert not list(folder.glob("vectors-*"))
    return measured


def test_every_size_is_measured_in_full(points: list[ScalePoint]) -> None:
    assert [point.passages for point in points] == [40, 300]
    for point in points:
        assert point.vectors.recall == 1.0
        assert [part.recall for part in point.vectors.filtered] == [1.0] * 3
        assert 0 < point.vectors.latency.p50 <= point.vectors.latency.p95
        assert 10 < point.vectors.resident < 5000
        assert point.words is not None
        assert point.words.latency.p95 > 0
        assert point.made.bytes > point.passages * 8 * 4
        assert point.to_json()["speedup"] == pytest.approx(point.exact / point.vectors.latency.p50)


def test_words_may_be_left_out(tmp_path: Path) -> None:
    (point,) = measure_scale(corpus(), (20,), tmp_path, kind="exact", lexical=False)
    assert point.words is None
    assert "BM25" not in scale_drawing([point])


def test_the_table_has_a_row_for_each_size_and_filter(points: list[ScalePoint]) -> None:
    rows = scale_table(points).splitlines()
    assert [row.split("|")[1].strip() for row in rows if row][2:4] == ["40", "300"]
    assert sum("50.00%" in row for row in rows) == 2
    assert len({row.count("|") for row in rows[:4]}) == 1


def test_the_drawing_stands_alone(points: list[ScalePoint]) -> None:
    root = ElementTree.fromstring(scale_drawing(points))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    words = {element.text for element in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"vectors", "BM25", "vectors, exact (median)", "40", "300"} <= words
    assert {"recall of the ten nearest", "1.000", "MiB resident", f"{points[1].vectors.resident:.0f}"} <= words
    assert len(list(root.iter("{http://www.w3.org/2000/svg}circle"))) == 3 * 2
