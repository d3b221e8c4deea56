"""An index that may be read but not written to, belongs to somebody else, or is not where it seems to be."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import ARCHIVE
from typer.testing import CliRunner

from index.documents import Document
from index.embedders.hashing import HashingEmbedder
from index.engines.local import CATALOG
from index.errors import IndexLocked, IndexMismatch, IndexStateError
from index.maintenance import backup
from index.maintenance.integrity import check, repair
from index.search import Index
from index.sync import plan_sync
from ui.cli import app

ROOT = Path(__file__).parent.parent
KEYS = {"pier", "ice", "ferry", "vote"}
STRANGER = 65534
AS_STRANGER = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user, whom rights bind")


@contextmanager
def stranger() -> Iterator[None]:
    """A block in which this process has the rights of a user to whom nothing belongs."""
    groups = os.getgroups()
    os.setgroups([])
    os.setegid(STRANGER)
    os.seteuid(STRANGER)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every user may enter, which those of the test runner are not."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def store(place: Path) -> Path:
    path = place / "index"
    with Index.create(path, HashingEmbedder()) as index:
        index.add_documents(ARCHIVE)
    return path


def contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(file): (file.stat().st_mtime_ns, file.read_bytes() if file.is_file() else b"")
        for file in [folder, *folder.rglob("*")]
    }


def found(index: Index) -> set[str]:
    return {hit.document.key for hit in index.search("north pier ferry ice council", 10)}


def everything_is_read(path: Path) -> None:
    with Index.open(path, HashingEmbedder()) as index:
        assert found(index) == KEYS
        assert index.search("cracks in four pillars", 1)[0].document.key == "pier"
        assert {document.key for document in index.documents()} == KEYS
        assert index.info().passages == 4


def every_change_is_refused(path: Path) -> None:
    with Index.open(path, HashingEmbedder()) as index, backup.open_for_maintenance(path) as engine:
        ids = [document.id for document in index.documents()]
        changes: list[Callable[[], object]] = [
            lambda: index.add_documents([Document("Some words.")]),
            lambda: index.add([path.parent]),
            lambda: index.sync([path.parent], allow_empty=True),
            lambda: index.remove(ids),
            index.undo,
            lambda: backup.compact(engine, path),
            lambda: repair(path),
            lambda: engine.catalog.keep_vectors({}),
        ]
        for change in changes:
            with pytest.raises(IndexStateError, match=f"{path} may be searched but not changed.*index backup"):
                change()


@AS_STRANGER
def test_c3_an_index_of_another_user_is_searched_and_not_changed(store: Path) -> None:
    before = contents(store)
    with stranger():
        everything_is_read(store)
        every_change_is_refused(store)
        assert check(store) == []
    assert contents(store) == before


@AS_STRANGER
def test_c3_a_reader_without_rights_follows_a_writer(store: Path) -> None:
    with Index.open(store, HashingEmbedder()) as writer:
        with stranger():
            reader = Index.open(store, HashingEmbedder())
            assert found(reader) == KEYS
        writer.add_documents([Document("A storm tore the roof off the north pier.", key="storm")])
        with stranger():
            assert "storm" in found(reader)
            reader.close()


@AS_STRANGER
def test_c3_what_changes_under_a_reader_that_cannot_follow_is_refused_and_never_wrong(store: Path) -> None:
    with stranger():
        reader = Index.open(store, HashingEmbedder())
    with Index.open(store, HashingEmbedder()) as writer:
        writer.remove([document.id for document in writer.documents()])
        writer.add_documents([Document("A storm tore the roof off the north pier.", key="storm")])
    with stranger():
        with pytest.raises(IndexStateError, match="was changed while this user, who may not write to it"):
            reader.search("north pier")
        reader.close()
        with Index.open(store, HashingEmbedder()) as again:
            assert found(again) == {"storm"}


@AS_STRANGER
@pytest.mark.parametrize("lost", ["vectors.faiss", "lexical", "both", "hidden"])
def test_c3_what_lags_behind_is_made_up_for_elsewhere(store: Path, lost: str) -> None:
    for name in ("vectors.faiss", "lexical") if lost == "both" else (lost,):
        if name == "lexical":
            shutil.rmtree(store / name)
        elif name == "hidden":
            (store / "lexical" / "meta.json").chmod(0o600)
        else:
            (store / name).unlink()
    before = contents(store)
    with stranger():
        everything_is_read(store)
        assert check(store) != []
    assert contents(store) == before


@AS_STRANGER
def test_c3_a_generation_that_derived_files_have_not_reached_is_made_up_for(store: Path) -> None:
    earlier = Path(shutil.copytree(store, store.with_name("earlier")))
    with Index.open(store, HashingEmbedder()) as writer:
        writer.remove([next(writer.documents()).id])
        writer.add_documents([Document("A storm tore the roof off the north pier.", key="storm")])
    # As after a crash between the commit to the catalog and the writing of the rest.
    shutil.copy(earlier / "vectors.faiss", store)
    shutil.rmtree(store / "lexical")
    shutil.copytree(earlier / "lexical", store / "lexical")
    connection = sqlite3.connect(store / CATALOG)
    connection.execute("ATTACH ? AS earlier", (str(earlier / CATALOG),))
    connection.execute("INSERT OR REPLACE INTO main.derived SELECT * FROM earlier.derived")
    connection.commit()
    connection.close()
    before = contents(store)
    with stranger(), Index.open(store, HashingEmbedder()) as index:
        assert found(index) == KEYS - {"pier"} | {"storm"}
    assert contents(store) == before


@AS_STRANGER
def test_c3_a_backup_on_a_disk_that_may_only_be_read(store: Path) -> None:
    with stranger(), tempfile.TemporaryDirectory() as own, backup.open_for_maintenance(store) as engine:
        backup.back_up(engine, Path(own) / "copy")
        assert len(Index.open(Path(own) / "copy", HashingEmbedder()).add_documents([Document("Mine.")]).added) == 1
    with backup.open_for_maintenance(store) as engine:
        backup.back_up(engine, store.with_name("copy"))
    with stranger():
        everything_is_read(store.with_name("copy"))


@AS_STRANGER
def test_c3_a_log_that_cannot_be_read_is_named(store: Path) -> None:
    with Index.open(store, HashingEmbedder()) as writer:
        writer.add_documents([Document("A storm tore the roof off the north pier.")])
        copy = Path(shutil.copytree(store, store.with_name("copy")))
    (copy / f"{CATALOG}-shm").unlink()
    with stranger(), pytest.raises(IndexStateError, match=r"catalog\.sqlite-wal holds changes that may not be read"):
        Index.open(copy, HashingEmbedder())
    with Index.open(copy, HashingEmbedder()) as index:
        assert index.info().documents == 5


@AS_STRANGER
def test_c3_an_earlier_format_is_not_upgraded_where_it_may_not_be_written(store: Path) -> None:
    connection = sqlite3.connect(store / CATALOG)
    connection.execute("UPDATE meta SET value = '1' WHERE key = 'format'")
    connection.commit()
    connection.close()
    with stranger(), pytest.raises(IndexMismatch, match=r"'1'.*'3'.*a user who may write to it"):
        Index.open(store, HashingEmbedder())


@AS_STRANGER
@pytest.mark.parametrize("hidden", ["", CATALOG])
def test_c3_an_index_that_may_not_be_read_is_named_with_whom_to_ask(store: Path, hidden: str) -> None:
    (store / hidden).chmod(0o600)
    for attempt in (lambda: Index.open(store, HashingEmbedder()), lambda: check(store), lambda: repair(store)):
        with stranger(), pytest.raises(IndexStateError, match=r"may not be read by this user: ask its owner \(root\)"):
            attempt()  # type: ignore[no-untyped-call]


@AS_STRANGER
def test_c3_no_index_is_made_where_nothing_may_be_written(place: Path) -> None:
    (place / "empty").mkdir()
    for folder in (place / "empty", place / "empty" / "new"):
        with stranger(), pytest.raises(IndexStateError, match=f"{folder}.*name another one"):
            Index.create(folder, HashingEmbedder())
    assert not list((place / "empty").iterdir())


@AS_STRANGER
def test_c3_a_lock_that_may_not_be_taken_is_named(store: Path) -> None:
    for file in [store, *store.rglob("*")]:
        file.chmod(0o777 if file.is_dir() else 0o666)
    (store / "writer.lock").chmod(0o644)
    with stranger(), Index.open(store, HashingEmbedder()) as index:
        with pytest.raises(IndexStateError, match=r"writer.lock cannot be written: Permission denied") as refused:
            index.remove(["x"])
        assert not isinstance(refused.value, IndexLocked)


@AS_STRANGER
def test_c3_the_command_line_says_what_to_do(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATELINE_EMBEDDER", "hashing")
    commands = [["search", "north pier"], ["index", "remove", "x"]]
    for command in commands:  # once as root, so that no module is left to be imported by a user who may not
        CliRunner().invoke(app, [*command, "--index", str(store)])
    with stranger():
        searched, removed = (CliRunner().invoke(app, [*command, "--index", str(store)]) for command in commands)
    assert (searched.exit_code, "North pier closed" in searched.stdout) == (0, True)
    assert removed.exit_code == 2
    assert removed.stderr.startswith(f"error: the index at {store} may be searched but not changed by this user: ask")


ON_A_READ_ONLY_DISK = """
import sys
from pathlib import Path
sys.path[:0] = [sys.argv[1], sys.argv[1] + "/tests", sys.argv[1] + "/tests/support"]
import test_readonly
test_readonly.everything_is_read(Path(sys.argv[2]))
test_readonly.every_change_is_refused(Path(sys.argv[2]))
"""


@AS_STRANGER
def test_c3_a_disk_that_is_mounted_to_be_read(store: Path) -> None:
    mount = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" || exit 77; exec "$@"'
    command = ["unshare", "--mount", "sh", "-c", mount, str(store)]
    try:
        done = subprocess.run(
            [*command, sys.executable, "-c", ON_A_READ_ONLY_DISK, str(ROOT), str(store)], capture_output=True, text=True
        )
    except FileNotFoundError:
        pytest.skip("there is no `unshare`")
    if done.returncode == 77 or done.stderr.startswith("unshare: "):
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
    assert (done.returncode, done.stderr) == (0, "")


# Links


def test_c3_a_link_to_the_folder_is_followed(index: Index, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(index.path)
    with Index.open(tmp_path / "link", HashingEmbedder()) as linked:
        linked.add_documents([Document("A storm tore the roof off the north pier.", key="storm")])
    assert "storm" in found(index)
    assert (tmp_path / "link").is_symlink()


def test_c3_a_new_index_goes_where_a_link_leads(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    Index.create(tmp_path / "link", HashingEmbedder()).close()
    assert (tmp_path / "real" / CATALOG).is_file()
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    with pytest.raises(IndexStateError, match="cannot make the folder"):
        Index.create(tmp_path / "dangling", HashingEmbedder())


@pytest.mark.parametrize("name", [CATALOG, "vectors.faiss", "lexical", "lexical/meta.json", "writer.lock"])
def test_c3_a_link_among_the_files_of_an_index_is_refused(index: Index, tmp_path: Path, name: str) -> None:
    index.close()
    (index.path / name).rename(tmp_path / "elsewhere")
    (index.path / name).symlink_to(tmp_path / "elsewhere")
    before = contents(tmp_path)
    for attempt in (
        lambda: Index.open(index.path, HashingEmbedder()),
        lambda: check(index.path),
        lambda: repair(index.path),
    ):
        with pytest.raises(IndexStateError, match=f"{name} is a link to {tmp_path / 'elsewhere'}"):
            attempt()  # type: ignore[no-untyped-call]
    assert contents(tmp_path) == before


@AS_STRANGER
def test_a_file_in_a_folder_that_may_not_be_entered_has_not_moved(store: Path, place: Path) -> None:
    news = place / "news"
    (news / "old").mkdir(parents=True)
    story = "The school committee met on Monday in the old town hall."
    (news / "old" / "a.txt").write_text(story, "utf-8")
    with Index.open(store, HashingEmbedder()) as index:
        index.sync([news])
        recorded = index._engine.catalog.files()
    (news / "old").chmod(0)
    (news / "copy.txt").write_text(story, "utf-8")
    with stranger():
        seen = plan_sync([news], recorded, collection="default", without=store, allow_empty=False)
    assert not seen.plan.moved + seen.plan.removed
    assert [Path(path).name for path in seen.plan.added] == ["copy.txt"]
    assert [Path(skipped.path).name for skipped in seen.plan.unreadable] == ["old"]
    (news / "copy.txt").unlink()
    with stranger():
        plan_sync([news], recorded, collection="default", without=store, allow_empty=False)  # says nothing of empty
