"""Counts tokens with the byte-level BPE that ships with the package; the only home of tiktoken.

`data/dateline-32k.tiktoken` holds 256 bytes and 32,000 merges, one token a line: base64, rank. It was made by
`scripts/train_encoding.py` from open question-answering and fact-checking collections (SQuAD, SquadShifts, QAMR,
FairytaleQA, FEVER, MultiNLI, SNLI and others). A merge says that two pieces stood side by side often; no text is kept.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

import tiktoken

from index.errors import ModelError

ENCODING_FILE = Path(__file__).parent / "data" / "dateline-32k.tiktoken"
ENCODING_SHA256 = "d2a049deee0b145a89fd09542b541d249f4939d12d3f3eab25d0bc537cee7ab4"

PATTERN = r" ?[\p{L}\p{M}]{1,40}| ?\p{N}{1,3}| ?[^\s\p{L}\p{M}\p{N}]{1,16}|\s{1,16}(?!\S)|\s"
"""No merge crosses these pieces: words, up to three digits, punctuation, white space. All are bounded, so that a text
without spaces costs no more than any other. Training and counting both use it."""


def count_tokens(text: str) -> int:
    """Number of tokens of a text. No text is special, not even "<|endoftext|>".

    Raises ModelError where the encoding file is missing or altered.
    """
    return len(_shipped().encode_ordinary(text))


def read_encoding(path: Path, sha256: str = "") -> tiktoken.Encoding:
    """An encoding file as tiktoken takes it; with `sha256`, only the file with that digest. Raises ModelError."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"cannot read the token encoding {path}: {error.strerror}; reinstall dateline") from error
    if sha256 and (found := hashlib.sha256(content).hexdigest()) != sha256:
        raise ModelError(
            f"the token encoding {path} is altered: its SHA-256 is {found}, not {sha256}; reinstall dateline"
        )
    try:
        pairs = [line.split() for line in content.splitlines()]
        ranks = {base64.b64decode(token, validate=True): int(rank) for token, rank in pairs}
    except ValueError as error:
        raise ModelError(f"{path} is no token encoding: {error}; make it with scripts/train_encoding.py") from error
    return tiktoken.Encoding(path.stem, pat_str=PATTERN, mergeable_ranks=ranks, special_tokens={})


@cache
def _shipped() -> tiktoken.Encoding:
    return read_encoding(ENCODING_FILE, ENCODING_SHA256)
