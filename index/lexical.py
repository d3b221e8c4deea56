"""BM25 over passages; the only home of Tantivy.

One searchable field holds what `chunking.passage_input` gives: title, outlet, date and section, then the text. Words
are lower-cased, stripped of accents and stemmed for English. Filters are fields of the same index, so BM25 searches
only what they allow.
"""

from __future__ import annotations

import math
import os
import re
import shutil
import tempfile
import unicodedata
import weakref
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Self

import tantivy

from index.atomic_files import unwritable, unwritable_by
from index.documents import Document, Filters
from index.fusion import Ranking

_OS_ERROR = re.compile(r"(?:os error|code:) (\d+)")
_IN_A_THREAD = "An error occurred in a thread"
_ANALYZER = "news"
_WRITER_BYTES = 64 * 1024 * 1024
_WRITER_LEAST = 1_000_000
_COUNTS = 100
"""So many filters' counts are kept."""


@dataclass(frozen=True, slots=True)
class LexicalEntry:
    """A passage as BM25 sees it: its number, its searchable text, and the document it filters by."""

    number: int
    text: str
    document: Document


class Lexical:
    """A Tantivy index in a folder. A searcher is a snapshot: what is written later shows after `refresh`."""

    def __init__(self, folder: Path) -> None:
        """Open the folder, or make an empty index in it.

        Raises ValueError where its files are not an index, IndexUnwritable where the disk refuses.
        """
        self.folder = folder
        self._schema = _schema()
        self._analyzer = _analyzer()
        self._counts: dict[Filters, int] = {}
        with _disk_named(folder):
            folder.mkdir(parents=True, exist_ok=True)
            self._index = tantivy.Index(self._schema, path=str(folder))
            # Else a thread looks for commits of others twice a second, and makes a lock file where it finds one.
            self._index.config_reader(reload_policy="manual")
            self._index.register_tokenizer(_ANALYZER, self._analyzer)
            self._searcher = self._index.searcher()

    @classmethod
    def copied(cls, folder: Path | None) -> Self:
        """The index in a temporary copy of a folder that may only be read, or an empty one; the copy goes with it.

        Raises IndexUnwritable where there is no room for it, FileNotFoundError where the folder changed meanwhile.
        """
        # Tantivy locks a file of its own even to read.
        with _disk_named(Path(tempfile.gettempdir())):
            home = Path(tempfile.mkdtemp(prefix="dateline-"))
        try:
            # One by one: whoever writes meanwhile may take a file away, which is FileNotFoundError here.
            for file in folder.iterdir() if folder else ():
                if not file.name.endswith(".lock"):
                    data = file.read_bytes()
                    with _disk_named(home, len(data)):
                        (home / file.name).write_bytes(data)
            made = cls(home)
        except BaseException:
            shutil.rmtree(home, ignore_errors=True)
            raise
        weakref.finalize(made, shutil.rmtree, home, ignore_errors=True)
        return made

    def __len__(self) -> int:
        """Number of passages."""
        return int(self._searcher.num_docs)

    def write(self, added: Iterable[LexicalEntry], removed: Iterable[int]) -> None:
        """Commit a change. An entry replaces one of the same number, so a change may safely be repeated.

        Raises IndexUnwritable where the disk refuses; some of the files may then be new ones.
        """
        size = sum(file.stat().st_size for file in self.folder.iterdir())
        with _disk_named(self.folder, size + _WRITER_LEAST):
            writer = self._index.writer(_WRITER_BYTES, 1)
            try:
                for number in removed:
                    writer.delete_documents_by_query(self._numbered(number))
                for entry in added:
                    writer.delete_documents_by_query(self._numbered(entry.number))
                    writer.add_document(_tantivy_document(entry))
                writer.commit()
                writer.wait_merging_threads()
            finally:
                # The lock goes with the writer, which the error's traceback would keep.
                del writer
            # Whoever may read the other files may read those too that Tantivy makes for its own user alone.
            rights = (self.folder / ".tantivy-writer.lock").stat().st_mode & 0o666
            for name in ("meta.json", ".managed.json"):
                (self.folder / name).chmod(rights)

    def refresh(self) -> None:
        """Search what has been committed. Raises IndexUnwritable where the disk refuses."""
        with _disk_named(self.folder):
            self._index.reload()
            self._searcher = self._index.searcher()
        self._counts.clear()

    def search(self, query: str, k: int, filters: Filters) -> Ranking:
        """At most k passage numbers with their BM25 scores (k1 1.2, b 0.75), best first, equal ones by number."""
        words = self.terms(query)
        # Room is made for k results beforehand.
        k = min(k, len(self))
        if not words or k < 1:
            return []
        wanted = self._any_of(words)
        if restrictions := self._restrictions(filters):
            wanted = tantivy.Query.boolean_query([(tantivy.Occur.Must, wanted), *restrictions])
        found = self._searcher.search(wanted, k, count=False)
        ranking = [(int(self._searcher.doc(address)["number"][0]), float(score)) for score, address in found.hits]
        return sorted(ranking, key=lambda pair: (-pair[1], pair[0]))

    def count(self, filters: Filters) -> int:
        """Number of passages that the filters allow."""
        if filters not in self._counts:
            allowed = tantivy.Query.boolean_query(self._restrictions(filters))
            found: Any = self._searcher.search(allowed, 1, count=True)
            if len(self._counts) >= _COUNTS:
                self._counts.clear()
            self._counts[filters] = int(found.count)
        return self._counts[filters]

    def terms(self, text: str) -> list[str]:
        """The text's words as the index knows them: lower-cased, without accents, stemmed."""
        # Composed and decomposed letters are the same word.
        return list(self._analyzer.analyze(unicodedata.normalize("NFC", text)))

    def idf(self, term: str) -> float:
        """Inverse document frequency of a term as BM25 defines it, over passages; at least 0.

        ln(1 + (N - n + 0.5) / (n + 0.5)), Robertson and Zaragoza, 2009.
        """
        total, having = self._searcher.num_docs, self._searcher.doc_freq("text", term)
        return math.log(1 + (total - having + 0.5) / (having + 0.5))

    def _numbered(self, number: int) -> tantivy.Query:
        # Deleting by term takes a plain int for a signed one, which matches nothing in an unsigned field.
        return tantivy.Query.term_query(self._schema, "number", number)

    def _any_of(self, words: Sequence[str]) -> tantivy.Query:
        """A union of the words alone, each once: only such a query is spared the passages that cannot come in."""
        terms = []
        for word, times in Counter(words).items():
            term = tantivy.Query.term_query(self._schema, "text", word)
            terms.append((tantivy.Occur.Should, tantivy.Query.boost_query(term, times) if times > 1 else term))
        return tantivy.Query.boolean_query(terms)

    def _restrictions(self, filters: Filters) -> list[tuple[tantivy.Occur, tantivy.Query]]:
        queries = []
        if filters.since or filters.until:
            low, high = _day(filters.since or date.min), _day(filters.until or date.max)
            kind = tantivy.FieldType.Unsigned
            queries.append(tantivy.Query.range_query(self._schema, "published", kind, low, high))
        outlets = [outlet.casefold() for outlet in filters.outlets]
        for field, values in (("outlet", outlets), ("kind", filters.kinds), ("collection", filters.collections)):
            if values:
                queries.append(tantivy.Query.term_set_query(self._schema, field, list(values)))
        # A filter only allows or forbids: its own score must not reach the ranking.
        return [(tantivy.Occur.Must, tantivy.Query.const_score_query(query, 0.0)) for query in queries]


@contextmanager
def _disk_named(folder: Path, needed: int = 0) -> Iterator[None]:
    """Raises IndexUnwritable for what the operating system has told Tantivy, which passes on only its words."""
    try:
        yield
    except OSError as error:
        raise unwritable_by(folder, error, needed) from error
    except ValueError as error:
        code = _OS_ERROR.search(str(error))
        if not code and _IN_A_THREAD in str(error):
            raise unwritable(folder, "its writer stopped, for the disk most likely", needed) from error
        if not code:
            raise
        raise unwritable_by(folder, OSError(int(code[1]), os.strerror(int(code[1]))), needed) from error


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("number", stored=True, indexed=True, fast=True)
    builder.add_text_field("text", tokenizer_name=_ANALYZER, index_option="freq")
    builder.add_unsigned_field("published", indexed=True, fast=True)
    for field in ("outlet", "kind", "collection"):
        builder.add_text_field(field, tokenizer_name="raw", index_option="basic")
    return builder.build()


def _analyzer() -> tantivy.TextAnalyzer:
    steps: Sequence[Any] = [
        tantivy.Filter.remove_long(60),
        tantivy.Filter.lowercase(),
        tantivy.Filter.ascii_fold(),
        tantivy.Filter.stemmer("english"),
    ]
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for step in steps:
        builder = builder.filter(step)
    return builder.build()


def _tantivy_document(entry: LexicalEntry) -> tantivy.Document:
    document = tantivy.Document()
    document.add_unsigned("number", entry.number)
    document.add_text("text", unicodedata.normalize("NFC", entry.text))
    if entry.document.published:
        document.add_unsigned("published", _day(entry.document.published))
    document.add_text("outlet", entry.document.outlet.casefold())
    document.add_text("kind", entry.document.kind)
    document.add_text("collection", entry.document.collection)
    return document


def _day(day: date) -> int:
    """A date as a number that sorts like it."""
    return day.year * 10_000 + day.month * 100 + day.day
