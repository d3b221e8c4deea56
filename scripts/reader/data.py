"""Prepare training data for the reader.

    python scripts/reader/data.py QUESTIONS.jsonl.gz OUT.npz

A line of QUESTIONS is a paragraph: `source`, `title`, `context`, and `qas`: `question` and `answers`, each `[start,
text]`; none means that the paragraph does not answer. Every tenth title is development; paragraphs without an article
of their own are split one by one. For each question up to eight paragraphs that hold none of its answers are kept as
negatives: four of its own article and four that the project's own search finds first; and up to three altered forms
(`alter.py`).
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from alter import Paragraph, altered, distinct_names, moved, numbers
from index.bert.runtime import open_tokenizer
from index.documents import Document
from index.embedders import open_embedder
from index.embedders.model_files import model_folder
from index.search import Index
from index.sentences import sentence_spans

QUESTION_TOKENS, TITLE_TOKENS = 48, 24
NEGATIVES = 4
"""Of either kind."""
SEARCHED = 48
"""Passages that are looked at for them."""
ALTERED = 3
LOOSE = "shifts-reddit"
"""A source whose titles name no article: its paragraphs stand alone."""


@dataclass(frozen=True)
class Question:
    """A question with the number of its paragraph and its acceptable answers as `(start, text)`."""

    paragraph: int
    text: str
    answers: tuple[tuple[int, str], ...]


def read(path: Path) -> tuple[list[dict[str, Any]], list[Question]]:
    """Paragraphs and questions, in the file's order."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    questions = [
        Question(number, qa["question"].strip(), tuple((start, text) for start, text in qa["answers"]))
        for number, row in enumerate(rows)
        for qa in row["qas"]
    ]
    return rows, questions


def development(rows: Sequence[dict[str, Any]]) -> NDArray[np.bool_]:
    """Which paragraphs are set aside."""
    titles = sorted({(row["source"], row["title"]) for row in rows})
    aside = {title for number, title in enumerate(titles) if number % 10 == 9}
    return np.array(
        [
            n % 10 == 9 if row["source"] == LOOSE else (row["source"], row["title"]) in aside
            for n, row in enumerate(rows)
        ]
    )


def main() -> None:
    """Read, tokenise, mine, alter, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("questions", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    rows, questions = read(arguments.questions)
    tokenizer = open_tokenizer(model_folder() / "tokenizer.json")
    aside = development(rows)
    contexts, ends, spans, kept = located(rows, questions, tokenizer)
    questions = [questions[number] for number in kept]
    titles = [tokens(tokenizer, title_of(row))[:TITLE_TOKENS] for row in rows]
    arrays = {
        **packed("context", contexts), **packed("sentence", ends), **packed("title", titles),
        **packed("question", [tokens(tokenizer, q.text)[:QUESTION_TOKENS] for q in questions]),
        **packed("moved", [tokens(tokenizer, moved(q.text) or "")[:QUESTION_TOKENS] for q in questions]),
        **packed("span", [spans[number].reshape(-1) for number in kept]),
        "paragraph": np.array([q.paragraph for q in questions]), "development": aside,
        "negative": negatives(rows, questions, aside),
    }  # fmt: skip
    forms = alterations(rows, questions)
    arrays |= packed("altered", [tokens(tokenizer, t)[:QUESTION_TOKENS] for texts in forms for t in texts])
    arrays["altered_of"] = np.cumsum([0, *(len(texts) for texts in forms)])
    np.savez(arguments.out, **arrays)
    print(f"{len(rows)} paragraphs, {len(questions)} questions, {sum(map(len, forms))} altered forms")


def title_of(row: dict[str, Any]) -> str:
    """The title as it is read before the paragraph."""
    return str(row["title"]).replace("_", " ")


def tokens(tokenizer: Tokenizer, text: str) -> NDArray[np.uint16]:
    """The word pieces of a text, without special tokens."""
    return np.array(tokenizer.encode(text, add_special_tokens=False).ids, dtype=np.uint16)


def packed(name: str, parts: Sequence[NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Rows of different lengths as one array and the places where each begins."""
    return {name: np.concatenate(parts), f"{name}_at": np.cumsum([0, *(len(part) for part in parts)])}


def located(
    rows: Sequence[dict[str, Any]], questions: Sequence[Question], tokenizer: Tokenizer
) -> tuple[list[NDArray[np.uint16]], list[NDArray[np.int32]], list[NDArray[np.int32]], list[int]]:
    """Tokens of each paragraph and where its sentences end; spans `(first, last)` of each question; questions kept.

    A question is kept where its answer was found in the paragraph, or where it has none.
    """
    encodings = [tokenizer.encode(row["context"], add_special_tokens=False) for row in rows]
    offsets = [np.array(encoding.offsets, dtype=np.int32).reshape(-1, 2) for encoding in encodings]
    spans, kept = [], []
    for number, question in enumerate(questions):
        own = offsets[question.paragraph]
        found = set()
        for start, text in question.answers:
            first = int(np.searchsorted(own[:, 1], start, side="right"))
            last = int(np.searchsorted(own[:, 0], start + len(text), side="left")) - 1
            if first <= last:
                found.add((first, last))
        spans.append(np.array(sorted(found), dtype=np.int32).reshape(-1, 2))
        if found or not question.answers:
            kept.append(number)
    ends = [
        np.searchsorted(own[:, 0], [span.end for span in sentence_spans(row["context"])]).astype(np.int32)
        for row, own in zip(rows, offsets, strict=True)
    ]
    return [np.array(encoding.ids, dtype=np.uint16) for encoding in encodings], ends, spans, kept


def negatives(
    rows: Sequence[dict[str, Any]], questions: Sequence[Question], aside: NDArray[np.bool_]
) -> NDArray[np.int32]:
    """Paragraphs that hold no answer, shape (questions, 2 * NEGATIVES), -1 where there are fewer."""
    plain = [words(row["context"]) for row in rows]
    article = articles(rows)
    chosen = np.full((len(questions), 2 * NEGATIVES), -1, dtype=np.int32)
    with searchable(rows) as index:
        for number, question in enumerate(questions):
            own = question.paragraph
            given = [words(text) for _, text in question.answers]

            def allowed(other: int, own: int = own, given: Sequence[str] = given) -> bool:
                apart = other != own and aside[other] == aside[own] and plain[other] != plain[own]
                return bool(apart) and not any(answer in plain[other] for answer in given)

            ranked = list(dict.fromkeys(int(hit.document.key) for hit in index.search(question.text, SEARCHED)))
            members = set(article[own])
            # Of the article those that the search found first, then those around the paragraph.
            near = [*(n for n in ranked if n in members), *sorted(members, key=lambda n: (abs(n - own), n))]
            same = [n for n in dict.fromkeys(near) if allowed(n)][:NEGATIVES]
            found = [n for n in ranked if allowed(n) and n not in same][:NEGATIVES]
            chosen[number, : len(same)] = same
            chosen[number, NEGATIVES : NEGATIVES + len(found)] = found
    return chosen


@contextmanager
def searchable(rows: Sequence[dict[str, Any]]) -> Iterator[Index]:
    """The paragraphs in an index of the project's own, each a document whose key is its number."""
    documents = [Document(text=row["context"], title=title_of(row), key=str(n)) for n, row in enumerate(rows)]
    with tempfile.TemporaryDirectory() as folder, Index.create(Path(folder) / "index", open_embedder()) as index:
        index.add_documents(documents)
        yield index


def words(text: str) -> str:
    """The words of a text in small letters, with one space on either side of each."""
    return " " + " ".join(re.findall(r"\w+", text.lower())) + " "


def articles(rows: Sequence[dict[str, Any]]) -> list[list[int]]:
    """For each paragraph those of its article, itself among them."""
    members: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    keys = [(row["source"], str(n // 50) if row["source"] == LOOSE else row["title"]) for n, row in enumerate(rows)]
    for number, key in enumerate(keys):
        members[key].append(number)
    return [members[key] for key in keys]


def alterations(rows: Sequence[dict[str, Any]], questions: Sequence[Question]) -> list[list[str]]:
    """Up to ALTERED altered forms of every answerable question."""
    rng = random.Random(5)  # noqa: S311
    own = [distinct_names(row["context"]) for row in rows]
    figures = [numbers(row["context"]) for row in rows]
    paragraphs = []
    for number, members in enumerate(articles(rows)):
        paragraphs.append(
            Paragraph(
                rows[number]["context"],
                own[number],
                sorted({name for member in members for name in own[member]}),
                sorted({figure for member in members for figure in figures[member]}),
            )
        )
    forms = []
    for question in questions:
        texts = [text for _, text in question.answers]
        tries = [altered(question.text, texts, paragraphs[question.paragraph], rng) for _ in range(ALTERED + 1)]
        forms.append(list(dict.fromkeys(t for t in tries if t and t != question.text))[:ALTERED] if texts else [])
    return forms


if __name__ == "__main__":
    main()
