"""Headlines as queries: each asks for its own article."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from eval.generation.base import QuestionDraft, Reasons
from eval.generation.corpus import ArticleCorpus
from index.article.titles import comparable
from rag.english.grammar import content_words

_OUTLET = re.compile(r"\s+[|–—-]\s+(?P<outlet>[^|–—]{2,40})$")
_CUT_OFF = re.compile(r"\.\.\.|…")
_LEAST_WORDS = 3
_SHARED = 2
"""What so many headlines end with is an outlet's name."""


def headlines(corpus: ArticleCorpus, left: Reasons) -> Iterator[QuestionDraft]:
    """A query for each article with a headline that is more than its lead; the lead is the evidence."""
    endings = Counter(match["outlet"] for document in corpus.articles if (match := _OUTLET.search(document.title)))
    for document in corpus.articles:
        lead = corpus.by_document[document.key][0]
        title = " ".join(document.title.split())
        ending = _OUTLET.search(title)
        if ending and (endings[ending["outlet"]] >= _SHARED or ending["outlet"] == document.outlet):
            title = title[: ending.start()]
        if reason := _reason(title, document.title_derived, lead.text):
            left[reason] += 1
        else:
            yield QuestionDraft("headline", title, None, lead, "headline")


def _reason(title: str, derived: bool, lead: str) -> str:
    """Why a headline is no query, empty where it is one."""
    if not title or derived:
        return "no headline of its own"
    if _CUT_OFF.search(title):
        return "a headline that is cut off"
    words, first = comparable(title).rstrip(".?!"), comparable(lead)
    if first.startswith(words):
        return "a headline that is the lead verbatim"
    return "a headline that says too little" if len(set(content_words(title))) < _LEAST_WORDS else ""
