"""Replies as they grow, and what becomes of errors."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from fakes import PIER, FakeChain, FakeCorpus, answer_quoting, refusal, respond

from index.errors import IndexCorrupt
from rag.answer import Answer
from rag.question.question import MAX_CHARACTERS, Turn
from ui.web.page.chat import BROKEN, MOST_TURNS, NOTHING_INDEXED, Reply, replies


def last(chain: FakeChain, question: str) -> Reply:
    *_, final = replies(chain, question)
    return final


def failing(error: Exception) -> FakeChain:
    """A chain that says one sentence and then fails."""

    class Failing(FakeChain):
        def stream(self, *args: object, **kwargs: object) -> Iterator[Answer]:
            yield answer_quoting("Pier?", (PIER, "Engineers had found cracks in four pillars."))
            raise error

    return Failing(respond)


def test_a_reply_grows_sentence_by_sentence() -> None:
    grown = list(replies(FakeChain(respond), "Why is the pier closed?"))
    assert [len(reply.answer.sentences) if reply.answer else 0 for reply in grown] == [0, 1, 2, 3, 3]
    assert [reply.finished for reply in grown] == [False] * 4 + [True]
    assert grown[0].question == "Why is the pier closed?"


def test_the_history_reaches_the_chain_and_a_reply_becomes_history() -> None:
    chain = FakeChain(respond)
    *_, first = replies(chain, "How much ice?")
    assert first.turn == Turn("How much ice?", "It makes forty tonnes of ice a day. [1]", "forty tonnes")
    list(replies(chain, "And the pier?", [first.turn]))
    assert chain.asked[-1][:2] == ("And the pier?", (first.turn,))


@pytest.mark.parametrize(
    ("question", "said"),
    [("", "holds no words"), (" \n\t ", "holds no words"), ("🙂🙂", "holds no words"), ("x" * 1_000_000, "1,000,000")],
)
def test_a_question_that_cannot_be_asked_gets_a_sentence_and_no_work(question: str, said: str) -> None:
    chain = FakeChain(respond)
    reply = last(chain, question)
    assert said in reply.problem
    assert reply.problem[0].isupper()
    assert (reply.turn, reply.answer, reply.again, chain.asked) == (None, None, False, [])


def test_a_question_at_the_limit_is_asked() -> None:
    assert last(FakeChain(respond), "ice " * (MAX_CHARACTERS // 4)).problem == ""


def test_a6_an_empty_archive_says_how_to_fill_it() -> None:
    assert last(FakeChain(refusal, FakeCorpus(0)), "Anything?").problem == NOTHING_INDEXED
    assert last(FakeChain(refusal, FakeCorpus(3)), "Anything?").problem == ""


def test_an_error_of_ours_is_told_and_what_came_before_it_is_kept() -> None:
    reply = last(failing(IndexCorrupt("the index at x fails its checks: run `dateline doctor`")), "Pier?")
    assert reply.problem == "The archive cannot be read: whoever runs this server finds the reason in its log."
    assert reply.again
    assert reply.answer is not None
    assert len(reply.answer.sentences) == 1


def test_an_error_nobody_foresaw_is_logged_and_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, logger="ui.web.page.chat"):
        reply = last(failing(ZeroDivisionError("secret detail")), "Pier?")
    assert reply.problem == BROKEN
    assert "secret" not in reply.problem
    assert "secret detail" in caplog.text


def test_a_conversation_does_not_grow_without_end() -> None:
    chain = FakeChain(respond)
    (reply,) = replies(chain, "And the pier?", number=MOST_TURNS + 1)
    assert "start a new one" in reply.problem
    assert (reply.finished, reply.again, chain.asked) == (True, False, [])
    assert len(list(replies(chain, "And the pier?", number=MOST_TURNS))) > 1


def test_closing_early_stops_the_chain() -> None:
    chain = FakeChain(respond)
    growing = replies(chain, "Why is the pier closed?")
    next(growing)
    growing.close()
    assert chain.asked == []
