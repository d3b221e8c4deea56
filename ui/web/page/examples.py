"""Example questions of an archive, kept beside its index until the archive or the settings change."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.generation.examples import Example, Examples
from index.atomic_files import write_atomically
from index.errors import IndexUnwritable

if TYPE_CHECKING:
    from rag.config import Settings

EXAMPLES_FILE = "examples.json"
"""A file in the index folder; whoever deletes it loses nothing but time."""

_logger = logging.getLogger(__name__)


def example_questions(
    settings: Settings, generation: int, wanted: int, look: Callable[[], Examples], *, seed: int = 0
) -> Examples:
    """What `look` finds, or found earlier for this generation, seed and settings; kept unless time ran out.

    `look` is only called where nothing is kept, or fewer than `wanted` were looked for.
    """
    file = settings.index / EXAMPLES_FILE
    state = {
        "dateline": version("dateline"),
        "generation": generation,
        "seed": seed,
        "settings": settings.model_dump(mode="json", exclude={"index"}),
    }
    kept = _read(file)
    if kept.get("state") == state and kept["wanted"] >= wanted:
        return Examples(tuple(Example(**example) for example in kept["found"][:wanted]), kept["asked"])
    made = look()
    if not made.out_of_time:
        found = [asdict(example) for example in made.found]
        kept = {"state": state, "wanted": wanted, "asked": made.asked, "found": found}
        try:
            write_atomically(file, json.dumps(kept, ensure_ascii=False, indent=1).encode())
        except IndexUnwritable as error:
            _logger.warning("%s; the questions are looked for anew each time", error.what)
    return made


def _read(file: Path) -> dict[str, Any]:
    """What is kept, or nothing where that cannot be read."""
    try:
        kept = json.loads(file.read_text("utf-8"))
        numbers = [kept["wanted"], kept["asked"]]
        texts = [text for example in kept["found"] for text in asdict(Example(**example)).values()]
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}
    whole = all(isinstance(number, int) for number in numbers) and all(isinstance(text, str) for text in texts)
    return kept if whole else {}
