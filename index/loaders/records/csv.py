"""CSV and its relatives: a row with the names of the columns, then a record on each row."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from index.errors import MalformedInput
from index.loaders.base import Content, Loaded
from index.loaders.fields import field_of
from index.loaders.records.records import SourceRecord, documents_of_records

_SUFFIXES = frozenset({".csv", ".tsv"})
_DELIMITERS = ",;\t|"
_HEAD = 100_000
_ROWS_TRIED = 20
_MANY_COLUMNS = 100
_FIELD_LIMIT = threading.Lock()


class CsvLoader:
    """Reads a table that has a column of texts."""

    def recognises(self, content: Content) -> bool:
        """The first row names a text column and another known one; under a name of CSV any regular table will do."""
        delimiter, names = _header(content.text)
        known = {field_of(name) for name in names} - {""}
        if content.suffix in _SUFFIXES:
            return "text" in known or _is_regular(content.text, delimiter)
        return len(known) > 1 and "text" in known and len(names) == len(set(names))

    def load(self, content: Content) -> Loaded:
        """See `Loader`. Raises MalformedInput where no column holds texts."""
        delimiter, names = _header(content.text)
        columns = content.text.lstrip("\n").partition("\n")[0].count(delimiter) + 1
        content.limits.check("max_columns", columns, content.label, "columns")
        fields = set(map(field_of, names))
        if "text" not in fields and not fields >= {"title", "kind"}:
            raise MalformedInput(
                f"{content.label} has no column of texts among {', '.join(names)[:200]!r}: name it 'text'"
            )
        with _cells_up_to(content.limits.max_characters):
            return documents_of_records(content, _records(content, delimiter, names))


def _header(text: str) -> tuple[str, list[str]]:
    """The delimiter that gives the first row the most names we know, or else the most names; and those names."""
    first = text[:_HEAD].lstrip("\n").partition("\n")[0]
    rows = [(delimiter, next(csv.reader([first], delimiter=delimiter), [])) for delimiter in _DELIMITERS]
    return max(rows, key=lambda row: (sum(bool(field_of(name)) for name in row[1]), len(row[1])))


def _is_regular(text: str, delimiter: str) -> bool:
    """Whether the first rows are equally long, and there are three or more, or very many columns."""
    rows = csv.reader(io.StringIO(text[:_HEAD]), delimiter=delimiter)
    widths = [len(row) for _, row in zip(range(_ROWS_TRIED), rows, strict=False) if row]
    if widths and widths[0] > _MANY_COLUMNS:
        return True
    return len(widths) > 2 and widths[0] > 1 and len(set(widths if len(widths) == _ROWS_TRIED else widths[:-1])) == 1


def _records(content: Content, delimiter: str, names: Sequence[str]) -> Iterator[SourceRecord]:
    rows = csv.reader(io.StringIO(content.text), delimiter=delimiter)
    header = True
    last = start = 0
    while True:
        last, start = start, rows.line_num
        where = f"line {start + 1}"
        try:
            row = next(rows, None)
        except csv.Error as error:
            # The reader cannot find its place again.
            reason = f"not CSV ({error}), perhaps for a quote that is never closed; nothing below it was read"
            yield SourceRecord(where, problem=reason)
            return
        if row is None:
            break
        if header or not any(map(str.strip, row)):
            header = header and not row
        elif len(row) > len(names):
            yield SourceRecord(
                where, problem=f"{len(row)} cells, and the header has {len(names)}: quote cells with {delimiter!r}"
            )
        else:
            yield SourceRecord(where, dict(zip(names, row, strict=False)))
    if start - last > 1 and content.text.count('"') % 2:
        yield SourceRecord(f"line {last + 1}", problem="a quote is never closed: all lines below were read as one cell")


@contextmanager
def _cells_up_to(characters: int) -> Iterator[None]:
    """A block in which the csv module takes cells of so many characters; the limit is one for the whole process."""
    with _FIELD_LIMIT:
        before = csv.field_size_limit(characters)
        try:
            yield
        finally:
            csv.field_size_limit(before)
