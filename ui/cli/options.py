"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from index.errors import ConfigError

if TYPE_CHECKING:
    from index.documents import Kind
    from rag.config import Settings

IndexOption = Annotated[Path | None, typer.Option("--index", help="Folder of the index. [default: data/index]")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
FullOption = Annotated[
    bool, typer.Option("--full", help="With --json: every passage and every copy listed, however long that is.")
]
KOption = Annotated[
    int | None, typer.Option("--k", min=1, max=1000, help="Passages to retrieve and read. [default: 12]")
]
MetricOption = Annotated[
    list[str] | None, typer.Option("--metric", help="One more metric, such as nDCG@5 or P@3; may be repeated.")
]
ConfigOption = Annotated[Path | None, typer.Option("--config", help="Settings file in TOML.")]


def settings_from(config: Path | None, **chosen: Any) -> Settings:
    """The settings with what the command's options chose on top."""
    from rag.config import Settings

    return Settings.load(config, **chosen)


def kinds_from(kind: str | None) -> tuple[Kind, ...]:
    """A filter on the kind of document. Raises ConfigError for a kind there is not."""
    known: dict[str | None, tuple[Kind, ...]] = {None: (), "article": ("article",), "headline": ("headline",)}
    if kind in known:
        return known[kind]
    raise ConfigError(f"kind is {kind!r}: choose 'article' or 'headline'")
