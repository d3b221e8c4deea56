"""What archives and e-mails hold: each part read by the loader for its content, a bad one costs only itself."""

from __future__ import annotations

from dataclasses import replace

from index.documents import Document
from index.errors import InputError, MalformedInput
from index.loaders import LOADERS
from index.loaders.base import Content, Loaded
from index.loaders.decoding import as_shown, repaired
from index.loaders.detect import recognise

_MOST_NAMED = 50
"""So many bad parts are named one by one; the rest are counted."""
_LONGEST_NAME = 200


class Members:
    """Collects the documents of a container's parts. They all keep the container's path as their source."""

    def __init__(self, container: Content) -> None:
        """Raises TooLarge where archives and e-mails lie in each other too deep."""
        container.limits.check(
            "max_nesting", container.nesting + 1, container.label, "archives or e-mails around each other"
        )
        self._container = container
        self._documents: list[Document] = []
        self._warnings: list[str] = []
        self._skipped: list[str] = []

    def part(self, name: str, data: bytes, charset: str = "") -> Content:
        """A part as a content of its own; `name` is only for people, and for what its extension says."""
        container = self._container
        return Content(
            f"{container.name}/{shown_name(name)}",
            data,
            container.limits,
            container.collection,
            charset=charset,
            nesting=container.nesting + 1,
            spent=container.spent,
        )

    def read(self, name: str, data: bytes) -> None:
        """Take in what a part holds, or note why it cannot be read."""
        part = self.part(name, data)
        try:
            self.take(recognise(part, LOADERS).load(part))
        except InputError as error:
            self.skip(name, str(error))

    def take(self, loaded: Loaded) -> None:
        """Take in documents that were read from a part."""
        self._documents += (replace(document, source=self._container.name) for document in loaded.documents)
        self._warnings += loaded.warnings

    def skip(self, name: str, reason: str) -> None:
        """Note a part that is not read, and why."""
        self._skipped.append(f"{shown_name(name)} is skipped: {reason}")

    def loaded(self, what: str) -> Loaded:
        """All that was taken in. Raises MalformedInput, with the first reason, where that is nothing."""
        container = self._container
        if not self._documents:
            reason = self._skipped[0] if self._skipped else "it is empty"
            raise MalformedInput(f"{container.label} is {what} in which nothing can be read ({reason})")
        named = self._skipped[:_MOST_NAMED]
        if len(self._skipped) > _MOST_NAMED:
            named.append(f"{len(self._skipped) - _MOST_NAMED:,} more parts were skipped for like reasons")
        return Loaded(tuple(self._documents), (*self._warnings, *container.noted(*named)))


def shown_name(name: str) -> str:
    """A part's name on one line, without control characters and of at most 200 characters."""
    line = " ".join(as_shown(repaired(name)[0]).split())
    return "".join(character for character in line if character.isprintable())[-_LONGEST_NAME:] or "a part"
