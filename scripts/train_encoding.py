"""Trains the byte-level BPE that counts tokens and writes it as a tiktoken file.

    python scripts/train_encoding.py FILES… -o index/data/dateline-32k.tiktoken --merges 32000

FILES are plain text or JSON Lines, gzipped or not; of JSON, every string in the named fields counts (`--fields`). Equal
files give an equal encoding, byte for byte. The result is checked before it is written: tiktoken must cut a sample of
the texts as the trainer does, and give every text back.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import hashlib
import json
import logging
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tokenizers import Regex, Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel, Sequence as Steps, Split
from tokenizers.trainers import BpeTrainer

from index.errors import ModelError
from index.tokens import PATTERN, read_encoding

log = logging.getLogger("train_encoding")

FIELDS = ("text", "title", "context", "qas", "question", "premise", "hypothesis")
CHECKED_TEXTS = 2000


def texts_of(path: Path, fields: Sequence[str]) -> Iterator[str]:
    """The texts of a file: its lines, or the strings in the named fields of its JSON objects."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        if ".jsonl" not in path.suffixes:
            yield from lines
            return
        for line in lines:
            record = json.loads(line)
            yield from _strings({name: record[name] for name in fields if name in record}, fields)


def _strings(value: Any, fields: Sequence[str]) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for element in value:
            yield from _strings(element, fields)
    elif isinstance(value, dict):
        for name in fields:
            yield from _strings(value.get(name), fields)


def train(texts: Iterable[str], merges: int) -> Tokenizer:
    """A byte-level BPE of at most `merges` merges over the pieces that PATTERN allows."""
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = Steps(
        [Split(Regex(PATTERN), behavior="isolated"), ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    trainer = BpeTrainer(
        vocab_size=256 + merges, min_frequency=2, initial_alphabet=sorted(ByteLevel.alphabet()), show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def byte_of_character() -> dict[str, int]:
    """The byte that each of the 256 printable stand-ins of byte-level BPE means (the bijection of GPT-2)."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + place): byte for place, byte in enumerate(others)}


def ranks_of(tokenizer: Tokenizer) -> dict[bytes, int]:
    """Token → rank: the bytes first, in their order, then the merges as they were learned."""
    byte_of = byte_of_character()
    ranks = {bytes([byte]): byte for byte in range(256)}
    for pair in json.loads(tokenizer.to_str())["model"]["merges"]:
        token = bytes(byte_of[character] for part in pair for character in part)
        ranks.setdefault(token, len(ranks))
    return ranks


def encoded(ranks: dict[bytes, int]) -> bytes:
    """The tiktoken file: base64 and rank, a token a line."""
    return b"".join(base64.b64encode(token) + b" %d\n" % rank for token, rank in ranks.items())


def check(tokenizer: Tokenizer, path: Path, texts: Sequence[str]) -> None:
    """Raises ModelError unless tiktoken, reading `path`, cuts every text as the trainer's own tokenizer does."""
    encoding = read_encoding(path)
    byte_of = byte_of_character()
    for text in texts:
        pieces = [bytes(byte_of[character] for character in token) for token in tokenizer.encode(text).tokens]
        tokens = encoding.encode_ordinary(text)
        if encoding.decode(tokens) != text:
            raise ModelError(f"the encoding does not give back {text[:80]!r}")
        if encoding.decode_tokens_bytes(tokens) != pieces:
            raise ModelError(f"tiktoken and the trainer cut {text[:80]!r} differently")


def main() -> None:
    """Train, check, write, and say what was written."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("-o", "--output", required=True, type=Path)
    parser.add_argument("--merges", type=int, default=32000)
    parser.add_argument("--fields", nargs="+", default=FIELDS, help="fields of JSON Lines that hold text")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    texts = [text for path in arguments.files for text in texts_of(path, arguments.fields)]
    log.info("training on %d texts, %d characters", len(texts), sum(map(len, texts)))
    tokenizer = train(texts, arguments.merges)
    content = encoded(ranks_of(tokenizer))
    with tempfile.TemporaryDirectory(dir=arguments.output.parent) as folder:
        fresh = Path(folder) / arguments.output.name
        fresh.write_bytes(content)
        check(tokenizer, fresh, texts[:: max(1, len(texts) // CHECKED_TEXTS)])
        fresh.replace(arguments.output)
    log.info("%s: %d tokens, SHA-256 %s", arguments.output, content.count(b"\n"), hashlib.sha256(content).hexdigest())


if __name__ == "__main__":
    main()
