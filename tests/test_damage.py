"""Files cut short, with flipped bits, gone, swapped or replaced: `check` names them, and no answer is ever wrong."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import faults
import pytest
from archives import altered
from faults import EMBEDDER, FULL, SEED, State, made_anew, report, state

from index.documents import Filters
from index.engines.local import CATALOG
from index.errors import IndexCorrupt, IndexStateError
from index.maintenance import backup
from index.maintenance.integrity import check, repair
from index.search import Index

PICKLE = b"\x80\x04\x95\x1f\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R."


class Whole:
    """An index that nothing is wrong with, the generation before it, and what both answer."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.path = faults.make(home)
        # So that the file of vectors holds some, and what is added then is its tail.
        with backup.open_for_maintenance(self.path) as engine:
            backup.compact(engine, self.path)
        self.before = Path(shutil.copytree(self.path, home / "before"))
        with Index.open(self.path, EMBEDDER) as index:
            index.add_documents([report(30), report(31)])
        self.states = self._states(self.path)
        self.states_before = self._states(self.before)

    def _states(self, path: Path) -> list[State]:
        copy = Path(shutil.copytree(path, self.home / "copy"))
        states = [state(copy), made_anew(copy)]
        shutil.rmtree(copy)
        return states

    def files(self, path: Path | None = None) -> list[str]:
        """Names of the files that hold something, relative to the folder."""
        path = path or self.path
        files = [file for file in path.rglob("*") if file.is_file() and file.stat().st_size]
        return sorted(str(file.relative_to(path)) for file in files if not file.name.endswith(".lock"))

    def judge(self, name: str, data: bytes | None, also: list[State]) -> str:
        """What became of the index with other bytes in a file; raises where it answers as no generation does."""
        copy = Path(shutil.copytree(self.path, self.home / "copy"))
        try:
            if data is None:
                (copy / name).unlink()
            else:
                (copy / name).write_bytes(data)
            said = self._named(copy, name)
            try:
                found = state(copy)
            except IndexStateError as error:
                return f"{said}, {'refused' if str(copy) in str(error) else error}"
            assert found in [*self.states, *also], f"{name}: another answer, {said}"
            if not name.startswith(CATALOG):
                assert said == "named"
                assert check(copy) == [], name
            return f"{said}, {'whole' if found in self.states else 'the generation before'}"
        finally:
            shutil.rmtree(copy)

    def _named(self, copy: Path, name: str) -> str:
        try:
            places = {problem.where for problem in check(copy)}
        except IndexStateError as error:
            return "named" if str(copy) in str(error) else str(error)
        return "named" if name.partition("/")[0] in places else "others named" if places else "silent"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    return Whole(tmp_path_factory.mktemp("damage"))


def lengths(data: bytes) -> Iterator[bytes]:
    for tenth in range(10):
        yield data[: len(data) * tenth // 10]


def flipped(data: bytes, name: str, count: int) -> Iterator[bytes]:
    draw = random.Random(f"{SEED} {name.rpartition('.')[2]}")
    for _ in range(count):
        place, bit = draw.randrange(len(data)), draw.randrange(8)
        yield data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]


def sampled(names: list[str]) -> list[str]:
    """The names, or of Tantivy's files only every third one."""
    return names if FULL else [n for place, n in enumerate(names) if "/" not in n or place % 3 == SEED % 3]


@pytest.mark.timeout(3600)
def test_c7_a_file_cut_short_gone_or_replaced_is_named_and_never_believed(whole: Whole) -> None:
    for name in sampled(whole.files()):
        data = (whole.path / name).read_bytes()
        cuts = list(lengths(data))
        for other in [None, PICKLE, *(cuts if FULL else cuts[5:6])]:
            assert whole.judge(name, other, []).startswith("named"), name


@pytest.mark.timeout(3600)
def test_c7_a_flipped_bit_is_named_or_changes_nothing(whole: Whole) -> None:
    for name in sampled(whole.files()):
        data = (whole.path / name).read_bytes()
        some = 200 if FULL else 20 if name == CATALOG else 2
        for other in flipped(data, name, some):
            became = whole.judge(name, other, [])
            # Most bits of a database's free room, and some of its header, mean nothing.
            assert became in ("named, refused", "named, whole", "silent, whole"), name


@pytest.mark.parametrize(
    "query",
    [
        "SELECT text FROM documents WHERE key = 'r31'",
        "SELECT sentences FROM passages WHERE number = (SELECT max(number) FROM passages)",
        "SELECT vector FROM vectors WHERE number = (SELECT max(number) FROM vectors)",  # of the tail
    ],
)
def test_c7_a_flipped_bit_of_what_is_read_is_refused(whole: Whole, query: str) -> None:
    data = (whole.path / CATALOG).read_bytes()
    with closing(sqlite3.connect(whole.path / CATALOG)) as catalog:
        (value,) = catalog.execute(query).fetchone()
    wanted = value.encode() if isinstance(value, str) else value
    place = data.index(wanted) + len(wanted) // 2
    other = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
    assert whole.judge(CATALOG, other, []) == "named, refused"


def test_c7_a_file_of_another_generation_is_named_or_opens_that_generation(whole: Whole) -> None:
    for name in whole.files(whole.before):
        here = name if name in whole.files() else next(n for n in whole.files() if Path(n).suffix == Path(name).suffix)
        data = (whole.before / name).read_bytes()
        if data != (whole.path / here).read_bytes():
            also = whole.states_before if name == CATALOG else []
            became = whole.judge(here, data, also)
            assert became == ("others named, the generation before" if name == CATALOG else "named, whole"), here


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE copy_signatures SET cluster = NULL WHERE cluster IS NOT NULL",
        "DELETE FROM copy_bands",
        "UPDATE derived SET generation = generation - 1",
        "UPDATE sums_of_documents SET sum = sum + 1 WHERE number = 3",
        "DELETE FROM sums_of_passages WHERE number = 4",
    ],
)
def test_c7_tables_that_follow_from_others_are_named_and_made_anew(
    whole: Whole, tmp_path: Path, statement: str
) -> None:
    copy = Path(shutil.copytree(whole.path, tmp_path / "copy"))
    altered(copy, statement)
    problems = check(copy)
    assert CATALOG in {problem.where for problem in problems}
    assert {problem.cure for problem in problems} == {"dateline index repair"}
    assert any(line.startswith("made table ") for line in repair(copy))
    assert check(copy) == []
    assert state(copy) in whole.states


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE files SET size = size + 1", "table files is altered"),
        ("UPDATE documents SET blocks = '[[0, 1, \"title\"]]' WHERE number = 3", "table documents is altered"),
        ("UPDATE documents SET outlet_folded = 'another' WHERE number = 3", "table documents is altered"),
        ("UPDATE vectors SET vector = (SELECT max(vector) FROM vectors)", "table vectors is altered"),
        ("UPDATE meta SET value = value + 1 WHERE key = 'generation'", "meta is altered"),
        ("DROP INDEX documents_by_key", "schema is altered"),
    ],
)
def test_c7_an_altered_row_of_any_table_is_named(whole: Whole, tmp_path: Path, statement: str, words: str) -> None:
    copy = Path(shutil.copytree(whole.path, tmp_path / "copy"))
    altered(copy, statement)
    assert any(words in problem.what for problem in check(copy)), check(copy)


def test_c7_a_filter_that_misses_a_passage_is_refused(whole: Whole, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(whole.path, tmp_path / "copy"))
    altered(
        copy,
        "UPDATE documents SET outlet_folded = 'another' WHERE number = (SELECT number FROM documents WHERE key = 'r8')",
    )
    with Index.open(copy, EMBEDDER) as index, pytest.raises(IndexCorrupt, match="its filters allow"):
        index.search("committee", 3, Filters(outlets=(report(8).outlet,)))
