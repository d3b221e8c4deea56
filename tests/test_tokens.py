"""The shipped token encoding, and the script that made it."""

from __future__ import annotations

import base64
import gzip
import importlib.util
import json
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, strategies as st

from index.errors import ModelError
from index.tokens import ENCODING_FILE, ENCODING_SHA256, count_tokens, read_encoding

SCRIPT = Path(__file__).parent.parent / "scripts" / "train_encoding.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("train_encoding", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_worked_example() -> None:
    # " The", " north" and so on are one token each; the number falls into "202" and "5", the full stop stands alone.
    encoding = read_encoding(ENCODING_FILE, ENCODING_SHA256)
    text = "The north pier closed in 2025."
    tokens = [encoding.decode([token]) for token in encoding.encode_ordinary(text)]
    assert tokens == ["The", " north", " pier", " closed", " in", " 202", "5", "."]
    assert count_tokens(text) == 8


def test_the_file_holds_every_byte_and_about_32000_merges() -> None:
    ranks = [int(line.split()[1]) for line in ENCODING_FILE.read_bytes().splitlines()]
    assert ranks == list(range(32_256))
    first = [base64.b64decode(line.split()[0]) for line in ENCODING_FILE.read_bytes().splitlines()[:256]]
    assert first == [bytes([byte]) for byte in range(256)]


def test_no_text_is_special() -> None:
    assert count_tokens("<|endoftext|>") > 3
    assert count_tokens("") == 0


def test_every_text_comes_back() -> None:
    encoding = read_encoding(ENCODING_FILE)

    @given(st.text(max_size=200))
    def comes_back(text: str) -> None:
        tokens = encoding.encode_ordinary(text)
        assert encoding.decode(tokens) == text
        assert len(tokens) == count_tokens(text) <= len(text.encode())

    comes_back()


def test_a_lone_surrogate_is_counted_not_refused() -> None:
    assert count_tokens("a\ud800b") > 2


def test_an_altered_file_is_refused(tmp_path: Path) -> None:
    altered = tmp_path / "altered.tiktoken"
    altered.write_bytes(ENCODING_FILE.read_bytes()[:-2])
    with pytest.raises(ModelError, match=r"altered: its SHA-256 is [0-9a-f]{64}, not d2a0.*reinstall"):
        read_encoding(altered, ENCODING_SHA256)


@pytest.mark.parametrize("content", [b"no base64 at all\n", b"YQ== one\n", b"YQ==\n", b"\xff\xfe 1\n"])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other").write_bytes(content)
    with pytest.raises(ModelError, match=r"is no token encoding.*train_encoding"):
        read_encoding(tmp_path / "other")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot read the token encoding"):
        read_encoding(tmp_path / "none.tiktoken")


@pytest.mark.parametrize("unit", ["x", "中", " ", "!", "1", "\u0301", "word "])
def test_time_is_linear(unit: str) -> None:
    start = time.process_time()
    count_tokens(unit * 1_000_000)
    assert time.process_time() - start < 3


def test_the_script_trains_checks_and_writes(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ["The pier closed on Monday.", "The pier reopened in June, 2025.", "Café — 码头 “closed”."]
    (tmp_path / "plain.txt").write_text("\n".join(lines * 3), "utf-8")
    with gzip.open(tmp_path / "records.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(json.dumps({"context": "The ferry sails.", "qas": [{"question": "When?", "id": "secret"}]}) + "\n")
    outputs = [tmp_path / "one.tiktoken", tmp_path / "two.tiktoken"]
    for output in outputs:
        inputs = [str(tmp_path / "plain.txt"), str(tmp_path / "records.jsonl.gz")]
        monkeypatch.setattr(sys, "argv", ["train_encoding", *inputs, "-o", str(output), "--merges", "60"])
        script.main()
    assert outputs[0].read_bytes() == outputs[1].read_bytes()
    encoding = read_encoding(outputs[0])
    assert 256 < encoding.n_vocab <= 316
    assert len(encoding.encode_ordinary(" pier")) == 1


def test_the_script_reads_only_the_named_fields(script: ModuleType, tmp_path: Path) -> None:
    record = {"id": "secret", "context": "A ferry.", "qas": [{"question": "When?", "answers": [[0, "A"]]}]}
    (tmp_path / "records.jsonl").write_text(json.dumps(record), "utf-8")
    assert list(script.texts_of(tmp_path / "records.jsonl", script.FIELDS)) == ["A ferry.", "When?"]


def test_the_script_refuses_an_encoding_that_cuts_otherwise(script: ModuleType, tmp_path: Path) -> None:
    tokenizer = script.train(["the pier the pier the pier"], 20)
    ranks = script.ranks_of(tokenizer)
    shorter = tmp_path / "shorter.tiktoken"
    shorter.write_bytes(script.encoded({token: rank for token, rank in ranks.items() if len(token) < 3}))
    with pytest.raises(ModelError, match="cut 'the pier' differently"):
        script.check(tokenizer, shorter, ["the pier"])
