"""Work that nobody waits for any more stops at its next step; and less is read where that is wanted."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from conftest import ARCHIVE

from index.cancellation import Cancellation, cancellable, cancellation
from index.embedders import open_embedder
from index.embedders.base import Embedder
from index.errors import Cancelled
from index.search import Index
from rag.assemble import build_chain
from rag.chain import AnswerChain
from rag.config import Settings


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return open_embedder()


@pytest.fixture(scope="module")
def chain(embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AnswerChain]:
    with Index.create(tmp_path_factory.mktemp("cancelled") / "i", embedder) as index:
        index.add_documents(ARCHIVE)
        yield build_chain(index, Settings())


def test_nothing_is_cancelled_where_nobody_can(chain: AnswerChain) -> None:
    cancellation().check()
    assert chain.answer("How much will the repairs of the pier cost?").answered


def test_an_answer_nobody_waits_for_is_not_made_and_the_next_one_is(chain: AnswerChain) -> None:
    own = Cancellation()
    own.cancel()
    with cancellable(own), pytest.raises(Cancelled, match="ask again"):
        chain.answer("How much will the repairs of the pier cost?")
    assert chain.answer("How much will the repairs of the pier cost?").answered


def test_a_stream_stops_between_its_sentences(chain: AnswerChain) -> None:
    own = Cancellation()
    with cancellable(own):
        growing = chain.stream("What did the council do about the pier?")
        next(growing)
        own.cancel()
        with pytest.raises(Cancelled):
            list(growing)


def test_texts_are_read_one_by_one_until_it_is_cancelled(embedder: Embedder) -> None:
    texts = [f"The harbour council closed pier number {number} on Monday. " * 8 for number in range(100)]
    own = Cancellation()
    threading.Timer(0.05, own.cancel).start()
    started = time.process_time()
    with cancellable(own), pytest.raises(Cancelled):
        embedder.embed_passages(texts)
    stopped = time.process_time() - started
    started = time.process_time()
    embedder.embed_passages(texts[:20])
    assert stopped < time.process_time() - started


def test_of_the_passages_only_so_many_are_read_and_the_answer_says_so(chain: AnswerChain) -> None:
    question = "How much will the repairs of the pier cost?"
    whole = chain.answer(question)
    few = chain.answer(question, most_read=1)
    assert (len(few.passages), few.unread) == (1, len(whole.passages) - 1)
    assert few.to_json()["passages_unread"] == len(whole.passages) - 1 > 0
    assert whole.to_json()["passages_unread"] == 0
    assert few.answered
