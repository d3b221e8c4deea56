"""The index as its users see it: what goes in comes out, filtered, replaced, removed, and survives what may happen."""

from __future__ import annotations

import itertools
import os
import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from index.catalog.catalog import Catalog
from index.documents import Document, Filters, Kind
from index.embedders.hashing import HashingEmbedder
from index.engines.local import CATALOG
from index.errors import IndexCorrupt, IndexMismatch, IndexNotFound, IndexStateError, InputError
from index.search import Index


def reopen(index: Index) -> Index:
    index.close()
    return Index.open(index.path, HashingEmbedder())


def found(index: Index, query: str, **filters: object) -> list[str]:
    return [hit.document.key for hit in index.search(query, 10, Filters(**filters))]  # type: ignore[arg-type]


def test_a_hit_is_a_slice_of_its_document(index: Index, archive: tuple[Document, ...]) -> None:
    hit = index.search("cracks in the pillars of the pier", 1)[0]
    assert hit.document == archive[0]
    assert hit.text == archive[0].text[hit.passage.start : hit.passage.end]
    assert hit.ranks["fused"] == hit.ranks["dense"] == hit.ranks["lexical"] == 1
    assert 0 <= hit.score <= 1


def test_titles_and_outlets_are_searched_but_not_quoted(index: Index) -> None:
    hit = index.search("Tidewater Post fares", 1)[0]
    assert hit.document.key == "ferry"
    assert "fares" not in hit.text


def test_k(index: Index) -> None:
    assert len(index.search("pier", 2)) == 2
    assert index.search("pier", 0) == []
    assert len(index.search("pier", 1000)) == len({h.passage.id for h in index.search("pier", 1000)}) == 4


@pytest.mark.parametrize("since", [None, date(2025, 3, 10)])
@pytest.mark.parametrize("until", [None, date(2025, 3, 10)])
@pytest.mark.parametrize("outlets", [(), ("TIDEWATER post",), ("Island Wire", "Nobody")])
@pytest.mark.parametrize("kinds", [(), ("headline",)])
@pytest.mark.parametrize("collections", [(), ("transport",)])
def test_filters_act_inside_both_searches(
    index: Index,
    archive: tuple[Document, ...],
    since: date | None,
    until: date | None,
    outlets: tuple[str, ...],
    kinds: tuple[Kind, ...],
    collections: tuple[str, ...],
) -> None:
    chosen = Filters(since, until, outlets, kinds, collections)
    allowed = {document.key for document in archive if chosen.allow(document)}
    hits = index.search("council pier ice ferry", 10, chosen)
    assert {hit.document.key for hit in hits} == allowed
    for stage in ("dense", "lexical"):
        assert {hit.ranks[stage] for hit in hits if stage in hit.ranks} <= set(range(1, len(allowed) + 1))


@pytest.mark.parametrize(
    ("one", "other"),
    [("Caf\u00e9", "Cafe\u0301"), ("Cafe\u0301", "Caf\u00e9"), ("\u0439\u043e\u0434", "\u0438\u0306\u043e\u0434")],
)
def test_a5_composed_and_decomposed_letters_are_the_same(tmp_path: Path, one: str, other: str) -> None:
    with Index.create(tmp_path / "i", HashingEmbedder()) as index:
        index.add_documents([Document(f"The {one} burned down.", key="fire"), Document("Rain fell.", key="rain")])
        hit = index.search(other, 1)[0]
    assert hit.document.key == "fire"
    assert one in hit.text


def test_adding_again_changes_nothing(index: Index, archive: tuple[Document, ...]) -> None:
    generation = index.generation()
    report = index.add_documents(archive)
    assert (report.added, report.unchanged, report.passages) == ((), 4, 0)
    assert index.generation() == generation


def test_remove_takes_the_headlines_along(index: Index) -> None:
    article = Document("A whale swam into the bay.", key="whale")
    headline = Document("Whale watchers rejoice", kind="headline", parent=article.id, key="watchers")
    index.add_documents([article, headline])
    assert index.remove([article.id, "unknown"]) == 2
    assert not {"whale", "watchers"} & set(found(index, "whale bay watchers"))
    assert index.remove([article.id]) == 0


def test_a_changed_file_replaces_what_it_held(tmp_path: Path) -> None:
    file = tmp_path / "report.txt"
    with Index.create(tmp_path / "i", HashingEmbedder()) as index:
        file.write_text("The bridge opens in May, officials said on Monday.")
        assert len(index.add([file]).added) == 1
        file.write_text("The bridge opens in July, officials said on Monday.")
        report = index.add([file])
        assert (len(report.added), report.replaced) == (1, 1)
        assert [d.text for d in index.documents()] == ["The bridge opens in July, officials said on Monday."]
        assert index.add([file]).unchanged == 1


def test_only_new_texts_are_embedded(tmp_path: Path) -> None:
    class Counting(HashingEmbedder):
        embedded = 0

        def embed_passages(self, texts):  # type: ignore[no-untyped-def]
            self.embedded += len(texts)
            return super().embed_passages(texts)

    counting = Counting()
    with Index.create(tmp_path / "i", counting, budget=12) as index:
        text = "\n".join(f"Sentence number {n} speaks of matter {n} at some length." for n in range(8))
        index.add_documents([Document(text, key="a")])
        before = counting.embedded
        index.add_documents([Document(text.replace("matter 3", "matter 9"), key="b")])
        assert before >= 8
        assert counting.embedded == before + 1


def test_bad_inputs_are_reported_and_the_rest_is_indexed(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "good.txt").write_text("The mayor resigned on Tuesday after a long debate.")
    (inbox / "empty.txt").touch()
    (inbox / "noise.txt").write_bytes(bytes(range(256)) * 20)
    (inbox / "noise.pdf").write_bytes(b"%PDF-1.7 broken")
    with Index.create(tmp_path / "i", HashingEmbedder()) as index:
        report = index.add([inbox, tmp_path / "missing.txt"])
        assert [d.text for d in index.documents()] == ["The mayor resigned on Tuesday after a long debate."]
    skipped = {Path(item.path).name: item.reason for item in report.skipped}
    assert skipped.keys() == {"empty.txt", "noise.txt", "noise.pdf", "missing.txt"}
    assert all(skipped.values())


def test_a_lone_surrogate_is_refused_by_name(index: Index) -> None:
    with pytest.raises(InputError, match="broken"):
        index.add_documents([Document("bad \ud800 text", key="broken")])
    assert index.info().documents == 4


# The state on disk


def test_what_was_added_is_there_after_reopening(index: Index) -> None:
    before = found(index, "ice plant")
    again = reopen(index)
    assert found(again, "ice plant") == before
    again.close()


def test_no_index_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(IndexNotFound, match="dateline index add"):
        Index.open(tmp_path, HashingEmbedder())


def test_another_model_is_refused(index: Index) -> None:
    index.close()
    with pytest.raises(IndexMismatch, match=r"hashing-384.*hashing-64"):
        Index.open(index.path, HashingEmbedder(64))


@pytest.mark.parametrize("content", [b"", b"no database at all, just some words that go on for long enough" * 99])
def test_a_file_that_is_no_catalog_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / CATALOG).write_bytes(content)
    with pytest.raises(IndexCorrupt, match=CATALOG):
        Index.open(tmp_path, HashingEmbedder())


def test_a_folder_in_use_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("mine")
    with pytest.raises(IndexStateError, match="not empty"):
        Index.create(tmp_path, HashingEmbedder())
    with pytest.raises(IndexStateError, match="is a file"):
        Index.create(tmp_path / "letters.txt", HashingEmbedder())
    assert (tmp_path / "letters.txt").read_text() == "mine"


def derived_files(path: Path) -> list[Path]:
    return [path / "vectors.faiss", *sorted((path / "lexical").iterdir())]


def test_damaged_or_missing_derived_files_are_made_anew(index: Index) -> None:
    queries = ["ice plant", "ferry", "council pier"]
    expected = [found(index, query) for query in queries]
    damages = [
        lambda file: file.unlink(),
        lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]),
        lambda file: file.write_bytes(b"\x80\x04\x95pickle"),
        lambda file: file.write_bytes(bytes([file.read_bytes()[0] ^ 1]) + file.read_bytes()[1:]),
    ]
    names = [file.name for file in derived_files(index.path) if file.stat().st_size]
    assert len(names) > 3
    for name, damage in itertools.product(names, damages):
        index.close()
        file = next((f for f in derived_files(index.path) if f.name == name), None)
        if file is None:  # a rebuilt Tantivy folder has files of other names
            file = next(f for f in derived_files(index.path) if f.stat().st_size and f.parent.name == "lexical")
        damage(file)
        index = Index.open(index.path, HashingEmbedder())
        assert [found(index, query) for query in queries] == expected, (name, file)
    index.close()


def test_a_crash_between_catalog_and_derived_files_is_replayed(index: Index, tmp_path: Path) -> None:
    # What a process leaves that dies after the catalog's commit: derived files of one generation before.
    old = {file: file.read_bytes() for file in derived_files(index.path) if not file.name.endswith(".lock")}
    index.close()
    seals = sqlite3.connect(index.path / CATALOG).execute("SELECT * FROM derived").fetchall()
    index = Index.open(index.path, HashingEmbedder())
    article = next(d for d in index.documents() if d.key == "ice")
    index.replace([article.id], [Document("A circus came to town.", key="circus")])
    expected = found(index, "circus ice plant town")
    index.close()
    for file in derived_files(index.path):
        file.unlink()
    for file, data in old.items():
        file.write_bytes(data)
    with closing(Catalog(index.path / CATALOG)) as catalog:
        for name, generation, seal in seals:
            catalog.set_seal(name, generation, seal)
    index = Index.open(index.path, HashingEmbedder())
    assert found(index, "circus ice plant town") == expected
    assert "ice" not in expected
    assert "circus" in expected
    index.close()


def test_another_process_sees_a_commit(index: Index) -> None:
    with Index.open(index.path, HashingEmbedder()) as reader:
        assert "storm" not in found(reader, "storm")
        index.add_documents([Document("A storm sank two boats.", key="storm")])
        assert found(reader, "storm")[0] == "storm"


def test_readers_see_whole_generations_while_a_writer_commits(tmp_path: Path) -> None:
    # Each generation holds exactly one pair of twins; a reader that saw half a commit would find a lone one.
    def twins(number: int) -> list[Document]:
        return [Document(f"Twin report {number} from the {side}.", key=f"{number}{side}") for side in ("east", "west")]

    with Index.create(tmp_path / "i", HashingEmbedder()) as index:
        index.add_documents(twins(0))
        seen: list[list[str]] = []
        stop = threading.Event()

        def read() -> None:
            while not stop.is_set():
                seen.append(found(index, "twin report"))

        readers = [threading.Thread(target=read) for _ in range(4)]
        for reader in readers:
            reader.start()
        for number in range(1, 8):
            index.replace([d.id for d in index.documents()], twins(number))
        stop.set()
        for reader in readers:
            reader.join()
    assert len(seen) > 8
    assert all(len(keys) == 2 and keys[0][0] == keys[1][0] for keys in seen)


def test_numbers_never_come_back(index: Index) -> None:
    # A derived file one generation behind must not take a new passage for an old one of the same number.
    index.remove([d.id for d in index.documents()])
    index.add_documents([Document("Something entirely different.", key="new")])
    assert found(index, "pier") == ["new"]
    assert np.isfinite([hit.score for hit in index.search("pier")]).all()


def test_an_empty_index_is_legal(tmp_path: Path) -> None:
    with Index.create(tmp_path / "i", HashingEmbedder()) as index:
        assert index.search("anything") == []
        assert index.info().passages == 0
        again = reopen(index)
        assert again.search("anything") == []
        again.close()


def test_info_counts(index: Index) -> None:
    info = index.info()
    assert (info.documents, info.passages, info.generation) == (4, 4, 1)
    assert info.kinds == {"article": 3, "headline": 1}
    assert info.outlets == {"Tidewater Post": 2, "": 1, "Island Wire": 1}
    assert (info.first_date, info.last_date) == ("2025-03-04", "2025-03-20")
    assert info.size_bytes > 1000


def test_metadata_comes_back_untouched(tmp_path: Path) -> None:
    odd = {"lc": 1, "type": "constructor", "id": ["os", "system"], "kwargs": {"command": "true"}, "deep": [{"a": None}]}
    with Index.create(tmp_path / "i", HashingEmbedder()) as index:
        index.add_documents([replace(Document("Some text."), metadata=odd)])
        assert next(index.documents()).metadata == odd


def test_the_writer_lock_names_its_holder(tmp_path: Path) -> None:
    from index.atomic_files import exclusive
    from index.errors import IndexLocked

    lock = tmp_path / "writer.lock"
    with exclusive(lock, wait=1), pytest.raises(IndexLocked, match=str(os.getpid())), exclusive(lock, wait=0.1):
        pytest.fail("two held the lock at once")
    with exclusive(lock, wait=0.1):
        assert lock.read_text() == str(os.getpid())
