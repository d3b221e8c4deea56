"""Pronouns, demonstratives and "the first one" give way to what they stand for."""

from __future__ import annotations

import re

from rag.english.grammar import Phrase, Token, phrases_of, singular, tokens_of
from rag.english.lexicon import AUXILIARY, BEFORE_THAT, CONJUNCTIONS, ORDINALS, PLACING, PREPOSITIONS, VERBS, WH
from rag.followups.conversation import Conversation
from rag.followups.topics import Topic, person_score

_PERSON = {"he": "he", "him": "he", "his": "he", "she": "she", "her": "she", "hers": "she"}
_POSSESSIVE = frozenset("its his their theirs hers".split())
_CLAUSES = frozenset("and but or if when because while before after once how why what where until , ;".split())
_TIMES = frozenset(
    "year month week day morning afternoon evening night summer winter spring autumn time weekend".split()
)
_EXPLETIVE = re.compile(
    r"\bit(?:'s|’s)? (?:(?:is|was|will be|be) )?(?:really )?(?:true|possible|likely|certain|clear|raining|rain|rains|"
    r"snow|snows|legal|illegal|necessary|safe|important|worth|common|normal) (?:that|to|for|if)\b"
    r"|\b(?:does|did|will|would) it take (?:\w+ )?(?:for|to)\b",
    re.I,
)
_SPOKEN = {"'s": " is", "'re": " are", "'ll": " will", "'d": " would", "'ve": " have"}
_LIST = re.compile(r",\s*(?:and|or)\s+|,\s+|\s+(?:and|or)\s+")

Edit = tuple[int, int, str]


def resolved(question: str, talk: Conversation) -> tuple[str, Topic | None, bool]:
    """The question with its pronouns replaced, the topic they carry on, and whether one of them was left open."""
    tokens = tokens_of(question)
    phrases = phrases_of(question)
    if any(token.low in ORDINALS for token in tokens) and (chosen := _choice(question, tokens, talk)):
        return chosen
    edits: list[Edit] = []
    topics: list[Topic] = []
    done: set[str] = set()
    open_ = False
    # Whoever is known to be "she" leaves the other one for "he".
    for i, token in sorted(enumerate(tokens), key=lambda at: _PERSON.get(at[1].low) not in talk.genders.values()):
        base, mark, spoken = token.low.partition("'")
        if token.nominal or (spoken and mark + spoken not in _SPOKEN) or question[: token.start].endswith(("'", "’")):
            continue  # IT, or part of a longer word
        kind = _kind(base, tokens, i)
        if kind is None or kind in done or _within(question, base, kind, token, tokens, phrases):
            continue
        done.add(kind)
        topic, edit = _edit(kind, base, mark + spoken, i, tokens, phrases, talk)
        if edit:
            edits.append(edit)
        else:
            open_ = True
        if topic:
            topics.append(topic)
    text = question
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + (new[0].upper() + new[1:] if start == 0 else new) + text[end:]
    if (talk.focus and any(topic.text in talk.focus.text for topic in topics)) or (open_ and not topics):
        return text, talk.focus, open_
    return text, next((topic for topic in topics if not topic.person), topics[0] if topics else None), open_


def _kind(low: str, tokens: list[Token], i: int) -> str | None:
    """Which kind of stand-in a word is: he, she, it, they, this, one, there; None for any other word."""
    after = tokens[i + 1] if i + 1 < len(tokens) else None
    before = tokens[i - 1].low if i else ""
    if low in _PERSON:
        return _PERSON[low]
    if low in {"it", "its"}:
        return "it"
    if low in {"they", "them", "their", "theirs"}:
        return "they"
    if low in {"this", "these", "those", "that"}:
        if (after and after.low in _TIMES) or (low == "that" and not _demonstrative(tokens, i)):
            return None
        return "this"
    if low in {"ones", "one"}:
        bound = after is not None and (
            after.nominal or (after.low in {"of", "in"} and low == "one" and before in PREPOSITIONS)
        )
        described = i > 0 and (
            tokens[i - 1].nominal or before in {"which", "the", "this", "that", "what", "other"} | WH
        )
        return "one" if not bound and (described or low == "ones") else None
    if low == "there":
        existential = (before in AUXILIARY and after is not None and after.text[0].isalnum()) or (
            after is not None and after.low in AUXILIARY
        )
        return None if existential else "there"
    return None


def _demonstrative(tokens: list[Token], i: int) -> bool:
    """Whether "that" points at something, rather than join two clauses."""
    last = i + 1 >= len(tokens) or not tokens[i + 1].text[0].isalnum()
    if i == 0 or last:
        return True
    before = tokens[i - 1].low
    return before in (PREPOSITIONS | AUXILIARY | CONJUNCTIONS | WH) - {"so", "like"} or (
        before in VERBS and before not in BEFORE_THAT and tokens[i + 1].nominal
    )


def _within(question: str, low: str, kind: str, token: Token, tokens: list[Token], phrases: list[Phrase]) -> bool:
    """Whether a pronoun stands for something in its own question, or for nothing at all."""
    if kind == "it" and any(
        m.start() <= token.start <= m.end() for m in _EXPLETIVE.finditer(question.replace("’", "'"))
    ):
        return True
    earlier = [phrase for phrase in phrases if phrase.end <= token.start]
    if kind in {"he", "she"}:
        people = [phrase for phrase in earlier if person_score(phrase)]
        return bool(people) and (low != "him" or _clause_between(people[-1], token, tokens))
    if kind not in {"it", "they"}:
        return False
    fitting = [
        p for p in earlier if not p.relational and p.plural == (kind == "they") and (p.named or p.article or p.plural)
    ]
    if not fitting:
        return False
    return low in _POSSESSIVE or _clause_between(fitting[-1], token, tokens)


def _clause_between(phrase: Phrase, token: Token, tokens: list[Token]) -> bool:
    return any(phrase.end <= other.start < token.start and other.low in _CLAUSES for other in tokens)


def _edit(
    kind: str, low: str, spoken: str, i: int, tokens: list[Token], phrases: list[Phrase], talk: Conversation
) -> tuple[Topic | None, Edit | None]:
    """What a stand-in stands for, and how to put it there; no edit where that is not certain."""
    token = tokens[i]
    if kind == "this":
        return _pointed(low, token, phrases, talk)
    if kind == "there":
        place = _place(talk)
        return None, (token.start, token.end, place) if place else None
    if kind == "one":
        return _one(low, token, talk)
    if kind in {"he", "she"}:
        topic = talk.person(kind, of_two={"he", "she"} <= {_PERSON.get(other.low) for other in tokens})
    else:
        topic = talk.thing() if kind == "it" else talk.group()
    if topic is None:
        return None, None
    text = topic.many if kind == "they" and topic.generic else topic.text
    owned = low in _POSSESSIVE or (low == "her" and i + 1 < len(tokens) and tokens[i + 1].nominal)
    if owned:
        text += "’" if text.endswith("s") and topic.plural else "’s"
    return topic, (token.start, token.end, text + _SPOKEN.get(spoken, ""))


def _pointed(low: str, token: Token, phrases: list[Phrase], talk: Conversation) -> tuple[Topic | None, Edit | None]:
    """A noun that is pointed at, "this treaty", as what was spoken of."""
    noun = next((phrase for phrase in phrases if phrase.link == low and phrase.start > token.start), None)
    if noun is None:
        topic = talk.group() if low in {"these", "those"} else None
        return topic, (token.start, token.end, topic.text) if topic else None
    topic = talk.fuller(noun)
    if topic:
        return topic, (token.start, noun.end, f"the {topic.bare}")
    asked = {t.text for t in talk.asked[-1]}
    if any(t.head == noun.head for t in talk.asked[-1]):
        named = [t for t in talk.told() if t.named and t.text not in asked]
        return (talk.focus, (noun.end, noun.end, f" ({named[0].text})")) if named else (None, None)
    return None, None


def _one(low: str, token: Token, talk: Conversation) -> tuple[Topic | None, Edit | None]:
    focus = talk.focus
    if focus is None or focus.person:
        return None, None
    if low == "ones":
        return focus, (token.start, token.end, focus.many)
    front, space, last = focus.bare.rpartition(" ")
    return focus, (token.start, token.end, f"{front}{space}{singular(last) if last.islower() else last}")


def _place(talk: Conversation) -> str:
    """Where "there" is: "at the talks in Kuala Lumpur"."""
    placed = [phrase for phrase in phrases_of(talk.last) if phrase.link in PLACING]
    for first in placed:
        if first.link not in {"from", "to"}:
            start = talk.last.casefold().rfind(first.link, 0, first.start)
            return talk.last[start : placed[-1].end]
    if placed:
        return f"in {placed[-1].text}"
    named = [topic for age in range(len(talk.asked)) for topic in talk.told(age) if topic.placed]
    asked = [topic for topic in talk.mentions() if topic.placed]
    return f"in {(asked or named)[0].text}" if asked or named else ""


def _choice(question: str, tokens: list[Token], talk: Conversation) -> tuple[str, Topic | None, bool] | None:
    """What "the second one" is of those that the conversation listed last, put behind it."""
    for i, token in enumerate(tokens):
        after = tokens[i + 1].low if i + 1 < len(tokens) else ""
        alone = not after[:1].isalnum() or after in {"one", "of"} | AUXILIARY | CONJUNCTIONS
        if token.low not in ORDINALS or not i or tokens[i - 1].low not in {"the", "and", "about"} or not alone:
            continue
        end = tokens[i + 1].end if after == "one" else token.end
        for text in (talk.answer, talk.last):
            options = _options(text)
            if len(options) > max(ORDINALS[token.low], 1 if ORDINALS[token.low] < 0 else 0):
                chosen = options[ORDINALS[token.low]]
                return f"{question[:end]} ({chosen}){question[end:]}", None, False
        if after == "one":
            return question, talk.focus, True
    return None


def _options(text: str) -> list[str]:
    """The longest list of names or nouns in a text."""
    phrases = phrases_of(text)
    runs: list[list[str]] = [[]]
    previous: Phrase | None = None
    for phrase in phrases:
        joined = previous is not None and _LIST.fullmatch(text[previous.end : phrase.start])
        if not joined:
            runs.append([])
        runs[-1].extend(part for part in phrase.text.split(" and ") if part)
        previous = phrase
    return max(runs, key=len)
