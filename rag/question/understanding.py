"""What a question says, worked out once: every later step is handed this and looks at no words of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from index.documents import Filters
from rag.dates import TimeExpression, find_times
from rag.question.answer_type import AnswerType, answer_type_of, noun_asked_for, topic_of, without_options
from rag.question.comparison import ComparedEntities, compared_entities
from rag.question.question import Question

_ANNOUNCED, _REPORTED = timedelta(days=7), timedelta(days=14)
"""How long before and after its day an event is written about."""


@dataclass(frozen=True)
class WantedPeriod:
    """The days on which a passage should have been published, and whether the newest is wanted.

    A report appears after what it tells of, and an announcement before it, so the days asked for are widened; and since
    an archive often says the right thing at another time, a period prefers and does not exclude.
    """

    since: date | None = None
    until: date | None = None
    newest: bool = False

    def holds(self, day: date | None) -> bool:
        """Whether a day lies inside; an unknown one lies nowhere."""
        if day is None or not (self.since or self.until):
            return False
        return (self.since is None or day >= self.since) and (self.until is None or day <= self.until)

    def within(self, filters: Filters) -> Filters | None:
        """Filters for a search inside the period; None where the asker has set dates or there is none."""
        if filters.since or filters.until or not (self.since or self.until):
            return None
        return replace(filters, since=self.since, until=self.until)


def wanted_period(times: Sequence[TimeExpression]) -> WantedPeriod | None:
    """What the expressions of a question ask for together; None where there are none, or contradictory ones."""
    since = max((time.since - _ANNOUNCED for time in times if time.since), default=None)
    until = min((time.until + _REPORTED for time in times if time.until), default=None)
    newest = any(time.order == "latest" for time in times)
    if since and until and since > until:
        since = until = None
    return WantedPeriod(since, until, newest) if since or until or newest else None


@dataclass(frozen=True)
class UnderstoodQuestion:
    """A question and what follows from its words.

    question: as it was asked, with its conversation and filters
    standalone: its text with all that it takes from the conversation; what is searched for, and shown
    text: the same without the options that it offers ("which of these"); what passages are read against
    answer_type: what an answer must be
    noun: the kind of thing that it names behind "which" or "what"; empty where it names none
    topic: what it wants an overview of, in its own words; empty where it wants to know something about it
    compared: what it compares; None where it compares nothing, or where the sides cannot be told
    times: its time expressions, none where its dates are not looked at
    period: what these ask for together; None where they ask for no day and not for the newest
    """

    question: Question
    standalone: str
    text: str
    answer_type: AnswerType
    noun: str = ""
    topic: str = ""
    compared: ComparedEntities | None = None
    times: tuple[TimeExpression, ...] = ()
    period: WantedPeriod | None = None


def understand(question: Question | str, today: date | None = None) -> UnderstoodQuestion:
    """All that the words of a question say; its dates are read from `today`, and not looked at where that is None.

    Raises QuestionError for a text that cannot be asked.

    >>> asked = understand("Which airline cut flights in October?", date(2025, 11, 3))
    >>> asked.answer_type, asked.noun, [time.describe() for time in asked.times]
    ('thing', 'airline', ['in October [1–31 Oct 2025]'])
    """
    question = Question.of(question) if isinstance(question, str) else question
    alone = question.text
    if question.history:
        # A first question needs none of this, and its start not the time to import it.
        from rag.followups import standalone

        alone = standalone(question.text, question.history)
    text = without_options(alone)
    answer_type = answer_type_of(text)
    times = find_times(alone, today=today) if today else ()
    return UnderstoodQuestion(
        question=question,
        standalone=alone,
        text=text,
        answer_type=answer_type,
        noun=noun_asked_for(text),
        topic=topic_of(text),
        compared=compared_entities(alone) if answer_type == "comparison" else None,
        times=times,
        period=wanted_period(times),
    )
