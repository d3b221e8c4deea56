"""Every setting in one model, read only by the entry points.

In rising order: the defaults here, a TOML file (`--config` or `$DATELINE_CONFIG`), environment variables named
`DATELINE_` and the setting (`DATELINE_K=20`), and what a command's own options say.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from index.errors import ConfigError


class Settings(BaseSettings):
    """What can be chosen. Use `Settings.load`, which turns every mistake into a ConfigError."""

    model_config = SettingsConfigDict(env_prefix="DATELINE_", extra="forbid")

    index: Path = Field(default=Path("data/index"), description="folder of the index")
    embedder: str = Field(default="onnx", description="onnx, sentence-transformers or hashing")
    model: str = Field(default="", description="model folder or name; empty: the packaged all-MiniLM-L6-v2")
    engine: str = Field(default="local", description="where the index lives")
    fusion: str = Field(default="convex", description="convex or rrf")
    reader: str = Field(default="trained", description="trained, extractive-qa, cross-encoder or similarity")
    reader_model: str = Field(default="", description="the reader's model, by name or path; empty: the packaged one")
    answerer: str = Field(default="extractive", description="how sentences are made")
    k: int = Field(default=12, ge=1, le=1000, description="passages to retrieve and read")
    threshold: float | None = Field(
        default=None, ge=0, le=1, description="least confidence for an answer; default: the fitted one"
    )

    # Left out of what a report says of its settings, like what follows: it changes no answer that a report measures.
    allowed_hosts: tuple[str, ...] = Field(
        default=(), exclude=True, description="names, without port, under which a proxy serves the page"
    )
    allowed_origins: tuple[str, ...] = Field(
        default=(), exclude=True, description="origins of pages that may post, where a proxy rewrites the Host header"
    )
    trusted_proxies: tuple[str, ...] = Field(
        default=(), exclude=True, description="addresses or networks whose X-Forwarded-For is believed"
    )
    feedback: Path | None = Field(
        default=None, exclude=True, description="file of readers' feedback; default: feedback.jsonl in the index folder"
    )

    answers_at_once: int = Field(
        default=0, ge=0, le=1024, exclude=True, description="answers that `serve` computes at once; 0: one a processor"
    )
    answers_waiting: int = Field(
        default=64, ge=0, le=100_000, exclude=True,
        description="questions that may wait for one of these; to the next the server says that it is busy",
    )  # fmt: skip
    passages_when_busy: int = Field(
        default=6, ge=1, le=1000, exclude=True,
        description="passages that are read for an answer while more than half of the waiting places are taken",
    )  # fmt: skip

    most_connections: int = Field(
        default=400, ge=1, le=100_000, exclude=True, description="connections that `serve` holds at once"
    )
    seconds_to_send: float = Field(
        default=20, gt=0, le=3600, exclude=True, description="how long a request may take to arrive"
    )

    @property
    def feedback_file(self) -> Path:
        """Where readers' feedback is kept."""
        return self.feedback or self.index / "feedback.jsonl"

    @classmethod
    def load(cls, config: Path | None = None, **chosen: Any) -> Settings:
        """Settings from file, environment and the given choices; a choice of None counts as not made.

        Raises ConfigError for a file that is missing or broken, and for a value that is not allowed.
        """
        file = config or (Path(os.environ["DATELINE_CONFIG"]) if "DATELINE_CONFIG" in os.environ else None)
        if file is not None and not file.is_file():
            raise ConfigError(f"no settings file at {file}: give the path of a TOML file, or leave it out")

        class FromFile(cls):  # type: ignore[valid-type, misc]
            @classmethod
            def settings_customise_sources(
                cls, settings_cls: type[BaseSettings], **sources: PydanticBaseSettingsSource
            ) -> tuple[PydanticBaseSettingsSource, ...]:
                below = [TomlConfigSettingsSource(settings_cls, file)] if file else []
                return (sources["init_settings"], sources["env_settings"], *below)

        try:
            made = {name: value for name, value in chosen.items() if value is not None}
            settings: Settings = FromFile(**made)
            return settings
        except ValidationError as error:
            details = (f"{_name(detail)} is {detail['input']!r}: {detail['msg']}" for detail in error.errors())
            raise ConfigError(f"wrong setting: {'; '.join(details)}") from error
        except ValueError as error:
            raise ConfigError(f"cannot read the settings file {file}: {error}") from error


def _name(detail: ErrorDetails) -> str:
    return ".".join(map(str, detail["loc"]))
