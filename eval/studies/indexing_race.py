"""Indexing raced against LangChain's usual pipeline, in one process; the only home of langchain_huggingface.

The usual pipeline: RecursiveCharacterTextSplitter, HuggingFaceEmbeddings with their defaults over the same weights, and
a flat FAISS index filled directly, which spares it LangChain's own store. Ours does more: it cuts at sentences, embeds
a header with each passage, and writes catalog, vectors and BM25 to the disk.

Chunks of 1,000 characters with 100 of overlap: 1,000 is what LangChain's guides use and close to what the encoder
reads; they overlap by 200, which would make it embed more. Its passages are larger than ours, so passages per second
flatter us; characters of corpus per second, the inverse of the time both take for the same documents, do not.

Both models are open and warm before the clock starts, both use the cores this process may use, and they take turns, so
that a slow minute of the machine meets both.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import torch
from langchain_text_splitters import RecursiveCharacterTextSplitter

from index.documents import Document
from index.embedders.base import Embedder
from index.embedders.model_files import model_folder
from index.errors import MissingExtra
from index.processors import available_processors
from index.search import Index
from index.vectors.faiss import FaissVectors

CHUNK_CHARACTERS = 1000
CHUNK_OVERLAP = 100

_WARM_UP = ["Ministers met in the capital on Tuesday and will meet again next week."] * 8


@dataclass(frozen=True, slots=True)
class Lap:
    """One pass over the documents: passages stored, wall-clock seconds."""

    passages: int
    seconds: float


@dataclass(frozen=True)
class Race:
    """Laps of both pipelines over the same `characters` of text in `documents` documents."""

    documents: int
    characters: int
    threads: int
    usual: tuple[Lap, ...]
    ours: tuple[Lap, ...]

    @property
    def passages_ratio(self) -> float:
        """Our passages per second over the usual pipeline's; medians of the laps."""
        return _passage_rate(self.ours) / _passage_rate(self.usual)

    @property
    def characters_ratio(self) -> float:
        """Our characters of corpus per second over the usual pipeline's; medians of the laps."""
        return _seconds(self.usual) / _seconds(self.ours)

    def to_json(self) -> dict[str, Any]:
        """Both pipelines and both ratios."""
        return {
            "documents": self.documents,
            "characters": self.characters,
            "threads": self.threads,
            "usual": self._pipeline(self.usual),
            "ours": self._pipeline(self.ours),
            "passages_ratio": round(self.passages_ratio, 2),
            "characters_ratio": round(self.characters_ratio, 2),
        }

    def table(self) -> str:
        """Aligned lines for people."""
        lines = [
            f"{self.documents:,} documents, {self.characters:,} characters, {self.threads} threads, "
            f"median of {len(self.ours)} laps each",
            f"{'':16}{'passages':>10}{'seconds':>10}{'passages/s':>12}{'characters/s':>14}",
        ]
        for name, laps in (("usual pipeline", self.usual), ("Dateline", self.ours)):
            row = self._pipeline(laps)
            lines.append(
                f"{name:16}{row['passages']:10,}{row['seconds']:10.1f}"
                f"{row['passages_per_s']:12,.1f}{row['characters_per_s']:14,.0f}"
            )
        return "\n".join([*lines, f"{'ratio':36}{self.passages_ratio:12.2f}{self.characters_ratio:14.2f}"])

    def _pipeline(self, laps: Sequence[Lap]) -> dict[str, Any]:
        return {
            "passages": laps[0].passages,
            "seconds": round(_seconds(laps), 3),
            "passages_per_s": round(_passage_rate(laps), 1),
            "characters_per_s": round(self.characters / _seconds(laps)),
            "laps_s": [round(lap.seconds, 3) for lap in laps],
        }


def race(
    documents: Sequence[Document],
    embedder: Embedder,
    *,
    repeats: int = 3,
    progress: Callable[[int, int], None] | None = None,
) -> Race:
    """Both pipelines over the documents, in turns, `repeats` times; `progress` is called with laps done and to do.

    Raises MissingExtra where langchain_huggingface is not installed, and ModelError.
    """
    threads = available_processors()
    torch.set_num_threads(threads)
    usual = _usual_pipeline()
    usual(_WARM_UP)
    embedder.embed_passages(_WARM_UP)
    texts = [document.text for document in documents]
    laps: list[tuple[Lap, Lap]] = []
    for lap in range(repeats):
        theirs = _timed(lambda: usual(texts))
        if progress:
            progress(2 * lap + 1, 2 * repeats)
        laps.append((theirs, _timed(lambda: _index(documents, embedder))))
        if progress:
            progress(2 * lap + 2, 2 * repeats)
    return Race(
        documents=len(documents),
        characters=sum(map(len, texts)),
        threads=threads,
        usual=tuple(usual for usual, _ in laps),
        ours=tuple(ours for _, ours in laps),
    )


def _usual_pipeline() -> Callable[[Sequence[str]], int]:
    """Texts in, number of chunks stored out."""
    try:
        from langchain_huggingface import HuggingFaceEmbeddings
    except ModuleNotFoundError as error:
        raise MissingExtra(f"the race needs {error.name!r}: pip install 'dateline[bench]'") from error
    splitter = RecursiveCharacterTextSplitter(chunk_size=CHUNK_CHARACTERS, chunk_overlap=CHUNK_OVERLAP)
    embeddings = HuggingFaceEmbeddings(
        model_name=str(model_folder()),
        model_kwargs={"device": "cpu"},
        encode_kwargs={"normalize_embeddings": True},
    )

    def store(texts: Sequence[str]) -> int:
        chunks = [chunk for text in texts for chunk in splitter.split_text(text)]
        vectors = np.asarray(embeddings.embed_documents(chunks), dtype=np.float32)
        index = FaissVectors(vectors.shape[1])
        index.add(np.arange(len(vectors), dtype=np.int64), vectors)
        return len(index)

    return store


def _index(documents: Sequence[Document], embedder: Embedder) -> int:
    with (
        tempfile.TemporaryDirectory(prefix="dateline-bench-") as folder,
        Index.create(Path(folder) / "index", embedder) as index,
    ):
        return index.add_documents(documents).passages


def _timed(work: Callable[[], int]) -> Lap:
    started = perf_counter()
    passages = work()
    return Lap(passages, perf_counter() - started)


def _seconds(laps: Sequence[Lap]) -> float:
    return median(lap.seconds for lap in laps)


def _passage_rate(laps: Sequence[Lap]) -> float:
    return median(lap.passages / lap.seconds for lap in laps)
