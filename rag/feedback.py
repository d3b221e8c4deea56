"""What readers say about answers: one record for each verdict, kept in a file to which lines are only ever added.

A record holds the question with its conversation, the answer that was given with the places it cites, and the verdict.
It holds nothing about the reader: no name, no address, no cookie and no identifier of a browser or a session. The `id`
names the verdict, is made at random, and is shared by nothing but later versions of the same verdict.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from index.atomic_files import exclusive
from index.errors import FeedbackError, FeedbackStoreError
from rag.question.question import MAX_CHARACTERS, Turn

Verdict = Literal["right", "wrong"]

Reason = Literal["wrong_answer", "not_in_source", "outdated", "should_have_answered", "should_have_refused", "other"]
"""Why an answer is wrong. The last but one is said of answers, the one before it of refusals."""

MAX_CORRECTION = 2_000
"""The most characters of a correction."""

MAX_RECORD_BYTES = 64 * 1024
"""The longest line that is written."""

MAX_FILE_BYTES = 64 * 1024 * 1024
"""The size beyond which nothing is added to the file."""

_LOCK_WAIT_SECONDS = 5.0
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Citation:
    """Characters `[start, end)` of the document with this id; `sha256` is that of the document's whole text."""

    document: str
    start: int
    end: int
    quote: str
    sha256: str


@dataclass(frozen=True)
class Feedback:
    """A verdict on an answer or a refusal.

    `time` is in UTC, `history` holds the earlier turns, oldest first, and `confidence` is in [0, 1]. `reason` and
    `correction` may be missing; only a verdict of "wrong" has them. Records with the same `id` are versions of one
    verdict, of which the last one counts. `index_generation` is that of the index when the verdict came.

    Raises FeedbackError where a field is out of range or contradicts another.
    """

    id: str
    time: datetime
    question: str
    standalone_question: str
    answered: bool
    answer: str
    verdict: Verdict
    index_generation: int
    confidence: float
    short_answer: str | None = None
    history: tuple[Turn, ...] = ()
    citations: tuple[Citation, ...] = ()
    reason: Reason | None = None
    correction: str = ""

    def __post_init__(self) -> None:
        for problem in self._problems():
            raise FeedbackError(problem)

    def _problems(self) -> Iterator[str]:
        if not _ID.fullmatch(self.id):
            yield f"id is {self.id[:80]!r}: give 1 to 64 letters, digits, '-' and '_', or leave it out"
        if self.time.utcoffset() is None:
            yield f"time is {self.time.isoformat()!r} without a time zone: give it in UTC"
        for name, text in (("question", self.question), ("standalone_question", self.standalone_question)):
            if not text.strip():
                yield f"{name} is empty: give the question that was asked"
        if len(self.question) > MAX_CHARACTERS:
            yield f"question has {len(self.question):,} characters; the limit is {MAX_CHARACTERS:,}"
        if not 0 <= self.confidence <= 1:
            yield f"confidence is {self.confidence}: give a number from 0 to 1"
        for place in self.citations:
            if not 0 <= place.start < place.end:
                yield f"a citation has start {place.start} and end {place.end}: the end must lie behind the start"
        yield from self._contradictions()

    def _contradictions(self) -> Iterator[str]:
        if len(self.correction) > MAX_CORRECTION:
            yield f"correction has {len(self.correction):,} characters; the limit is {MAX_CORRECTION:,}: shorten it"
        if self.verdict == "right" and (self.reason or self.correction):
            yield "the verdict is 'right', and a reason or a correction is given: leave both out, or say 'wrong'"
        if self.reason == "should_have_refused" and not self.answered:
            yield "the reason is 'should_have_refused', and the question was refused: choose another reason"
        if self.reason == "should_have_answered" and self.answered:
            yield "the reason is 'should_have_answered', and the question was answered: choose another reason"

    @classmethod
    def from_line(cls, line: bytes) -> Feedback:
        """A record from a line of the file. Raises FeedbackError where it is none."""
        try:
            return _LINES.validate_json(line, strict=True)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise FeedbackError(f"{where}: {first['msg']}" if where else first["msg"]) from error

    def to_line(self) -> bytes:
        """The record as one line of JSON. Raises FeedbackError beyond MAX_RECORD_BYTES, or for half a character."""
        try:
            line = _LINES.dump_json(self) + b"\n"
        except ValueError as error:
            raise FeedbackError(f"the feedback holds text that cannot be written: {error}") from error
        if len(line) > MAX_RECORD_BYTES:
            raise FeedbackError(
                f"the feedback has {len(line):,} bytes with the answer and its conversation; the limit is "
                f"{MAX_RECORD_BYTES:,}: start a new conversation and ask again"
            )
        return line


_LINES = TypeAdapter(Feedback)


def new_id() -> str:
    """A random name for a verdict: 32 hexadecimal digits."""
    return secrets.token_hex(16)


def now() -> datetime:
    """The present second in UTC."""
    return datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True)
class Kept:
    """What a file holds: the records in the order in which they came, and where and why a line is none."""

    records: tuple[Feedback, ...]
    damaged: tuple[str, ...] = ()

    @property
    def current(self) -> tuple[Feedback, ...]:
        """The last version of each verdict, in the order in which these came."""
        last = {record.id: number for number, record in enumerate(self.records)}
        return tuple(self.records[number] for number in sorted(last.values()))


@dataclass(frozen=True)
class FeedbackFile:
    """A file of records, a line of JSON each. Appending is safe from many threads and processes at once.

    Beside it lies a lock file, named like it with `.lock` added.
    """

    path: Path

    def append(self, feedback: Feedback) -> None:
        """Add a record: it is on the disk when this returns, whole, or not in the file at all.

        Raises FeedbackStoreError where the file cannot be written, IndexLocked where another writer does not finish.
        """
        line = feedback.to_line()
        try:
            with exclusive(self.path.with_name(f"{self.path.name}.lock"), wait=_LOCK_WAIT_SECONDS):
                _append(self.path, line)
        except OSError as error:
            raise FeedbackStoreError(
                f"the feedback was not kept: cannot write {self.path}: {error.strerror or error}; "
                "make room or choose another file with the setting 'feedback'"
            ) from error

    def read(self) -> Kept:
        """All records; a line that is none is reported and costs no other. Raises FeedbackStoreError."""
        records: list[Feedback] = []
        damaged: list[str] = []
        try:
            with self.path.open("rb") as file:
                for number, line in enumerate(file, start=1):
                    if not line.strip():
                        continue
                    try:
                        records.append(Feedback.from_line(line))
                    except FeedbackError as error:
                        damaged.append(f"{self.path}:{number}: {error}")
        except OSError as error:
            raise FeedbackStoreError(f"cannot read feedback from {self.path}: {error.strerror or error}") from error
        return Kept(tuple(records), tuple(damaged))


def _append(path: Path, line: bytes) -> None:
    """One write, flushed to the disk; what a failure has left is taken back. Raises OSError."""
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        size = os.fstat(file).st_size
        if size + len(line) >= MAX_FILE_BYTES:
            raise OSError(
                f"it has {size:,} bytes, and the limit is {MAX_FILE_BYTES:,}; move it away once `dateline eval "
                "from-feedback` has made test cases of it"
            )
        # A line that a crash has cut short must not swallow the next one.
        torn = size > 0 and os.pread(file, 1, size - 1) != b"\n"
        whole = b"\n" + line if torn else line
        try:
            if os.write(file, whole) < len(whole):
                raise OSError(f"only a part of {len(whole):,} bytes could be written")
            os.fsync(file)
        except OSError:
            os.ftruncate(file, size)
            raise
    finally:
        os.close(file)
    if not size:
        _flush_folder(path.parent)


def _flush_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
