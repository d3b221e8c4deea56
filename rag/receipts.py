"""Receipts of answers: whoever judges an answer shows that it was given, in these words and with these citations.

A receipt is the id of the verdict to come and a keyed hash over it and the answer. It says nothing about the reader. A
verdict is changed by showing the same receipt again, so that nobody can change one by knowing its id.
"""

from __future__ import annotations

import hmac
import json
import os
import re
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from index.errors import FeedbackError
from rag.answer import Answer
from rag.feedback import Feedback, new_id
from rag.question.question import Turn

PATTERN = "^[0-9a-f]{32}[.][0-9a-f]{32}$"
_KEY_BYTES = 32


@dataclass(frozen=True)
class Receipts:
    """Gives and checks receipts with a key of 32 bytes."""

    key: bytes = field(repr=False)

    @classmethod
    def beside(cls, file: Path) -> Receipts:
        """With the key that lies beside a file of feedback, named like it with `.key` added, which is made if need be.

        Only the owner may read it. Where it can neither be read nor made the key lasts as long as this process.
        """
        path = file.with_name(f"{file.name}.key")
        key = secrets.token_bytes(_KEY_BYTES)
        with suppress(OSError):
            with suppress(FileExistsError):
                made = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
                made.touch(0o600, exist_ok=False)
                try:
                    made.write_bytes(key)
                    # Of two servers that start at once one has made the key, whole, and both use it.
                    os.link(made, path)
                finally:
                    made.unlink()
            found = path.read_bytes()
            key = found if len(found) == _KEY_BYTES else key
        return cls(key)

    def give(self, answer: Answer, history: Sequence[Turn]) -> str:
        """A new receipt for an answer in its conversation."""
        cited = [(s.document.id, s.start, s.end, s.quote, s.document.sha256) for s in answer.sources]
        given = [
            answer.question, answer.standalone_question, answer.answered, answer.text, answer.short_answer,
            round(answer.confidence, 4), _turns(history), cited,
        ]  # fmt: skip
        id = new_id()
        return f"{id}.{self._hash(id, given)}"

    def id_of(self, receipt: str, judged: Feedback) -> str:
        """The id of the verdict. Raises FeedbackError where the receipt was not given for what the record judges."""
        cited = [(place.document, place.start, place.end, place.quote, place.sha256) for place in judged.citations]
        given = [
            judged.question, judged.standalone_question, judged.answered, judged.answer, judged.short_answer,
            judged.confidence, _turns(judged.history), cited,
        ]  # fmt: skip
        id, _, hashed = receipt.partition(".")
        if not re.match(PATTERN, receipt) or not hmac.compare_digest(hashed, self._hash(id, given)):
            raise FeedbackError(
                "the receipt is not of this answer: send question, history, answer and sources as they were given, "
                "with the receipt that came with them"
            )
        return id

    def _hash(self, id: str, given: Sequence[Any]) -> str:
        return hmac.digest(self.key, json.dumps([id, *given]).encode("ascii"), "sha256").hex()[:32]


def _turns(history: Sequence[Turn]) -> list[tuple[str, str, str]]:
    return [(turn.question, turn.answer, turn.short_answer) for turn in history]
