"""Prepare training data for the reader.

    python scripts/reader/data.py QUESTIONS.jsonl.gz OUT.npz [--more MORE.jsonl.gz] [--claims CLAIMS.jsonl.gz]

A line of QUESTIONS or MORE is a paragraph: `source`, `title`, `context`, and `qas`: `question` and `answers`, each
`[start, text]`; none means that the paragraph does not answer. Of QUESTIONS every tenth title is development;
paragraphs without an article of their own are split one by one. MORE is all for training. For each question up to eight
paragraphs that hold none of its answers are kept as negatives: four of its own article and four of all, those that
share most of its words; and up to three altered forms (`alter.py`).

A line of CLAIMS is a `premise` with a `hypothesis` and its `label`, which becomes the verdicts it allows; every tenth
premise of each `source` is development.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file
from scipy.sparse import csr_array, diags_array
from tokenizers import Tokenizer

from alter import Paragraph, altered, distinct_names, moved, numbers
from index.bert.runtime import open_tokenizer
from index.embedders.model_files import model_folder
from index.sentences import sentence_spans
from siblings import Siblings

QUESTION_TOKENS, TITLE_TOKENS, PREMISE_TOKENS = 48, 24, 300
VERDICTS = {"entailment": (1, 0, 0), "contradiction": (0, 1, 0), "neutral": (0, 0, 1), "not_entailment": (0, 1, 1)}
"""Which of supported, contradicted and neither a label allows."""
NEGATIVES = 4
"""Of either kind."""
SEARCHED = 48
"""Paragraphs that are looked at for them."""
AT_ONCE = 512
"""Questions whose scores are held at once."""
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
    parser.add_argument("--more", type=Path, help="paragraphs of the same form, all for training")
    parser.add_argument("--claims", type=Path)
    parser.add_argument("--words", type=Path, help="the encoder whose word vectors say what is of one kind")
    arguments = parser.parse_args()
    rows, questions = read(arguments.questions)
    tokenizer = open_tokenizer(model_folder() / "tokenizer.json")
    aside = development(rows)
    if arguments.more:
        further, asked = read(arguments.more)
        questions += [replace(question, paragraph=question.paragraph + len(rows)) for question in asked]
        rows, aside = [*rows, *further], np.append(aside, np.zeros(len(further), dtype=np.bool_))
    weights = load_file(str((arguments.words or model_folder()) / "model.safetensors"))
    siblings = Siblings(tokenizer, weights["embeddings.word_embeddings.weight"])
    contexts, ends, spans, kept = located(rows, questions, tokenizer)
    questions = [questions[number] for number in kept]
    titles = [tokens(tokenizer, title_of(row))[:TITLE_TOKENS] for row in rows]
    asked = [tokens(tokenizer, q.text)[:QUESTION_TOKENS] for q in questions]
    arrays = {
        **packed("context", contexts), **packed("sentence", ends), **packed("title", titles),
        **packed("question", asked),
        **packed("moved", [tokens(tokenizer, moved(q.text) or "")[:QUESTION_TOKENS] for q in questions]),
        **packed("span", [spans[number].reshape(-1) for number in kept]),
        "paragraph": np.array([q.paragraph for q in questions]), "development": aside,
        "negative": negatives(rows, questions, aside, contexts, asked),
        "source": np.array([row["source"] for row in rows]),
    }  # fmt: skip
    forms = alterations(rows, questions, siblings)
    arrays |= packed("altered", [tokens(tokenizer, t)[:QUESTION_TOKENS] for texts in forms for t in texts])
    arrays["altered_of"] = np.cumsum([0, *(len(texts) for texts in forms)])
    claimed = claims(arguments.claims, tokenizer) if arguments.claims else {}
    np.savez(arguments.out, **arrays, **claimed)
    print(
        f"{len(rows)} paragraphs, {len(questions)} questions, {sum(map(len, forms))} altered forms, "
        f"{len(claimed.get('verdict', ()))} claims"
    )


def claims(path: Path, tokenizer: Tokenizer) -> dict[str, NDArray[Any]]:
    """Premises and claims as tokens, the verdicts allowed, shape (claims, 3), and which claims are set aside."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    premises = sorted({(row["source"], row["premise"]) for row in rows})
    aside = {premise for number, premise in enumerate(premises) if number % 10 == 9}
    return {
        **packed("premise", [tokens(tokenizer, row["premise"])[:PREMISE_TOKENS] for row in rows]),
        **packed("claim", [tokens(tokenizer, row["hypothesis"])[:QUESTION_TOKENS] for row in rows]),
        "verdict": np.array([VERDICTS[row["label"]] for row in rows], dtype=np.bool_),
        "claim_source": np.array([row["source"] for row in rows]),
        "claim_development": np.array([(row["source"], row["premise"]) in aside for row in rows]),
    }


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
    rows: Sequence[dict[str, Any]],
    questions: Sequence[Question],
    aside: NDArray[np.bool_],
    contexts: Sequence[NDArray[np.uint16]],
    asked: Sequence[NDArray[np.uint16]],
) -> NDArray[np.int32]:
    """Paragraphs that hold no answer, shape (questions, 2 * NEGATIVES), -1 where there are fewer."""
    plain = [words(row["context"]) for row in rows]
    article = articles(rows)
    chosen = np.full((len(questions), 2 * NEGATIVES), -1, dtype=np.int32)
    for number, (question, ranked) in enumerate(zip(questions, by_words(contexts, asked), strict=True)):
        own = question.paragraph
        given = [words(text) for _, text in question.answers]

        def allowed(other: int, own: int = own, given: Sequence[str] = given) -> bool:
            apart = other != own and aside[other] == aside[own] and plain[other] != plain[own]
            return bool(apart) and not any(answer in plain[other] for answer in given)

        members = set(article[own])
        # Of the article those that share most words, then those around the paragraph.
        near = [*(n for n in ranked if n in members), *sorted(members, key=lambda n: (abs(n - own), n))]
        same = [n for n in dict.fromkeys(near) if allowed(n)][:NEGATIVES]
        found = [n for n in ranked if allowed(n) and n not in same][:NEGATIVES]
        chosen[number, : len(same)] = same
        chosen[number, NEGATIVES : NEGATIVES + len(found)] = found
    return chosen


def by_words(contexts: Sequence[NDArray[np.uint16]], asked: Sequence[NDArray[np.uint16]]) -> Iterator[list[int]]:
    """For each question the SEARCHED paragraphs that share most of its word pieces, by BM25 (k1 1.2, b 0.75)."""
    counts = _counted(contexts)
    lengths = np.asarray(counts.sum(axis=1)).ravel()
    counts.data = (
        counts.data
        * 2.2
        / (counts.data + 1.2 * (0.25 + 0.75 * np.repeat(lengths / lengths.mean(), np.diff(counts.indptr))))
    )
    holding = np.bincount(counts.indices, minlength=counts.shape[1])
    rarity = np.log1p((len(contexts) - holding + 0.5) / (holding + 0.5))
    weighted = (counts @ diags_array(rarity)).T.tocsr()
    sought = _counted(asked)
    sought.data[:] = 1.0
    for start in range(0, len(asked), AT_ONCE):
        scores = (sought[start : start + AT_ONCE] @ weighted).toarray()
        for row in np.argsort(-scores, axis=1, kind="stable")[:, :SEARCHED]:
            yield row.tolist()


def _counted(texts: Sequence[NDArray[np.uint16]]) -> csr_array:
    """How often each text has each word piece, (texts, word pieces)."""
    ends = np.cumsum([0, *(len(text) for text in texts)])
    table = csr_array((np.ones(ends[-1]), np.concatenate(texts).astype(np.int32), ends), shape=(len(texts), 1 << 15))
    table.sum_duplicates()
    return table


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


def alterations(rows: Sequence[dict[str, Any]], questions: Sequence[Question], siblings: Siblings) -> list[list[str]]:
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
        own_paragraph = paragraphs[question.paragraph]
        tries = [altered(question.text, texts, own_paragraph, rng, siblings.of) for _ in range(ALTERED + 1)]
        forms.append(list(dict.fromkeys(t for t in tries if t and t != question.text))[:ALTERED] if texts else [])
    return forms


if __name__ == "__main__":
    main()
