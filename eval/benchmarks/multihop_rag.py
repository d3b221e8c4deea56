"""MultiHop-RAG: corpus.json, a list of news articles, and MultiHopRAG.json, a list of questions over several of them.

An article's key is its `url`, or its title where it has none. A question's judgement is the articles of its
`evidence_list`; its evidence is the `fact` of each where it stands in the article's body, exactly or but for white
space. A fact that stands nowhere leaves its article judged; metadata["facts_not_found"] counts those. A question of the
type "null_query", or with the answer "Insufficient information.", has no answer in the corpus. Questions carry no id:
they are numbered from q1.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from eval.benchmarks.base import Benchmark, EvidenceSpan, Format, Query
from eval.benchmarks.files import has, name_of
from eval.benchmarks.lines import JsonObject, find, objects, read_json
from index.documents import Document
from index.errors import BenchmarkError

_CORPUS, _QUESTIONS = "corpus.json", "MultiHopRAG.json"
_NO_ANSWER = "insufficient information"


def read_multihop_rag(path: Path) -> Benchmark:
    """The benchmark in a folder of both files. Raises BenchmarkError with the JSON path of whatever is wrong."""
    digest = hashlib.sha256()
    corpus, questions = find(path, _CORPUS), find(path, _QUESTIONS)
    articles = _Articles.of(objects(corpus, read_json(corpus, digest)))
    asked = objects(questions, read_json(questions, digest))
    if not articles.by_key or not asked:
        raise BenchmarkError(f"{questions if articles.by_key else corpus}: holds nothing; nothing can be measured")
    queries, qrels = [], {}
    for number, record in enumerate(asked, start=1):
        query, judged = _query(f"q{number}", record, articles)
        queries.append(query)
        if judged:
            qrels[query.id] = dict.fromkeys(judged, 1)
    return Benchmark(name_of(path), tuple(articles.by_key.values()), tuple(queries), qrels, digest.hexdigest())


@dataclass(frozen=True)
class _Articles:
    """The articles by their key, and the keys by title for evidence that names no address."""

    by_key: Mapping[str, Document]
    titles: Mapping[str, str]

    @classmethod
    def of(cls, records: Iterable[JsonObject]) -> _Articles:
        by_key: dict[str, Document] = {}
        titles: dict[str, str] = {}
        for record in records:
            article = _article(record)
            if article.key in by_key:
                raise record.wrong("url" if article.url else "title", "one that no earlier article has")
            by_key[article.key] = article
            titles.setdefault(article.title, article.key)
        return cls(by_key, titles)

    def named_in(self, evidence: JsonObject) -> Document:
        """The article that a piece of evidence is from."""
        url, title = evidence.text("url", "").strip(), evidence.text("title", "").strip()
        key = url if url in self.by_key else self.titles.get(title, "")
        if key not in self.by_key:
            raise evidence.wrong("url" if url else "title", "that of an article of the corpus")
        return self.by_key[key]


def _article(record: JsonObject) -> Document:
    url, author = record.text("url", "").strip(), record.text("author", "").strip()
    title = record.text("title", "").strip() if url else record.text("title").strip()
    return Document(
        text=record.text("body"),
        title=title,
        outlet=record.text("source", "").strip(),
        authors=(author,) if author else (),
        published=record.day("published_at"),
        url=url,
        key=url or title,
    )


def _query(name: str, record: JsonObject, articles: _Articles) -> tuple[Query, list[str]]:
    """A question and the keys of the articles that are evidence for it."""
    answer, kind = record.text("answer"), record.text("question_type", "")
    metadata = {"type": kind} if kind else {}
    cited = [(articles.named_in(item), item.text("fact", "")) for item in record.records("evidence_list")]
    if kind == "null_query" or answer.strip().rstrip(".").casefold() == _NO_ANSWER:
        return Query(name, record.text("query"), (), metadata=metadata), []
    places = [(article, _place(fact.strip(), article.text)) for article, fact in cited if fact.strip()]
    spans = tuple(dict.fromkeys(EvidenceSpan(article.key, *place) for article, place in places if place))
    query = Query(
        id=name,
        text=record.text("query"),
        answers=(answer,),
        evidence=spans,
        metadata={**metadata, "facts_not_found": sum(place is None for _, place in places)},
    )
    return query, [article.key for article, _ in cited]


def _place(words: str, text: str) -> tuple[int, int] | None:
    """The first place of words in a text: exactly, or else with any white space between them."""
    start = text.find(words)
    if start >= 0:
        return start, start + len(words)
    match = re.search(r"\s+".join(map(re.escape, words.split())), text)
    return match.span() if match else None


MULTIHOP_RAG = Format(read_multihop_rag, fits=lambda path: has(path, _QUESTIONS))
