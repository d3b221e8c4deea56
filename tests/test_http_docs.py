"""docs/http.md: its examples are run against a server with the sample, and its lists are held against the server's."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeChain, respond
from servers import serving
from typer.testing import CliRunner

from ui.cli import app as command
from ui.web import schema
from ui.web.app import create_app

PAGE = (Path(__file__).parent.parent / "docs" / "http.md").read_text("utf-8")
DOCUMENTED = "http://127.0.0.1:7860"
EXAMPLES = re.findall(r"^```sh\n(curl .*?)^```\n\n```json ?(\d*)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
SECTIONS = dict(re.findall(r"^## `(\w+ /\S*)`\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server as a reader of the page starts it, but for its port."""
    index = tmp_path_factory.mktemp("http") / "index"
    assert CliRunner().invoke(command, ["index", "add", "--sample", "--index", str(index)]).exit_code == 0
    with serving(index, seconds=120, settings={}) as server:
        yield server.address.rstrip("/")


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    found: dict[str, Any] = create_app(FakeChain(respond)).openapi()
    return found


def is_shown(shown: Any, sent: Any) -> bool:
    """Whether a reply has what the page shows of it: of objects and lists a part, of a text up to its "…"."""
    if isinstance(shown, dict):
        return isinstance(sent, dict) and all(name in sent and is_shown(shown[name], sent[name]) for name in shown)
    if isinstance(shown, list):
        return len(shown) <= len(sent) and bool(shown) == bool(sent) and all(map(is_shown, shown, sent))
    if isinstance(shown, str) and "…" in shown:
        return re.fullmatch(".*".join(map(re.escape, shown.split("…"))), sent, re.DOTALL) is not None
    return bool(shown == sent)


@pytest.mark.parametrize(
    ("shown", "sent", "whether"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, True), ({"a": 1}, {"a": 2}, False), ({"a": None}, {}, False),
        ([{"a": 1}], [{"a": 1}, {}], True), ([], [1], False), ("x … z", "x y z", True), ("x …", "y", False),
    ],
)  # fmt: skip
def test_what_counts_as_shown(shown: Any, sent: Any, whether: bool) -> None:
    assert is_shown(shown, sent) == whether


@pytest.mark.skipif(shutil.which("curl") is None, reason="the examples are for curl, which is not here")
@pytest.mark.parametrize(("example", "status", "reply"), EXAMPLES)
def test_every_example_answers_as_shown(address: str, example: str, status: str, reply: str) -> None:
    line = example.replace(DOCUMENTED, address).replace("curl -s", "curl -s -w '\\n%{http_code}'")
    assert address in line
    result = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=60, check=True)
    body, _, code = result.stdout.rpartition("\n")
    assert code == (status or "200")
    assert is_shown(json.loads(reply), json.loads(body)), body[:3000]


def test_the_python_example_runs(address: str) -> None:
    (program,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    program = program.replace(DOCUMENTED, address)
    assert address in program
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("201 ")


def test_every_example_is_run() -> None:
    assert len(EXAMPLES) == PAGE.count("```sh\ncurl") == PAGE.count("```json")
    assert {example.split(DOCUMENTED)[1].split()[0] for example, _, _ in EXAMPLES} >= {"/healthz", "/v1/ask"}


def test_every_route_is_documented(description: dict[str, Any]) -> None:
    own = {
        f"{method} {route.path}"
        for route in create_app(FakeChain(respond)).routes
        for method in getattr(route, "methods", None) or ()
        if method != "HEAD"
    }
    first = PAGE.partition("## Rules")[0]
    listed = set(re.findall(r"`((?:GET|POST) /\S*?)`", first))
    assert own | {"GET /ui/"} == listed
    described = {f"{method.upper()} {path}" for path, methods in description["paths"].items() for method in methods}
    assert described | {"GET /openapi.json"} == set(SECTIONS)


def test_every_error_is_documented_where_it_occurs(description: dict[str, Any]) -> None:
    meanings = set(re.findall(r"^\| (\d{3}) \|", PAGE, re.MULTILINE))
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            (said,) = re.findall(r"^Errors: (.*)\.$", SECTIONS[f"{method.upper()} {path}"], re.MULTILINE)
            sent = {status for status in operation["responses"] if status >= "400"}
            assert set(said.split(", ")) == sent
            assert sent <= meanings


TABLES = re.findall(r"^<!-- (\w+) -->\n((?:\|.*\n)+)", PAGE, re.MULTILINE)


@pytest.mark.parametrize(("model", "table"), TABLES)
def test_every_field_is_documented(model: str, table: str) -> None:
    named = [name for row in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", row.split("|")[1])]
    assert sorted(named) == sorted(getattr(schema, model).model_fields)


def test_every_larger_object_has_a_table() -> None:
    assert {model for model, _ in TABLES} >= {"AskRequest", "AnswerBody", "AnswerSource", "FeedbackRequest"}
    assert len(TABLES) == PAGE.count("<!-- ")
