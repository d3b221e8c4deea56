"""Every setting in one model, read only by the entry points.

In rising order: the defaults here, a TOML file (`--config` or `$DATELINE_CONFIG`), environment variables named
`DATELINE_` and the setting (`DATELINE_K=20`; a list is JSON there), and what a command's own options say.
`dateline settings` lists them all with the descriptions that stand here.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from pydantic_core import to_jsonable_python
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from index.errors import ConfigError


@dataclass(frozen=True, slots=True)
class SettingReport:
    """A setting: what it does, how it is set, and what it is now.

    `value` and `default` are plain JSON, with None where nothing is set; `origin` is where the value comes from.
    """

    name: str
    variable: str
    type: str
    default: Any
    description: str
    value: Any
    origin: str
    """default, file or environment."""


class Settings(BaseSettings):
    """What can be chosen. Use `Settings.load`, which turns every mistake into a ConfigError."""

    model_config = SettingsConfigDict(env_prefix="DATELINE_", extra="forbid")

    index: Path = Field(default=Path("data/index"), description="folder of the index")
    embedder: str = Field(
        default="onnx", description="what turns texts into vectors: onnx, sentence-transformers or hashing"
    )
    model: str = Field(
        default="", description="the embedder's model, by folder or name; empty: the packaged all-MiniLM-L6-v2"
    )
    engine: str = Field(default="local", description="what stores and searches the index: local, files in its folder")
    fusion: str = Field(
        default="convex", description="how the search by meaning and the search by words become one: convex or rrf"
    )
    reader: str = Field(
        default="trained",
        description="what reads the passages for an answer: trained, extractive-qa, cross-encoder or similarity",
    )
    reader_model: str = Field(default="", description="the reader's model, by name or path; empty: the packaged one")
    answerer: str = Field(
        default="extractive", description="what makes the sentences of an answer: extractive, which quotes them"
    )
    k: int = Field(default=12, ge=1, le=1000, description="passages to retrieve and read for a question")
    threshold: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="least confidence for an answer, else it is refused; unset: the fitted one",
    )

    # Left out of what a report says of its settings, like what follows: it changes no answer that a report measures.
    allowed_hosts: tuple[str, ...] = Field(
        default=(), exclude=True, description="names, without port, under which a proxy serves the page"
    )
    allowed_origins: tuple[str, ...] = Field(
        default=(), exclude=True,
        description="origins of other pages that may post, such as https://news.example, where a proxy puts another "
        "name into the Host header",
    )  # fmt: skip
    trusted_proxies: tuple[str, ...] = Field(
        default=(), exclude=True,
        description="addresses or networks of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed; "
        "nobody else's are",
    )  # fmt: skip
    feedback: Path | None = Field(
        default=None, exclude=True, description="file of readers' feedback; unset: feedback.jsonl in the index folder"
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
        default=400, ge=1, le=100_000, exclude=True,
        description="connections that `serve` holds at once; the next ones are told that the server is busy",
    )  # fmt: skip
    seconds_to_send: float = Field(
        default=20, gt=0, le=3600, exclude=True,
        description="seconds in which a request must arrive whole, from its first byte to its last",
    )  # fmt: skip

    @property
    def feedback_file(self) -> Path:
        """Where readers' feedback is kept."""
        return self.feedback or self.index / "feedback.jsonl"

    @classmethod
    def file(cls, config: Path | None = None) -> Path | None:
        """The settings file: the one given, else the one that `$DATELINE_CONFIG` names."""
        return config or (Path(os.environ["DATELINE_CONFIG"]) if "DATELINE_CONFIG" in os.environ else None)

    @classmethod
    def explain(cls, config: Path | None = None) -> tuple[SettingReport, ...]:
        """Every setting as it is now, without the options of a command. Raises ConfigError as `load` does."""
        settings = cls.load(config)
        file = cls.file(config)
        origins: dict[str, str] = dict.fromkeys(TomlConfigSettingsSource(cls, file)(), "file") if file else {}
        origins |= dict.fromkeys(EnvSettingsSource(cls)(), "environment")
        properties = cls.model_json_schema()["properties"]
        return tuple(
            SettingReport(
                name=name,
                variable=f"DATELINE_{name.upper()}",
                type=_type_name(properties[name]),
                default=properties[name].get("default"),
                description=field.description or "",
                value=to_jsonable_python(getattr(settings, name)),
                origin=origins.get(name, "default"),
            )
            for name, field in cls.model_fields.items()
        )

    @classmethod
    def load(cls, config: Path | None = None, **chosen: Any) -> Settings:
        """Settings from file, environment and the given choices; a choice of None counts as not made.

        Raises ConfigError for a file that is missing or broken, and for a value that is not allowed.
        """
        file = cls.file(config)
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
            details = (
                f"{'.'.join(map(str, detail['loc']))} is {detail['input']!r}: {detail['msg']}"
                for detail in error.errors()
            )
            raise ConfigError(f"wrong setting: {'; '.join(details)}") from error
        except ValueError as error:
            raise ConfigError(f"cannot read the settings file {file}: {error}") from error


def _type_name(schema: dict[str, Any]) -> str:
    """A type as people say it, from its JSON schema.

    >>> _type_name({"type": "integer", "minimum": 1, "maximum": 9}), _type_name({"type": "array"})
    ('integer from 1 to 9', 'list of texts')
    """
    if "anyOf" in schema:
        return " or ".join("unset" if one["type"] == "null" else _type_name(one) for one in schema["anyOf"])
    names = {"array": "list of texts", "string": "path" if schema.get("format") == "path" else "text"}
    name = names.get(schema["type"], f"{schema['type']}")
    if "exclusiveMinimum" in schema:
        return f"{name} above {schema['exclusiveMinimum']:g}, at most {schema['maximum']:g}"
    return f"{name} from {schema['minimum']:g} to {schema['maximum']:g}" if "minimum" in schema else name
