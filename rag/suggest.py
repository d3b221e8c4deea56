"""Questions that this corpus can answer, found without a language model, to start a conversation with."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain as chained
from itertools import islice, zip_longest

from index.documents import Document
from rag.chain import AnswerChain

_NAME = r"[A-Z][\w’'-]+(?: (?:of |the |and )?[A-Z][\w’'-]+){1,3}"
_SPEAKER = re.compile(
    rf"(?:said|told|added|warned|argued) (?P<before>{_NAME})|(?P<after>{_NAME}),? (?:said|told|added|warned)"
)
_INNER_NAME = re.compile(rf"(?<=[a-z,] )(?:the )?(?P<name>{_NAME})")
_DOCUMENTS_READ = 200
_TRIED = 4
"""How many candidates are asked for each question wanted: each costs one run of the chain."""


def questions(chain: AnswerChain, wanted: int = 4) -> list[str]:
    """At most `wanted` questions, each of which the chain has just answered."""
    documents = list(islice(chain.index.documents(), _DOCUMENTS_READ))
    candidates = islice(_candidates(documents), wanted * _TRIED)
    return list(islice((question for question in candidates if chain.answer(question).answered), wanted))


def _candidates(documents: Sequence[Document]) -> Iterator[str]:
    """Questions on who spoke and what is written about most, taken in turn, each name once."""
    articles = [document.text for document in documents if document.kind == "article"]
    speakers = Counter(match["before"] or match["after"] for text in articles for match in _SPEAKER.finditer(text))
    named = Counter(match["name"] for text in articles for match in _INNER_NAME.finditer(text))
    about = (f"What happened with the {name}?" if _takes_article(name) else f"What is known about {name}?"
             for name, _ in named.most_common() if name not in speakers)  # fmt: skip
    said = (f"What did {name} say?" for name, _ in speakers.most_common())
    return (question for question in chained.from_iterable(zip_longest(said, about)) if question)


def _takes_article(name: str) -> bool:
    return name.rsplit(" ", 1)[-1] in {
        "Agreement",
        "Act",
        "Authority",
        "Bank",
        "Council",
        "Ministry",
        "Treasury",
        "Union",
    }
