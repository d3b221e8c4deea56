"""How well a follow-up was made to stand alone, against the question as a person would ask it.

Words are compared as sets of terms: content words (`rag.english.grammar.content_words`) in lower case, without a
possessive and without a plural s. A term that the asked question has already counts neither for nor against it.
"""

from __future__ import annotations

from rag.english.grammar import content_words

_SHORTEST_PLURAL = 4


def term(word: str) -> str:
    """A word as it is compared: case-folded, without possessive, without plural s.

    >>> [term(word) for word in ("Talks", "Tesla's", "voters’", "glass", "gas")]
    ['talk', 'tesla', 'voter', 'glass', 'gas']
    """
    plain = word.casefold().replace("’", "'").removesuffix("'").removesuffix("'s")
    if len(plain) >= _SHORTEST_PLURAL and plain.endswith("s") and not plain.endswith("ss"):
        return plain[:-1]
    return plain


def terms(text: str) -> frozenset[str]:
    """The terms of a text: its content words as they are compared."""
    return frozenset(term(word) for word in content_words(text))


def supplied(asked: str, rewritten: str, gold: str) -> float | None:
    """Share of what the asked question lacks that the rewriting supplies, in [0, 1]; None where it lacks nothing.

    Worked example: "Is it treatable?" lacks throat and cancer; "Is the throat treatable?" supplies one of the two.

    >>> supplied("Is it treatable?", "Is the throat treatable?", "Is throat cancer treatable?")
    0.5
    """
    lacking = terms(gold) - terms(asked)
    return len(lacking & terms(rewritten)) / len(lacking) if lacking else None


def added_wrongly(asked: str, rewritten: str, gold: str) -> float:
    """Share of what the rewriting adds that the gold one does not have, in [0, 1]; 0 where it adds nothing.

    Worked example: of throat, lung and cancer, only lung is not called for.

    >>> share = added_wrongly("Is it safe?", "Is it safe? (throat lung cancer)", "Is throat cancer safe?")
    >>> round(share, 4)
    0.3333
    """
    added = terms(rewritten) - terms(asked)
    return len(added - terms(gold)) / len(added) if added else 0.0
