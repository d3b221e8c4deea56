"""An index that is deleted, moved or made anew while a server has it open."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from index.documents import Document
from index.embedders.hashing import HashingEmbedder
from index.errors import IndexMismatch, IndexNotFound, IndexStateError
from index.search import Index
from rag.assemble import build_chain
from rag.config import Settings
from ui.web.app import create_app

BEFORE = Document("The harbour council closed the north pier on Monday.", title="Pier closed")
AFTER = [
    Document("The new library opened on Friday with nine thousand books.", title="Library opens"),
    Document("A storm tore the roof off the market hall.", title="Storm"),
]


def make(folder: Path, *documents: Document, dimension: int = 384) -> None:
    """An index as another process makes it."""
    with Index.create(folder, HashingEmbedder(dimension)) as index:
        index.add_documents(documents)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "index"
    make(made, BEFORE)
    return made


@pytest.fixture
def opened(folder: Path) -> Iterator[Index]:
    with Index.open(folder, HashingEmbedder()) as index:
        yield index


@pytest.fixture
def client(opened: Index) -> Iterator[TestClient]:
    chain = build_chain(opened, Settings.load(embedder="hashing", reader="similarity", threshold=0.0))
    with TestClient(create_app(chain), base_url="http://127.0.0.1:7860") as made:
        yield made


def titles(index: Index, question: str) -> set[str]:
    return {hit.document.title for hit in index.search(question)}


def test_s4_health_says_that_the_index_is_gone_and_that_it_is_back(client: TestClient, folder: Path) -> None:
    away = folder.with_name("away")
    folder.rename(away)
    for response in (client.get("/healthz"), client.post("/v1/ask", json={"question": "What is closed?"})):
        assert (response.status_code, response.json()["error"]["type"]) == (503, "IndexNotFound")
        assert str(folder) not in response.text
        assert response.headers["retry-after"].isdigit()
    away.rename(folder)
    assert client.get("/healthz").json()["documents"] == 1
    assert client.post("/v1/ask", json={"question": "What is closed?"}).status_code == 200


def test_s5_an_index_that_was_made_anew_is_the_one_that_answers(client: TestClient, folder: Path) -> None:
    assert client.post("/v1/ask", json={"question": "What is closed?"}).json()["passages"][0]["title"] == "Pier closed"
    shutil.rmtree(folder)
    assert client.get("/healthz").status_code == 503
    make(folder, *AFTER)
    assert client.get("/healthz").json()["documents"] == 2
    answer = client.post("/v1/ask", json={"question": "What opened on Friday?"}).json()
    assert {passage["title"] for passage in answer["passages"]} == {"Library opens", "Storm"}


def test_s5_nothing_is_missed_where_nobody_asked_in_between(opened: Index, folder: Path) -> None:
    shutil.rmtree(folder)
    make(folder, *AFTER)
    assert titles(opened, "library") == {"Library opens", "Storm"}
    assert opened.info().generation == 1
    assert [document.title for document in opened.documents()] == ["Library opens", "Storm"]


def test_one_made_anew_with_another_model_is_refused_until_a_fitting_one_comes(opened: Index, folder: Path) -> None:
    shutil.rmtree(folder)
    make(folder, *AFTER, dimension=64)
    for _ in range(2):
        with pytest.raises(IndexMismatch, match=r"hashing-64.*hashing-384"):
            opened.search("library")
    shutil.rmtree(folder)
    with pytest.raises(IndexNotFound):
        opened.info()
    make(folder, *AFTER)
    assert titles(opened, "library") == {"Library opens", "Storm"}


def test_what_is_added_to_the_new_one_is_seen(opened: Index, folder: Path) -> None:
    shutil.rmtree(folder)
    make(folder, *AFTER)
    assert titles(opened, "pier") == {"Library opens", "Storm"}
    with Index.open(folder, HashingEmbedder()) as other:
        other.add_documents([BEFORE])
    assert titles(opened, "pier") == {"Library opens", "Storm", "Pier closed"}


def test_readers_at_the_moment_of_the_change_see_one_or_the_other(opened: Index, folder: Path) -> None:
    seen: list[frozenset[str]] = []
    strange: list[BaseException] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            try:
                seen.append(frozenset(titles(opened, "pier library")))
            except IndexStateError:
                continue
            except BaseException as error:  # noqa: BLE001 - told in the main thread
                strange.append(error)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        shutil.rmtree(folder)
        make(folder, *AFTER)
        titles(opened, "pier")
    stop.set()
    for thread in threads:
        thread.join()
    assert strange == []
    assert {frozenset({"Library opens", "Storm"})} <= set(seen) <= {
        frozenset(), frozenset({"Pier closed"}), frozenset({"Library opens", "Storm"}),
    }  # fmt: skip
