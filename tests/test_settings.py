"""`dateline settings`: every setting is described where it is defined, and shown with where its value comes from."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from rag.config import Settings
from ui.cli import app


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of whoever runs the tests."""
    for name in ("CONFIG", *(field.upper() for field in Settings.model_fields)):
        monkeypatch.delenv(f"DATELINE_{name}", raising=False)


def listed(*arguments: str) -> dict[str, dict[str, Any]]:
    result = CliRunner().invoke(app, ["settings", "--json", *arguments])
    assert result.exit_code == 0, result.output
    return {setting["name"]: setting for setting in json.loads(result.stdout)}


def test_every_setting_is_described_where_it_is_defined() -> None:
    found = listed()
    assert list(found) == list(Settings.model_fields)
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert len(field.description) > 15, name
        assert found[name]["description"] == field.description
        assert found[name]["variable"] == f"DATELINE_{name.upper()}"
        assert (found[name]["value"], found[name]["origin"]) == (found[name]["default"], "default")


def test_a_value_says_where_it_comes_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "dateline.toml"
    file.write_text('k = 20\nfusion = "rrf"\nallowed_hosts = ["news.example"]\n', "utf-8")
    monkeypatch.setenv("DATELINE_K", "30")
    monkeypatch.setenv("DATELINE_THRESHOLD", "0.5")
    found = {name: (one["value"], one["origin"]) for name, one in listed("--config", str(file)).items()}
    assert found["k"] == (30, "environment")
    assert found["threshold"] == (0.5, "environment")
    assert found["fusion"] == ("rrf", "file")
    assert found["allowed_hosts"] == (["news.example"], "file")
    assert found["reader"] == ("trained", "default")
    assert listed()["fusion"]["origin"] == "default"
    monkeypatch.setenv("DATELINE_CONFIG", str(file))
    assert listed()["fusion"]["origin"] == "file"


def test_every_variable_sets_what_it_is_listed_with(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, setting in listed().items():
        value = setting["default"]
        text = value if isinstance(value, str) else "0.25" if value is None else json.dumps(value)
        monkeypatch.setenv(setting["variable"], text)
        assert listed()[name]["origin"] == "environment", name
        monkeypatch.delenv(setting["variable"])


def test_the_text_is_a_settings_file_but_for_its_remarks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATELINE_ALLOWED_HOSTS", '["a.example", "b.example"]')
    text = CliRunner().invoke(app, ["settings"]).stdout
    lines = [line.partition("  (")[0] for line in text.splitlines() if line[:1].strip() and "= unset" not in line]
    read = tomllib.loads("\n".join(lines))
    assert read == {name: one["value"] for name, one in listed().items() if one["value"] is not None}
    monkeypatch.delenv("DATELINE_ALLOWED_HOSTS")
    (tmp_path / "same.toml").write_text("\n".join(lines), "utf-8")
    again = listed("--config", str(tmp_path / "same.toml"))
    assert {name for name, one in again.items() if one["origin"] == "file"} == set(read)
    assert again["allowed_hosts"]["value"] == ["a.example", "b.example"]


def test_types_and_limits_are_said() -> None:
    types = {name: setting["type"] for name, setting in listed().items()}
    assert types["k"] == "integer from 1 to 1000"
    assert types["index"] == "path"
    assert types["threshold"] == "number from 0 to 1 or unset"
    assert types["seconds_to_send"] == "number above 0, at most 3600"
    assert types["allowed_hosts"] == "list of texts"


def test_a_wrong_setting_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "wrong.toml").write_text("k = 0", "utf-8")
    result = CliRunner().invoke(app, ["settings", "--config", str(tmp_path / "wrong.toml")])
    assert result.exit_code == 2
    assert "k is 0" in result.output
