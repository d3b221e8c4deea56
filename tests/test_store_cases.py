"""What may befall an index from outside: other writers, other versions, other clocks, plain copies."""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from archives import altered, keys
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from index.atomic_files import exclusive
from index.documents import Document
from index.embedders.hashing import HashingEmbedder
from index.engines import local
from index.engines.local import CATALOG
from index.errors import IndexCorrupt, IndexLocked, IndexMismatch, IndexStateError, InputError
from index.maintenance import backup
from index.maintenance.integrity import check
from index.search import Index
from rag.assemble import build_chain
from rag.config import Settings
from ui.cli import app
from ui.web.app import create_app

ROOT = Path(__file__).parent.parent
KEYS = {"pier", "ice", "ferry", "vote"}


# Names


@pytest.mark.parametrize("name", ["../x", "/tmp/x", "a/b", "CON", "x" * 300, "\U0001f4f0", "", "."])
def test_c1_the_server_the_command_line_and_the_library_say_the_same(
    index: Index, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATELINE_EMBEDDER", "hashing")
    with pytest.raises(InputError) as refused:
        index.add_documents([Document("Some text.", collection=name)])
    told = str(refused.value)
    client = TestClient(create_app(build_chain(index, Settings.load())), base_url="http://127.0.0.1:7860")
    response = client.post("/v1/ask", json={"question": "Who closed the pier?", "filters": {"collections": [name]}})
    assert (response.status_code, response.json()["error"]["message"]) == (422, told)
    result = CliRunner().invoke(app, ["index", "sync", str(ROOT), "--collection", name, "--index", str(index.path)])
    assert (result.exit_code, result.stderr) == (2, f"error: {told}\n")


# Two writers

HOLD = "import sys, time; from pathlib import Path; from index.atomic_files import exclusive\n" \
    "with exclusive(Path(sys.argv[1]), wait=5): print('held', flush=True); time.sleep(3600)"  # fmt: skip


@contextmanager
def held(lock: Path) -> Iterator[int]:
    """The number of a process that holds the lock for an hour, or until it is killed at the end of the block."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(lock)], stdout=subprocess.PIPE, env=environment)
    try:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        yield holder.pid
    finally:
        holder.kill()
        holder.communicate()


def test_c9_a_second_writer_says_at_once_whom_it_waits_for_and_then_gives_up(
    index: Index, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(local, "LOCK_WAIT_SECONDS", 1.0)
    said: list[float] = []
    handler = logging.Handler()
    handler.emit = lambda record: said.append(time.monotonic())  # type: ignore[method-assign]
    logging.getLogger("index.atomic_files").addHandler(handler)
    try:
        with held(index.path / "writer.lock") as pid:
            started = time.monotonic()
            with pytest.raises(IndexLocked, match=f"process {pid} is writing to {index.path}; waited 1 s: try again"):
                index.add_documents([Document("Some words.")])
            assert 1.0 <= time.monotonic() - started < 5
    finally:
        logging.getLogger("index.atomic_files").removeHandler(handler)
    assert [record.getMessage() for record in caplog.records] == [
        f"process {pid} is writing to {index.path}; waiting up to 1 s"
    ]
    assert said[0] - started < 0.9
    # The lock of the dead process stands in nobody's way.
    assert (index.path / "writer.lock").read_text() == str(pid)
    assert len(index.add_documents([Document("Some words.")]).added) == 1


def test_c9_the_command_line_says_whom_it_waits_for(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATELINE_EMBEDDER", "hashing")
    monkeypatch.setattr(local, "LOCK_WAIT_SECONDS", 0.2)
    with held(index.path / "writer.lock") as pid:
        result = CliRunner().invoke(app, ["index", "remove", next(index.documents()).id, "--index", str(index.path)])
    assert result.exit_code == 2
    assert result.stderr == (
        f"note: process {pid} is writing to {index.path}; waiting up to 0.2 s\n"
        f"error: process {pid} is writing to {index.path}; waited 0.2 s: try again when it has finished\n"
    )


def test_c9_a_reader_waits_for_no_writer(index: Index) -> None:
    with held(index.path / "writer.lock"), Index.open(index.path, HashingEmbedder()) as reader:
        assert reader.search("north pier", 1)[0].document.key == "pier"


def test_c9_a_writer_that_waited_goes_on_when_the_other_has_finished(
    index: Index, caplog: pytest.LogCaptureFixture
) -> None:
    lock = index.path / "writer.lock"
    holding = threading.Event()

    def hold() -> None:
        with exclusive(lock, wait=1):
            holding.set()
            time.sleep(0.3)

    other = threading.Thread(target=hold)
    other.start()
    holding.wait()
    assert len(index.add_documents([Document("Some words.")]).added) == 1
    other.join()
    assert f"process {os.getpid()} is writing" in caplog.text


# Other versions and other models


@pytest.mark.parametrize(
    ("statement", "sides"),
    [
        ("UPDATE meta SET value = '99' WHERE key = 'format'", ["format '99'", "reads '3'"]),
        ("UPDATE meta SET value = '0' WHERE key = 'format'", ["format '0'", "reads '3'"]),
        ("DELETE FROM meta WHERE key = 'format'", ["format None", "reads '3'"]),
        ("UPDATE meta SET value = 'bge-small' WHERE key = 'embedder'", ["embedder 'bge-small'", "'hashing-384'"]),
        ("UPDATE meta SET value = '768' WHERE key = 'dimension'", ["dimension '768'", "'384'"]),
        ("UPDATE meta SET value = '0' WHERE key = 'chunker'", ["chunker '0'", "'1' is asked for: use the version"]),
        ("UPDATE meta SET value = '2' WHERE key = 'chunker'", ["chunker '2'", "'1' is asked for: use the version"]),
        ("DELETE FROM meta WHERE key = 'chunker'", ["chunker None", "'1' is asked for"]),
    ],
)
def test_c10_what_another_version_or_model_made_is_refused_with_both_sides_and_the_command(
    index: Index, statement: str, sides: list[str]
) -> None:
    index.close()
    altered(index.path, statement)
    altered(index.path, "DROP TABLE sums")  # which another version would have kept right
    before = (index.path / CATALOG).read_bytes()
    with pytest.raises(IndexMismatch) as refused:
        Index.open(index.path, HashingEmbedder())
    for part in (str(index.path), *sides, "`dateline index add"):
        assert part in str(refused.value)
    assert (index.path / CATALOG).read_bytes() == before


def test_c10_the_command_line_and_every_command_say_it(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATELINE_EMBEDDER", "hashing")
    index.close()
    altered(index.path, "UPDATE meta SET value = '99' WHERE key = 'format'")
    copy = str(index.path.parent / "copy")
    for words in (["search", "pier"], ["ask", "Who closed the pier?"], ["index", "info"], ["index", "check"],
                  ["index", "repair"], ["index", "backup", copy], ["index", "export", copy], ["index", "undo"],
                  ["index", "compact"], ["index", "add", str(ROOT / "LICENSE")]):  # fmt: skip
        result = CliRunner().invoke(app, [*words, "--index", str(index.path)])
        assert (result.exit_code, result.stdout) == (2, ""), words
        assert "has catalog format '99', this version reads '3'" in result.stderr
        assert not Path(copy).exists()


# Clocks and copies


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_c11_generations_count_and_clocks_do_not(index: Index, zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = index.path.parent / "news"
    texts.mkdir()
    (texts / "a.txt").write_text("The observatory reopened its dome on Sunday.")
    index.sync([texts])
    dates = [document.published for document in index.documents()]
    index.close()
    seals = seals_of(index.path)
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        for moment in (0, 2**31 - 10):  # 1970, as after an empty battery, and 2038
            for file in index.path.rglob("*"):
                os.utime(file, (moment, moment))
            monkeypatch.setattr(time, "time", lambda moment=moment: float(moment))
            monkeypatch.setattr(time, "time_ns", lambda moment=moment: moment * 10**9)
            with Index.open(index.path, HashingEmbedder()) as opened:
                assert seals_of(index.path) == seals
                assert [document.published for document in opened.documents()] == dates
                generation = opened.generation()
                assert opened.sync([texts]).plan.unchanged == 1
                (texts / "a.txt").write_text(f"The observatory closed its dome in {moment}.")
                assert len(opened.sync([texts]).plan.changed) == 1
                assert opened.generation() == generation + 1
                assert opened.search("observatory dome", 1)[0].text.endswith(f"in {moment}.")
            seals = seals_of(index.path)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert check(index.path) == []


def seals_of(path: Path) -> list[tuple[str, int, str]]:
    connection = sqlite3.connect(path / CATALOG)
    rows = connection.execute("SELECT * FROM derived ORDER BY name").fetchall()
    connection.close()
    return rows


def test_c11_nothing_in_an_index_says_where_it_lies(index: Index, tmp_path: Path) -> None:
    index.close()
    here = str(index.path).encode()
    assert not [file for file in index.path.rglob("*") if file.is_file() and here in file.read_bytes()]
    far = tmp_path / "other" / "place"
    far.parent.mkdir()
    assert keys(Path(shutil.move(index.path, far))) == KEYS
    assert check(far) == []


def test_c11_a_plain_copy_made_while_another_writes_is_a_generation_or_refused(index: Index, tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        # Each generation adds a pair, and every third takes two away; half a commit would leave a lone one.
        number = 0
        while not stop.is_set():
            number += 1
            words = " ".join(f"tide{n * number}" for n in range(2000))
            report = index.add_documents([Document(f"Report {number} {side} {words}", key="twin") for side in "ab"])
            if number % 3 == 0:
                index.remove(report.added)

    writer = threading.Thread(target=write)
    writer.start()
    opened, refused = 0, list[str]()
    try:
        for number in range(12):
            copy = tmp_path / f"copy{number}"
            subprocess.run(["cp", "-r", index.path, copy], capture_output=True)
            try:
                with Index.open(copy, HashingEmbedder()) as made:
                    twins = [document for document in made.documents() if document.key == "twin"]
                    assert len(twins) % 2 == 0
                    assert made.search("cracks in four pillars", 1)[0].document.key == "pier"
                    assert made.info().passages == len(made.search("tide1 pier", 100_000, copies_apart=True))
                opened += 1
            except IndexStateError as error:
                refused.append(str(error))
            shutil.rmtree(copy)
    finally:
        stop.set()
        writer.join()
    assert opened > 0
    assert all(str(tmp_path) in reason for reason in refused)


@pytest.mark.parametrize(("before", "between"), [(1, 1), (1, 12), (5, 12)])
def test_c11_a_copy_with_a_log_that_began_anew_is_whole_or_refused(
    index: Index, tmp_path: Path, before: int, between: int
) -> None:
    """The worst of copies: the file is of one moment and its log of a later one, what came between in neither."""

    def add(*numbers: int) -> None:
        for number in numbers:
            index.add_documents([Document(f"Report {number} tells of the tide. " * 20)])

    add(*range(before))
    index.close()
    copy = tmp_path / "copy"
    copy.mkdir()
    shutil.copy(index.path / CATALOG, copy)
    with Index.open(index.path, HashingEmbedder()) as index:
        add(*range(before, before + between))
    with Index.open(index.path, HashingEmbedder()) as index:
        add(before + between)
        for name in (f"{CATALOG}-wal", "vectors.faiss"):
            shutil.copy(index.path / name, copy)
        shutil.copytree(index.path / "lexical", copy / "lexical")
    expected = 4 + before + between + 1
    try:
        with Index.open(copy, HashingEmbedder()) as opened:
            assert len(opened.search("tide pier", 1000, copies_apart=True)) == expected
            assert len(list(opened.documents())) == expected
    except IndexCorrupt as error:
        refused = str(error)
    else:
        refused = ""
    assert not refused or str(copy) in refused
    assert check(copy) != []


@pytest.mark.parametrize("table", ["passages", "documents"])
def test_c11_rows_that_are_lost_are_missed(index: Index, table: str) -> None:
    index.close()
    altered(index.path, f"DELETE FROM {table} WHERE number = 2")
    with pytest.raises(IndexCorrupt, match="dateline index check"), Index.open(index.path, HashingEmbedder()) as opened:
        opened.search("ice plant", 10)
    assert {problem.where for problem in check(index.path)} >= {CATALOG}


def test_c11_derived_files_of_another_generation_are_not_searched(index: Index) -> None:
    index.close()
    with backup.open_for_maintenance(index.path) as engine:
        backup.compact(engine, index.path)  # else the vectors are still the catalog's
    altered(index.path, "DROP TABLE sums")  # without which lost rows show only beside the derived files
    altered(index.path, "DELETE FROM passages WHERE number = 2")
    with pytest.raises(IndexCorrupt, match=r"holds 3 passages, 4 vectors and 4 entries.*dateline index check"):
        Index.open(index.path, HashingEmbedder())
    assert {problem.where for problem in check(index.path)} == {CATALOG, "vectors.faiss", "lexical"}
