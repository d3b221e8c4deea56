"""The benchmark's corpus.jsonl, made from the dossier: `python -m eval.sample.build` writes it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from eval.sample import BENCHMARK, DOSSIER
from index.documents import Document
from index.loaders import load


def corpus(dossier: Path) -> str:
    """The lines of corpus.jsonl: the documents of every file in the order of the files' names.

    An article's `_id` is the key its file gives it, else the file's name without the extension; a headline's is its
    article's with "-h1", "-h2" and so on.
    """
    files = sorted(path for path in dossier.iterdir() if path.is_file())
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for path in files for record in _records(path))


def _records(path: Path) -> Iterator[dict[str, Any]]:
    names: dict[str, str] = {}
    headlines: Counter[str] = Counter()
    for document in load(path).documents:
        parent = names.get(document.parent, "")
        if parent:
            headlines[parent] += 1
            name = f"{parent}-h{headlines[parent]}"
        else:
            name = names[document.id] = document.key or path.stem
        yield _record(document, name, parent)


def _record(document: Document, name: str, parent: str) -> dict[str, Any]:
    metadata = {
        "kind": document.kind,
        "outlet": document.outlet,
        "authors": list(document.authors),
        "published": document.published.isoformat() if document.published else "",
        "url": document.url,
        "language": document.language,
        "parent": parent,
    }
    return {"_id": name, "title": document.title, "text": document.text, "metadata": metadata}


if __name__ == "__main__":
    (BENCHMARK / "corpus.jsonl").write_text(corpus(DOSSIER), encoding="utf-8")
