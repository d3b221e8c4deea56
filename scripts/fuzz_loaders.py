"""Look for bytes that make a loader fail: `python scripts/fuzz_loaders.py [--seconds 60] [--seed 0] [LOADER …]`.

Files of every format are changed at random (bytes, stretches, numbers, pieces of other files) and read in this process,
without the net that the index has. What comes out must be documents or an InputError; the first bytes that give
anything else are written to a file, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

from files import story, suffix_of  # noqa: E402

from eval.sample import DOSSIER  # noqa: E402
from index.errors import InputError  # noqa: E402
from index.loaders import LOADERS, Content, Limits  # noqa: E402
from index.plugins import resolve  # noqa: E402

LIMITS = Limits(max_characters=200_000, max_records=2_000, max_pages=20, max_operations=20_000, max_elements=5_000)
"""Small, so that many files are tried in little time."""

MOST_BYTES = 20_000
SLOW_SECONDS = 10.0
PACKED_SHARE = 0.9
TOKENS = (
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\r", b'"', b"'", b"<", b"</", b"<!--", b"<![CDATA[",
    b"&#0;", b"&#xD800;", b"{", b"[", b"]}", b"\\ud800", b"1e999", b"-1", b"0", b"4294967296", b"%PDF-", b"PK\x03\x04",
    b"endobj", b"stream\n", b"/Kids [", b"---\n", b"```", b"> ", b"|", b",,,", b"\t", b"\xe2\x80\xae",
    b"\xf0\x9f\x98\x80", b"charset=utf-7",
)  # fmt: skip

Change = Callable[[random.Random, bytearray, Sequence[bytes]], None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz the named loaders, or all; gives the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("loaders", nargs="*", choices=[[], *LOADERS], metavar="LOADER", help="names; default: all")
    parser.add_argument("--seconds", type=float, default=60.0, help="for each loader")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args(arguments)
    for name in chosen.loaders or LOADERS:
        tried, read, failed = fuzz(name, chosen.seconds, chosen.seed)
        if failed is not None:
            data, error = failed
            found = Path(f"fuzz-{name}{suffix_of(name)}")
            found.write_bytes(data)
            print(f"{name}: {type(error).__name__}: {error}: the bytes are in {found}")
            return 1
        print(f"{name}: {tried:,} files, {read:,} of them read, the rest refused")
    return 0


def fuzz(
    name: str, seconds: float, seed: int, most: int | None = None
) -> tuple[int, int, tuple[bytes, Exception] | None]:
    """How many files a loader was given, how many it read, and the first that it failed on with the error."""
    loader = resolve(LOADERS, name, what="loader")()
    tried = read = 0
    end = time.monotonic() + seconds
    for data in changed(name, seed):
        if time.monotonic() > end or tried == most:
            break
        tried += 1
        started = time.process_time()
        try:
            content = Content(f"a{suffix_of(name)}", data, LIMITS)
            loader.recognises(content)
            for document in loader.load(content).documents:
                f"{document.text}{document.title}{document.url}{document.outlet}{document.key}".encode()
            read += 1
        except InputError:
            pass
        except Exception as error:  # noqa: BLE001
            return tried, read, (data, error)
        if (spent := time.process_time() - started) > SLOW_SECONDS:
            return tried, read, (data, TimeoutError(f"took {spent:.0f} s"))
    return tried, read, None


def changed(name: str, seed: int) -> Iterator[bytes]:
    """Example files of a format with changes, the same ones for the same seed, without end."""
    chance = random.Random(f"{name} {seed}")  # noqa: S311
    stories = {other: story(other) for other in LOADERS}
    stories |= {other: packed(members) for other, data in stories.items() if (members := unpacked(data))}
    others = list(stories.values())
    samples = [stories[name], *(path.read_bytes()[:MOST_BYTES] for path in sorted(DOSSIER.glob(f"*{suffix_of(name)}")))]
    while True:
        sample = chance.choice(samples)
        # Hardly any change to a packed file gets beyond its checksums, so most are made to what it holds.
        if unpacked(sample) and chance.random() < PACKED_SHARE:
            yield repacked(chance, sample, others)
        else:
            yield damaged(chance, sample, others)


def damaged(chance: random.Random, sample: bytes, others: Sequence[bytes]) -> bytes:
    """The bytes with some changes."""
    data = bytearray(sample)
    for _ in range(chance.choice((1, 1, 2, 4, 8, 30))):
        chance.choice(CHANGES)(chance, data, others)
    return bytes(data[: 2 * MOST_BYTES])


def repacked(chance: random.Random, sample: bytes, others: Sequence[bytes]) -> bytes:
    """The archive with one of its members changed."""
    members = unpacked(sample)
    chosen = chance.choice(sorted(members))
    return packed(members | {chosen: damaged(chance, members[chosen], others)})


def unpacked(archive: bytes) -> dict[str, bytes]:
    """The members of an archive; none where it is no archive."""
    if not zipfile.is_zipfile(io.BytesIO(archive)):
        return {}
    with zipfile.ZipFile(io.BytesIO(archive)) as file:
        return {name: file.read(name) for name in file.namelist()}


def packed(members: Mapping[str, bytes]) -> bytes:
    """An archive that says nothing of the time of day, so that a seed gives the same bytes."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(zipfile.ZipInfo(name), data)
    return written.getvalue()


def flip(chance: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    """One byte becomes another."""
    if data:
        data[chance.randrange(len(data))] = chance.randrange(256)


def put(chance: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    """Something that means something to a parser, once or many times."""
    place = chance.randint(0, len(data))
    data[place:place] = chance.choice(TOKENS) * chance.choice((1, 1, 2, 300))


def cut(chance: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    """A stretch goes."""
    start, end = stretch(chance, data)
    del data[start:end]


def repeat(chance: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    """A stretch comes again, elsewhere."""
    start, end = stretch(chance, data)
    place = chance.randint(0, len(data))
    data[place:place] = data[start:end] * chance.choice((1, 2, 20))


def splice(chance: random.Random, data: bytearray, others: Sequence[bytes]) -> None:
    """A stretch of a file of any format takes the place of one of this."""
    other = chance.choice(others)
    start, end = stretch(chance, data)
    first, last = stretch(chance, other)
    data[start:end] = other[first:last]


def count(chance: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    """A number becomes another, of any size."""
    digits = [place for place, byte in enumerate(data) if 48 <= byte <= 57]
    if digits:
        place = chance.choice(digits)
        data[place : place + 1] = str(chance.choice((0, 1, -1, 9, 255, 65536, 2**31, 2**64))).encode()


def stretch(chance: random.Random, data: bytes | bytearray) -> tuple[int, int]:
    """Two places in order, most often near each other."""
    start = chance.randint(0, len(data))
    return start, min(len(data), start + chance.choice((1, 4, 16, 100, 2_000)))


CHANGES: tuple[Change, ...] = (flip, put, cut, repeat, splice, count)


if __name__ == "__main__":
    raise SystemExit(main())
