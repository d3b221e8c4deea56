"""Questions that lack a part nobody would say twice: "What are the main causes?", "Who won?", "the largest"."""

from __future__ import annotations

from rag.english.grammar import Phrase, Token, content_words, is_superlative, phrases_of, tokens_of
from rag.english.lexicon import (
    ASKING,
    BE,
    BELONGING,
    OTHER_SIDED,
    PLAIN_ADJECTIVES,
    PREPOSITIONS,
    REACTIONS,
    TWO_SIDED,
    UNIQUE,
)
from rag.followups.conversation import Conversation
from rag.followups.topics import telling

_MOST_WORDS_OF_A_VERB = 3
_DESCRIBING = frozenset("of that which who whose where to when".split())


def lacking(question: str, talk: Conversation) -> tuple[str, str]:
    """The question with its part put in, and words of the topic that must still follow it."""
    tokens = tokens_of(question)
    phrases = phrases_of(question)
    edits = _expansions(phrases, talk)
    if edits:
        for start, end, new in reversed(edits):
            question = question[:start] + new + question[end:]
        return question, ""
    focus = talk.focus
    if focus is None:
        return question, talk.context() if _leans(question, phrases, tokens, talk) else ""
    for phrase in phrases:
        if _lacks_of(phrase, phrases, tokens) and phrase.head != focus.head:
            return f"{question[: phrase.end]} of {focus.text}{question[phrase.end :]}", ""
    if focus.plural and (superlative := _open_superlative(tokens)):
        return f"{question[:superlative]} of {focus.text}{question[superlative:]}", ""
    if _compares(tokens):
        other = next((t.text for t in talk.asked[-1] if t.head != focus.head or not focus.words <= t.words), "")
        return question, ", ".join(filter(None, (focus.text, other)))
    return question, talk.context() if _leans(question, phrases, tokens, talk) else ""


def reacts(question: str) -> bool:
    """Whether the last word is a verb of somebody to something that is not said: "How did Beijing respond?"."""
    words = [token for token in tokens_of(question) if token.text[0].isalnum()]
    return bool(words) and words[-1].low in REACTIONS


def _compares(tokens: list[Token]) -> bool:
    """Whether a question asks "which is younger?" of what was spoken of."""
    words = [token.low for token in tokens if token.text[0].isalnum()]
    return (
        len(words) > 1
        and words[0] in {"which", "who"}
        and words[1] in BE
        and any(word.endswith("er") for word in words[2:3])
    )


def _expansions(phrases: list[Phrase], talk: Conversation) -> list[tuple[int, int, str]]:
    """Where the noun alone stands for a longer name: "the expedition" for "the Larsen expedition"."""
    edits = []
    for phrase in phrases:
        if phrase.named or phrase.relational:
            continue
        the = phrase.article.casefold() == "the"
        of_many = not phrase.article and phrase.plural and phrase.link in {"of", "about"}
        if not the and not of_many:
            continue
        fuller = talk.fuller(phrase)
        if fuller and the and not fuller.generic:
            edits.append((phrase.start, phrase.end, f"{phrase.article} {fuller.bare}"))
        elif fuller and of_many:
            edits.append((phrase.start, phrase.end, fuller.many))
    return edits


def _lacks_of(phrase: Phrase, phrases: list[Phrase], tokens: list[Token]) -> bool:
    """Whether a noun such as "causes" comes without saying of what."""
    if not phrase.relational:
        return False
    following = next((token.low for token in tokens if token.start >= phrase.end), "")
    if following in _DESCRIBING - {"to"} or phrase.link in {"its", "their", "my", "your", "our", "his", "her"}:
        return False
    if phrase.head in BELONGING and phrase.article.casefold() != "the" and not following[:1].isalnum():
        return True
    others = [other for other in phrases if other is not phrase and telling(other)]
    if following in PREPOSITIONS and phrase.head in TWO_SIDED:
        return not any(other.named for other in others)
    return not others and following not in {"between"}


def _open_superlative(tokens: list[Token]) -> int | None:
    """Where a superlative without its noun ends: "the largest in the world"."""
    for i, token in enumerate(tokens):
        if not i or tokens[i - 1].low != "the":
            continue
        end = i
        if token.low in {"most", "least"}:
            end = i + 1
        elif not is_superlative(token.text):
            continue
        following = tokens[end + 1] if end + 1 < len(tokens) else None
        if end < len(tokens) and (following is None or not following.nominal):
            return tokens[end].end
    return None


def _leans(question: str, phrases: list[Phrase], tokens: list[Token], talk: Conversation) -> bool:
    """Whether a question that says what it asks for does not say about what."""
    words = [token for token in tokens if token.text[0].isalnum()]
    named = any(phrase.named for phrase in phrases)
    if not named and _open_superlative(tokens):
        return True
    told = [phrase for phrase in phrases if telling(phrase)]
    if not told:
        aspects = [phrase for phrase in phrases if phrase.relational]
        one_sided = bool(aspects) and aspects[-1].head in TWO_SIDED
        return one_sided or (not aspects and len(content_words(question)) <= _MOST_WORDS_OF_A_VERB)
    only = told[0] if len(told) == 1 else None
    if only is None:
        return False
    at = phrases.index(only)
    closes = only.end >= max(token.end for token in tokens if token.text[0].isalnum())
    # It is said whose role, and not in what: "the role of the UN".
    of_one_side = closes and at > 0 and only.link == "of" and phrases[at - 1].head in OTHER_SIDED
    if of_one_side or reacts(question):
        return True
    if named:
        return False
    if len(words) > 1 and words[1].low == "there" and words[0].low in BE and only.link == "there":
        return True
    known = {topic.head for topic in talk.mentions()}
    return only.head not in known and (_definite(only, tokens) or _barely_described(only, tokens))


def _barely_described(phrase: Phrase, tokens: list[Token]) -> bool:
    """Whether only plain adjectives tell the noun from others: "the most famous artists"."""
    front = phrase.tokens[:-1]
    following = next((token.low for token in tokens if token.start >= phrase.end), "")
    plain = all(token.low in PLAIN_ADJECTIVES or is_superlative(token.low) for token in front)
    return bool(front) and plain and phrase.head not in UNIQUE and phrase.link in BE and not following[:1].isalnum()


def _definite(phrase: Phrase, tokens: list[Token]) -> bool:
    """Whether "the tickets" are tickets that somebody must have spoken of."""
    nouns = [token for token in phrase.tokens if token.low not in PLAIN_ADJECTIVES]
    following = next((token.low for token in tokens if token.start >= phrase.end), "")
    return (
        phrase.article.casefold() == "the"
        and phrase.link not in ASKING | {"about"}
        and len(nouns) == 1
        and nouns[0].low not in UNIQUE
        and following not in _DESCRIBING
    )
