"""RealTimeQA: quiz questions about the news of a week, and the articles that searches found for them.

`<week>_qa.jsonl` holds a question on each line; `<week>_gcs.jsonl` and `<week>_dpr.jsonl` beside it hold what a web
search and a search of Wikipedia found for each, and at least one of them must be there. A folder stands for all of its
weeks together, but for weeks without articles. A question needs `question_id` and `question_sentence`, what was found
for it `question_id`; the other fields may be missing.

The questions are asked without their choices. The answers are the chosen choices, without quotation marks around the
whole. A question's judgement is those of the articles found for it whose text holds an answer word for word, whatever
its case: nobody judged them, so an article that says it in other words counts as not relevant, and one that says it
about something else as relevant. Articles are told apart by `doc_id` or `url`, the first text read being kept;
articles without a text are left out.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from eval.benchmarks.base import Benchmark, Format, Query, scored
from eval.benchmarks.files import Digest, head, name_of
from eval.benchmarks.lines import JsonObject, json_lines
from index.documents import Document
from index.errors import BenchmarkError

_QUESTIONS = re.compile(r"(?P<week>.*)_qa\.jsonl(?:\.gz)?")
_ARTICLES = ("gcs", "dpr")
_QUOTES = {'"': '"', "'": "'", "“": "”", "‘": "’", "«": "»"}


def read_realtimeqa(path: Path) -> Benchmark:
    """The questions of a file, or of all weeks of a folder. Raises BenchmarkError with file, line and field."""
    digest = hashlib.sha256()
    files: dict[Path, list[Path]] = {}
    for file in sorted(_weeks(path)) if path.is_dir() else [path]:
        week = file.name.partition("_qa")[0]
        names = [f"{week}_{search}.jsonl{ending}" for search in _ARTICLES for ending in ("", ".gz")]
        files[file] = [file.parent / name for name in names if (file.parent / name).is_file()]
    if not any(files.values()):
        raise BenchmarkError(f"{path}: no <week>_qa.jsonl with <week>_gcs.jsonl or <week>_dpr.jsonl beside it is there")
    queries: dict[str, Query] = {}
    documents: dict[str, Document] = {}
    found: dict[str, list[str]] = {}
    for file, beside in files.items():
        for record in json_lines(file, digest) if beside else ():
            query = _question(record)
            if query.id in queries:
                raise record.wrong("question_id", "one that no earlier question has")
            queries[query.id] = query
        for articles in beside:
            _read_articles(articles, digest, documents, found)
    if not queries or not documents:
        raise BenchmarkError(f"{path}: holds no {'article with a text' if queries else 'question'}: nothing to measure")
    qrels = {name: judged for name, query in queries.items() if (judged := _judged(query, found, documents))}
    asked = scored(queries.values(), qrels, path)
    return Benchmark(name_of(path).removesuffix("_qa"), tuple(documents.values()), asked, qrels, digest.hexdigest())


def _weeks(folder: Path) -> Iterator[Path]:
    return (file for file in folder.iterdir() if _QUESTIONS.fullmatch(file.name))


def _question(record: JsonObject) -> Query:
    day = record.day("question_date")
    metadata = {
        "date": day.isoformat() if day else "",
        "source": record.text("question_source", ""),
        "url": record.text("question_url", ""),
        "choices": list(record.strings("choices")),
        "evidence": record.text("evidence", ""),
    }
    return Query(
        id=record.text("question_id"),
        text=record.text("question_sentence"),
        answers=tuple(dict.fromkeys(_answers(record))) or None,
        metadata={name: value for name, value in metadata.items() if value},
    )


def _answers(record: JsonObject) -> Iterator[str]:
    """The chosen choices. The answer is a list of their numbers from 0, as strings or not."""
    choices, chosen = record.texts("choices") or (), record.fields.get("answer")
    if chosen is None:
        return
    expected = f"a list of numbers from 0 to {len(choices) - 1}, one for each choice that is right"
    if not isinstance(chosen, list):
        raise record.wrong("answer", expected)
    for number in map(str, chosen):
        if not (number.isascii() and number.isdigit() and int(number) < len(choices)):
            raise record.wrong("answer", expected)
        yield _bare(choices[int(number)])


def _bare(choice: str) -> str:
    """A choice without the quotation marks around it; those inside stay."""
    stripped = choice.strip()
    opening, inner = stripped[:1], stripped[1:-1].strip()
    closing = _QUOTES.get(opening, "")
    quoted = inner and closing and stripped.endswith(closing) and not {opening, closing} & set(inner)
    return inner if quoted else stripped


def _read_articles(path: Path, digest: Digest, documents: dict[str, Document], found: dict[str, list[str]]) -> None:
    for record in json_lines(path, digest):
        keys = found.setdefault(record.text("question_id"), [])
        for number, result in enumerate(record.records("search_result")):
            article = _article(result, f"{record.text('question_id')} {path.name.partition('.')[0]} {number}")
            if article.text.strip():
                keys.append(documents.setdefault(article.key, article).key)


def _article(result: JsonObject, otherwise: str) -> Document:
    return Document(
        text=result.text("text", ""),
        title=result.text("title", "").strip(),
        authors=result.strings("authors"),
        published=result.day("publish_date"),
        url=result.text("url", "").strip(),
        key=result.text("doc_id", "").strip() or result.text("url", "").strip() or otherwise,
    )


def _judged(query: Query, found: Mapping[str, list[str]], documents: Mapping[str, Document]) -> dict[str, int]:
    patterns = [
        re.compile(rf"(?<!\w){re.escape(answer)}(?!\w)", re.IGNORECASE) for answer in query.answers or () if answer
    ]
    return {
        key: 1 for key in found.get(query.id, ()) if any(pattern.search(documents[key].text) for pattern in patterns)
    }


REALTIMEQA = Format(
    read_realtimeqa,
    fits=lambda path: (
        any(_weeks(path)) if path.is_dir() else '"question_sentence"' in head(path).lstrip().partition("\n")[0]
    ),
)
