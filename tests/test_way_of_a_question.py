"""The way of a question can be walked: it crosses few files, and none of them twice for the same thing."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

import dateline
from rag.chain import AnswerChain

ROOT = Path(__file__).parent.parent
OWN = tuple(f"{ROOT / package}/" for package in ("index", "rag", "eval", "ui", "dateline"))
QUESTION = "Who sits opposite He Lifeng in Kuala Lumpur?"
MOST_FILES, MOST_ARROWS = 30, 50


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AnswerChain]:
    with dateline.open(tmp_path_factory.mktemp("way") / "index", add=dateline.SAMPLE) as archive:
        yield archive.chain


class Way:
    """The files whose functions are called, and who calls whom."""

    def __init__(self) -> None:
        self.files: set[str] = set()
        self.arrows: set[tuple[str, str]] = set()
        self.calls: dict[CodeType, int] = {}

    def __call__(self, frame: FrameType, event: str, argument: Any) -> None:
        here = frame.f_code.co_filename
        if event != "call" or not here.startswith(OWN):
            return
        self.files.add(here)
        self.calls[frame.f_code] = self.calls.get(frame.f_code, 0) + 1
        caller = frame.f_back
        while caller and not caller.f_code.co_filename.startswith(OWN):
            caller = caller.f_back
        if caller and caller.f_code.co_filename != here:
            self.arrows.add((caller.f_code.co_filename, here))


@pytest.fixture(scope="module")
def way(chain: AnswerChain) -> Way:
    assert chain.answer(QUESTION).answered
    way = Way()
    threading.setprofile(way)
    sys.setprofile(way)
    try:
        chain.answer(QUESTION)
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return way


def test_a_question_crosses_few_files(way: Way) -> None:
    files = sorted(str(Path(file).relative_to(ROOT)) for file in way.files)
    assert "rag/chain.py" in files
    assert len(files) <= MOST_FILES, files
    assert len(way.arrows) <= MOST_ARROWS, sorted(way.arrows)


def test_what_a_question_asks_is_worked_out_once_and_hits_are_looked_up_once(way: Way) -> None:
    called = {f"{Path(code.co_filename).stem}.{code.co_name}": count for code, count in way.calls.items()}
    once = [
        "understanding.understand", "answer_type.answer_type_of", "answer_type.topic_of", "retrieval.passages_for",
        "search.search", "local.candidates", "catalog.passages", "trained.read", "features.extract_features",
    ]  # fmt: skip
    assert {name: called.get(name) for name in once} == dict.fromkeys(once, 1)
