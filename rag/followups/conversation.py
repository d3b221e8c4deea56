"""What a conversation has spoken of so far, and what a pronoun in its next question stands for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from rag.english.grammar import Phrase, phrases_of, tokens_of, without_question_words
from rag.english.lexicon import BE, DO, OTHER_SIDED, SHIPS
from rag.followups.topics import (
    FIRST_PERSON,
    Topic,
    named_by,
    named_in,
    one_thing,
    parts_of,
    person_score,
    subject_of,
    telling,
)
from rag.question.question import Turn

_MARK = re.compile(r"\s*\[\d[^\]]*\]")
_DATELINE = re.compile(r"(?:^|(?<=[.!?\]”\"] ))[A-Z]{3}[A-Z .’'-]{0,30}[^.!?()]{0,40}\([^()]{2,40}\) [-–—] ")
_PAIR = re.compile(r"(?:the )?([A-Z]\w+ and [A-Z]\w+) [a-z]")
_ANSWER_CHARACTERS = 600
_MOST_WORDS = 12
_MOST_TOPICS_IN_CONTEXT = 3
_SURELY_A_PERSON = 2.0
_TURNS_OF_A_PERSON = 5
_AGE = 0.7
_ASKED_FOR = 1.5
"""How much likelier the people of an answer are where somebody was asked for …"""
_BY_THE_WAY = 1.5
"""… and how much less likely where the question named somebody itself."""
_SHIP = 1.5


@dataclass
class Conversation:
    """What has been said. `last` is the last question as it stands alone."""

    focus: Topic | None = None
    last: str = ""
    fresh: bool = False
    """Whether the last question brought in the focus."""
    asked: list[list[Topic]] = field(default_factory=list)
    answers: list[Turn] = field(default_factory=list)
    around: list[Topic] = field(default_factory=list)
    """What else was named in the question that brought in the focus."""
    genders: dict[str, str] = field(default_factory=dict)

    def add(self, question: str, turn: Turn, kept: Topic | None) -> None:
        """Take in a turn whose question, as it stands alone, is `question`.

        `kept` is the topic it carried on, None where it named its own.
        """
        phrases = phrases_of(question)
        topics = [Topic.of(part) for phrase in phrases if telling(phrase) for part in parts_of(phrase)]
        own = kept or self._introduced(question, phrases)
        self.fresh = kept is None and own is not None
        if self.fresh and own:
            self.around = [topic for topic in topics if topic.named and topic.head != own.head]
        self.focus = own or self.focus
        self.asked.append(topics)
        told = _DATELINE.sub("", _MARK.sub("", turn.answer[:_ANSWER_CHARACTERS]))
        self.answers.append(Turn(question, told, turn.short_answer[:_ANSWER_CHARACTERS]))
        self.last = question

    def _introduced(self, question: str, phrases: Sequence[Phrase]) -> Topic | None:
        """What a question that names its own topic is about; None where the conversation stays with what it had."""
        found = [(i, phrase) for i, phrase in enumerate(phrases) if telling(phrase)]
        if self.focus is None:
            return Topic.of(found[0][1].trimmed()) if found else None
        opening = tokens_of(question)[:1]
        for i, phrase in found:
            sought = phrase.link in {"what", "which"} or (phrase.start == 0 and not phrase.named)
            side = i > 0 and not telling(phrases[i - 1]) and phrase.link == "of"
            minor = side and not phrase.article and not phrase.named and phrase.plural
            if sought or minor or phrase.link in FIRST_PERSON or (side and phrases[i - 1].head in OTHER_SIDED):
                if sought and opening:
                    named = next((p for _, p in found if p.named), None)
                    return Topic.of(named.trimmed()) if named else None
                return None
            topic = Topic.of(phrase.trimmed())
            return None if topic.head == self.focus.head and topic.words <= self.focus.words else topic
        return None

    def context(self) -> str:
        """What the conversation is about, as words to put behind a question; empty where nothing is known."""
        topics = [*([self.focus] if self.focus else []), *self.around]
        return ", ".join(topic.text for topic in topics[:_MOST_TOPICS_IN_CONTEXT]) or without_question_words(self.last)

    def words(self) -> str:
        """What the last question was about, nearly in its own words."""
        words = without_question_words(self.last).split()
        return " ".join(words[:_MOST_WORDS])

    @property
    def answer(self) -> str:
        """The last answer, as far as it is read."""
        return self.answers[-1].answer if self.answers else ""

    def told(self, age: int = 0) -> Sequence[Topic]:
        """What an answer has named, the short answer first: the last one, or the one `age` turns before it."""
        if age >= len(self.answers):
            return ()
        turn = self.answers[-1 - age]
        return (*named_by(turn.short_answer), *named_in(turn.answer))

    def fuller(self, phrase: Phrase) -> Topic | None:
        """What was spoken of under the same noun with more words: "the north pier" for "the pier"."""
        words = phrase.telling_words
        known = chain([self.focus] if self.focus else [], self.mentions(), self.told())
        return next((topic for topic in known if topic.head == phrase.head and words < topic.words), None)

    def mentions(self) -> Iterator[Topic]:
        """What questions have named, latest first."""
        for turn in reversed(self.asked):
            yield from turn

    # What a pronoun stands for

    def person(self, gender: str, *, of_two: bool = False) -> Topic | None:
        """Whom "he" or "she" stands for. `of_two`: both words stand in the question, so that a known one is kept."""
        if of_two and (known := next((t for t in self.mentions() if self.genders.get(t.text) == gender), None)):
            return known
        turns = range(min(_TURNS_OF_A_PERSON, len(self.asked)))
        found = [weighed for age in turns for weighed in self._people(age, gender)]
        likely, best = max(found, key=lambda weighed: weighed[0], default=(0.0, None))
        if best is None or likely <= 0:
            return None
        if best.person:
            self.genders[best.text] = gender
        return best

    def _people(self, age: int, gender: str) -> Iterator[tuple[float, Topic]]:
        """Who was named `age` turns ago, in the question and then in its answer, and how likely "he" or "she" is it."""
        asked, turn = self.asked[-1 - age], self.answers[-1 - age]
        named = {topic.text for topic in asked}
        answered = {topic.text for topic in named_by(turn.short_answer)}
        # A thing is a ship by its own words, or since a ship was asked for.
        ship_asked = gender == "she" and any(
            p.link in {"which", "what"} and p.head in SHIPS for p in phrases_of(turn.question)
        )
        wanted = asks_for_somebody(turn.question)
        known = not wanted and any(topic.person >= 1 and not topic.placed for topic in asked)
        sought = [topic for topic in self.told(age) if topic.text not in named]
        for place, topic in enumerate((*asked, *sought)):
            ship = topic.text in answered if ship_asked else bool(topic.words & SHIPS)
            person = topic.person or _SHIP * (gender == "she" and ship)
            if not person or (topic.placed and person < _SURELY_A_PERSON):
                continue
            if self.genders.get(topic.text, gender) != gender:
                continue
            likely = person - _AGE * age - 0.1 * min(place, 5) - (0.5 if topic.placed else 0)
            likely += _AGE if topic.text in self.genders else 0
            if place >= len(asked):
                likely += _ASKED_FOR * (wanted and (topic.text in answered or not answered))
                likely -= _BY_THE_WAY * (known and topic.text not in answered)
            yield likely, topic

    def thing(self) -> Topic | None:
        """What "it" stands for."""
        if found := self._answered_thing():
            return found
        focus = self.focus
        things = any(one_thing(topic) for topic in self.asked[-1]) if self.asked else False
        if focus and not self._somebody(focus) and not (self.fresh and focus.plural and things):
            opening = [token.low for token in tokens_of(self.last)[:2]]
            asks_what_was_done = len(opening) == 2 and opening[0] in {"what", "which"} and opening[1] in DO
            return None if focus.person and asks_what_was_done else focus
        mentioned = (topic for topic in self.mentions() if one_thing(topic) and not self._somebody(topic))
        return next(mentioned, None)

    def group(self) -> Topic | None:
        """What "they" stands for."""
        if answered := self._answered_group():
            return answered
        focus = self.focus
        if focus and (pair := _PAIR.match(focus.text)):
            return Topic(pair[1], pair[1], plural=True)
        if focus and (focus.plural or (self.fresh and (focus.generic or not focus.person))):
            return focus
        plural = next((topic for topic in self.mentions() if topic.plural), None)
        return plural or (focus if focus and focus.person < _SURELY_A_PERSON else None)

    def _somebody(self, topic: Topic) -> bool:
        return topic.person >= _SURELY_A_PERSON or topic.text in self.genders

    def _answered_group(self) -> Topic | None:
        """Who or what did it, where the last question asked that; a party or a bank is "they" too."""
        words = tokens_of(self.last)
        if not self.answer or not words or words[0].low not in {"who", "which", "what"}:
            return None
        asks_for_a_subject = not any(word.low in DO for word in words)
        if asks_for_a_subject and (subject := subject_of(self.answer)):
            people = max((person_score(phrase) for phrase in phrases_of(subject.text)), default=0.0)
            if subject.plural or (words[0].low == "who" and not people):
                return subject
        known = {topic.text for topic in self.asked[-1]}
        return next((t for t in self.told() if t.plural and t.named and t.text not in known), None)

    def _answered_thing(self) -> Topic | None:
        """What the answer named where the last question asked for a thing."""
        words = tokens_of(self.last)
        if not self.answer or not words or words[0].low not in {"what", "which"} or not any(w.low in DO for w in words):
            return None
        named = [topic for topic in self.told() if topic.person < _SURELY_A_PERSON and not topic.placed]
        asked = self.asked[-1]
        known = {topic.text for topic in asked}
        same_kind = (topic for topic in named if asked and topic.head == asked[0].head and topic.text not in known)
        new = (topic for topic in named if topic.generic and topic.text not in known)
        found = next(same_kind, None) or next(new, None)
        return Topic(f"the {found.bare}", found.head, found.plural) if found and found.generic else found


def asks_for_somebody(question: str) -> bool:
    """Whether a question asks for a name: who did it, not who somebody is."""
    words = tokens_of(question)[:3]
    if not words or words[0].low not in {"who", "whom", "who's"}:
        return False
    return not (len(words) == 3 and words[1].low in BE and words[2].named)
