"""Whether an index is whole, what mends it, what survives, and what older and foreign indexes are told."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from archives import altered, keys
from earlier_formats import as_format_1
from typer.testing import CliRunner

from index.atomic_files import exclusive, folder_bytes
from index.card import read_card
from index.catalog.unreadable import Unreadable
from index.documents import Document
from index.embedders.hashing import HashingEmbedder
from index.engines.local import CATALOG
from index.errors import IndexLocked, IndexMismatch, IndexStateError
from index.loaders import load
from index.maintenance import backup
from index.maintenance.integrity import check, repair
from index.search import Index
from ui.cli import app

ROOT = Path(__file__).parent.parent


def test_a_whole_index_has_no_problems_and_nothing_to_repair(index: Index) -> None:
    index.close()
    assert check(index.path) == []
    assert repair(index.path) == []


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE documents SET text = replace(text, 'Monday', 'Sunday')", "is altered"),
        ("UPDATE passages SET end = 9999 WHERE number = 1", "lies outside its text"),
        ("UPDATE passages SET sentences = '[[0, 9999]]' WHERE number = 1", "sentences outside itself"),
        ("UPDATE passages SET heading = 'Another' WHERE number = 1", "another hash"),
        ("UPDATE vectors SET vector = x'00'", "has 1 bytes where 768 are expected"),
        ("UPDATE vectors SET vector = zeroblob(768)", "has the length 0.0000, not 1"),
        ("DELETE FROM documents WHERE number = 1", "belongs to no row of documents"),
        ("DELETE FROM passages WHERE number = 1", "has no passage"),
    ],
)
def test_whatever_is_wrong_in_the_catalog_is_named_with_its_cure(index: Index, statement: str, words: str) -> None:
    index.close()
    altered(index.path, statement)
    problems = check(index.path)
    assert any(words in problem.what for problem in problems), problems
    assert all(problem.cure for problem in problems)


def test_numbers_that_are_not_finite_are_found(index: Index) -> None:
    index.close()
    connection = sqlite3.connect(index.path / CATALOG)
    connection.execute("UPDATE vectors SET vector = ?", (np.full(384, np.nan, dtype="<f2").tobytes(),))
    connection.commit()
    connection.close()
    assert "not finite" in check(index.path)[0].what


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.unlink(),
        lambda file: file.write_bytes(file.read_bytes()[:-7]),
        lambda file: file.write_bytes(bytes([file.read_bytes()[0] ^ 1]) + file.read_bytes()[1:]),
    ],
)
@pytest.mark.parametrize("which", ["vectors.faiss", "lexical"])
def test_a_damaged_derived_file_is_named_and_made_anew(
    index: Index, which: str, damage: Callable[[Path], None]
) -> None:
    index.close()
    path = index.path / which
    damage(max(path.iterdir(), key=lambda file: file.stat().st_size) if path.is_dir() else path)
    problems = check(index.path)
    assert [(problem.where, problem.cure) for problem in problems] == [(which, "dateline index repair")]
    assert repair(index.path) == [f"made {which} anew from the catalog"]
    assert check(index.path) == []
    assert keys(index.path) == {"pier", "ice", "ferry", "vote"}


def test_repair_drops_orphans_and_keeps_every_document(index: Index) -> None:
    index.close()
    altered(index.path, "INSERT INTO passages SELECT 99, 77, start, end, heading, sentences, input_sha256, 1 "
            "FROM passages WHERE number = 1")  # fmt: skip
    assert check(index.path)
    assert repair(index.path)[0] == "dropped 1 rows that belonged to nothing"
    assert check(index.path) == []
    assert keys(index.path) == {"pier", "ice", "ferry", "vote"}


def test_a_catalog_that_is_no_database_is_reported(index: Index) -> None:
    index.close()
    (index.path / CATALOG).write_bytes(b"some words and no database, long enough to be looked at" * 99)
    assert [problem.where for problem in check(index.path)] == [CATALOG]


def test_c11_a_backup_taken_while_another_writes_is_one_generation(index: Index, tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        # Each generation adds a pair; half a commit would leave a lone one.
        number = 0
        while not stop.is_set():
            number += 1
            index.add_documents([Document(f"Report {number} from the {side}.", key="twin") for side in "ab"])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        with backup.open_for_maintenance(index.path) as engine:
            for number in range(5):
                backup.back_up(engine, tmp_path / f"copy{number}")
    finally:
        stop.set()
        writer.join()
    for number in range(5):
        with Index.open(tmp_path / f"copy{number}", HashingEmbedder()) as copy:
            assert len(list(copy.documents())) % 2 == 0
            assert copy.search("north pier", 1)[0].document.key == "pier"
        assert check(tmp_path / f"copy{number}") == []


def test_c11_a_moved_index_opens_where_it_is(index: Index) -> None:
    index.close()
    moved = index.path.rename(index.path.with_name("moved"))
    assert keys(moved) == {"pier", "ice", "ferry", "vote"}


def test_a_backup_does_not_overwrite(index: Index, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("mine")
    with backup.open_for_maintenance(index.path) as engine, pytest.raises(IndexStateError, match="there already"):
        backup.back_up(engine, tmp_path / "mine")


def test_an_export_is_read_back(index: Index, tmp_path: Path) -> None:
    from eval.benchmarks.folder import read_corpus

    with backup.open_for_maintenance(index.path) as engine:
        assert backup.export(engine, tmp_path / "out") == 4
    with (tmp_path / "out" / backup.CORPUS).open("rb"):
        loaded = load(tmp_path / "out" / backup.CORPUS).documents
    assert {(d.key, d.text, d.title, d.published) for d in loaded} == {
        (d.key, d.text, d.title, d.published) for d in index.documents()
    }
    import hashlib

    documents, wordless = read_corpus(tmp_path / "out" / backup.CORPUS, hashlib.sha256())
    assert ({document.key for document in documents}, wordless) == ({"pier", "ice", "ferry", "vote"}, {})


def test_an_export_of_what_was_exported_before_has_no_name_twice(index: Index, tmp_path: Path) -> None:
    backup.export(index._engine, tmp_path / "first")
    index.add([tmp_path / "first" / "corpus.jsonl"])
    count = backup.export(index._engine, tmp_path / "second")
    lines = (tmp_path / "second" / "corpus.jsonl").read_text("utf-8").splitlines()
    assert len({json.loads(line)["_id"] for line in lines}) == len(lines) == count


def test_a_file_that_is_gone_when_it_is_counted_counts_nothing(tmp_path: Path) -> None:
    (tmp_path / "here").write_bytes(b"four")
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    assert folder_bytes(tmp_path) == 4


def test_compaction_gives_the_space_back_at_once(tmp_path: Path) -> None:
    with Index.create(tmp_path / "index", HashingEmbedder()) as index:
        index.add_documents([Document(f"Report {n}: " + f"the tide of day {n} was high. " * 40) for n in range(300)])
        index.remove([document.id for document in index.documents()])
        index.add_documents([Document("What stays.")])
        index.add_documents([Document("What stays too.")])
    with backup.open_for_maintenance(tmp_path / "index") as engine:
        started = time.monotonic()
        done = backup.compact(engine, tmp_path / "index")
        assert time.monotonic() - started < 10
    assert done.after_bytes < done.before_bytes / 2
    assert check(tmp_path / "index") == []


def test_compaction_drops_only_what_no_passage_and_no_undo_needs(index: Index) -> None:
    index.remove([next(index.documents()).id])
    index._engine.catalog.keep_vectors({b"x" * 32: HashingEmbedder().embed_query("left by an interrupted run")})
    with backup.open_for_maintenance(index.path) as engine:
        done = backup.compact(engine, index.path)
        assert engine.catalog.generation() == 2
    assert done.vectors == 1
    index.undo()
    assert index.search("north pier", 1)[0].document.key == "pier"
    assert check(index.path) == []


# What a version knows of others


def test_c10_an_index_of_the_first_format_is_upgraded_in_place(index: Index, tmp_path: Path) -> None:
    index.close()
    old = as_format_1(index.path, tmp_path / "old")
    assert keys(old) == {"pier", "ice", "ferry", "vote"}
    assert check(old) == []
    assert read_card(old).unreadable == Unreadable()
    with Index.open(old, HashingEmbedder()) as upgraded:
        assert upgraded.info().generation == 1
        upgraded.remove([next(upgraded.documents()).id])
        upgraded.undo()
    assert keys(old) == {"pier", "ice", "ferry", "vote"}


def test_c10_a_newer_format_is_refused_naming_both_sides_and_the_command(index: Index) -> None:
    index.close()
    altered(index.path, "UPDATE meta SET value = '99' WHERE key = 'format'")
    with pytest.raises(IndexMismatch, match=r"'99'.*'3'.*dateline index add"):
        Index.open(index.path, HashingEmbedder())


# Two writers


HOLD = "import sys, time; from pathlib import Path; from index.atomic_files import exclusive\n" \
    "with exclusive(Path(sys.argv[1]), wait=5): print('held', flush=True); time.sleep(60)"  # fmt: skip


def test_c9_a_second_writer_is_told_who_holds_the_lock_and_a_dead_one_frees_it(index: Index) -> None:
    lock = index.path / "writer.lock"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(lock)], stdout=subprocess.PIPE, env=environment)
    try:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(IndexLocked, match=str(holder.pid)), exclusive(lock, wait=0.1):
            pytest.fail("two held the lock at once")
    finally:
        holder.kill()
        holder.communicate()
    assert len(index.add_documents([Document("After the death of the other writer.")]).added) == 1


def test_c9_two_writers_at_once_both_get_their_documents_in(index: Index) -> None:
    def write(side: str) -> None:
        with Index.open(index.path, HashingEmbedder()) as mine:
            for number in range(4):
                mine.add_documents([Document(f"Report {number} from {side}.", key=f"{side}{number}")])

    writers = [threading.Thread(target=write, args=(side,)) for side in ("east", "west")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(keys(index.path)) == 12
    assert check(index.path) == []


@pytest.mark.parametrize("k", [0, 1, 4, 10_000])
def test_c12_more_hits_than_there_are_passages_are_not_made_up(index: Index, k: int) -> None:
    hits = index.search("pier", k)
    assert len(hits) == min(k, 4)
    assert all(hit.document.key for hit in hits)


# Interrupted


SLOW = """
import signal, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests may have it ignored
from index.embedders import EMBEDDERS
from index.embedders.hashing import HashingEmbedder

class Slow(HashingEmbedder):
    def embed_passages(self, texts):
        time.sleep(0.3)
        return super().embed_passages(texts)

EMBEDDERS["hashing"] = "__main__:Slow"
from ui.cli import app
app()
"""


def test_a18_an_interrupted_sync_keeps_the_old_generation_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    news = tmp_path / "news"
    news.mkdir()
    lines = (json.dumps({"text": f"Report number {n} speaks of matter {n}.", "id": str(n)}) for n in range(4000))
    (news / "reports.jsonl").write_text("\n".join(lines))
    path = tmp_path / "index"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DATELINE_EMBEDDER": "hashing"}
    command = [sys.executable, "-c", SLOW, "index", "sync", str(news), "--index", str(path)]
    running = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not (kept := pending(path)) and running.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert kept
    running.send_signal(signal.SIGINT)
    _, words = running.communicate(timeout=60)
    assert (running.returncode, "interrupted" in words, "Traceback" in words) == (130, True, False)
    kept = pending(path)
    assert 0 < kept < 4000
    counting = Counting()
    with Index.open(path, counting) as index:
        assert (index.generation(), list(index.documents())) == (0, [])
        index.sync([news])
        assert (index.generation(), index.info().documents) == (1, 4000)
    assert counting.embedded == 4000 - kept
    assert pending(path) == 0
    assert check(path) == []


class Counting(HashingEmbedder):
    embedded = 0

    def embed_passages(self, texts):  # type: ignore[no-untyped-def]
        self.embedded += len(texts)
        return super().embed_passages(texts)


def pending(path: Path) -> int:
    """Vectors that wait for their commit."""
    try:
        connection = sqlite3.connect(f"file:{path / CATALOG}?mode=ro", uri=True)
        try:
            return int(connection.execute("SELECT count(*) FROM pending").fetchone()[0])
        finally:
            connection.close()
    except sqlite3.OperationalError:
        return 0


# The commands


def test_the_commands_do_what_they_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATELINE_EMBEDDER", "hashing")
    news, path = tmp_path / "news", tmp_path / "index"
    news.mkdir()
    (news / "a.txt").write_text("The mayor opened the new library on Tuesday.")

    def run(*words: str, code: int = 0) -> str:
        result = CliRunner().invoke(app, ["index", *words, "--index", str(path)])
        assert result.exit_code == code, result.output
        return result.stdout

    assert "nothing was done" in run("sync", str(news), "--dry-run")
    assert not path.exists()
    assert json.loads(run("sync", str(news), "--json"))["documents_added"] == 1
    assert run("check") == "all is well\n"
    assert run("repair") == "there was nothing to repair\n"
    assert json.loads(run("export", str(tmp_path / "out"), "--json")) == {"documents": 1}
    run("backup", str(tmp_path / "copy"))
    assert "embeddings dropped" in run("compact")
    assert "generation 2" in run("undo")
    assert json.loads(run("list", "--json")) == []
    (path / "vectors.faiss").unlink()
    assert "dateline index repair" in run("check", code=1)
