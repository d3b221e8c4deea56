"""The folder format: what it reads, and how it names what is wrong."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from eval.benchmarks import open_benchmark
from eval.benchmarks.base import EvidenceSpan
from eval.benchmarks.writing import write_folder
from index.errors import BenchmarkError, UnknownName

HEADER = "query-id\tcorpus-id\tscore\n"
CORPUS: list[dict[str, Any]] = [
    {
        "_id": "d1",
        "title": "North pier closed",
        "text": "The harbour council closed the north pier.",
        "metadata": {
            "outlet": "Tidewater Post",
            "published": "2025-03-04",
            "url": "https://tidewater.example/pier",
            "authors": ["Ines Vale", "Tom Ruddock"],
            "language": "en",
        },
    },
    {"_id": "d2", "text": "The ice plant opened."},
    {"_id": "d3", "title": "Council to vote", "text": "", "metadata": {"kind": "headline", "parent": "d1"}},
]
QUERIES: list[dict[str, Any]] = [
    {"_id": "q1", "text": "Who closed the pier?", "answers": ["the harbour council"], "metadata": {"split": "dev"}},
    {"_id": "q2", "text": "Who sank the pier?", "answers": []},
    {"_id": "q3", "text": "When?", "history": ["Who closed the pier?"], "rewrite": "When was the pier closed?"},
]

Writer = Callable[..., Path]


def jsonl(records: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


@pytest.fixture
def write(tmp_path: Path) -> Writer:
    """Writes a benchmark, with any of its three files as given; None leaves it out."""

    def written(
        corpus: str | bytes | None = jsonl(CORPUS),
        queries: str | bytes | None = jsonl(QUERIES),
        qrels: str | bytes | None = f"{HEADER}q1\td1\t1\nq3\td1\t2\n",
        *,
        name: str = "harbour",
        gz: bool = False,
    ) -> Path:
        folder = tmp_path / name
        (folder / "qrels").mkdir(parents=True)
        for file, content in (("corpus.jsonl", corpus), ("queries.jsonl", queries), ("qrels/test.tsv", qrels)):
            if content is None:
                continue
            data = content.encode("utf-8") if isinstance(content, str) else content
            if gz:
                (folder / f"{file}.gz").write_bytes(gzip.compress(data))
            else:
                (folder / file).write_bytes(data)
        return folder

    return written


def test_every_field_arrives(write: Writer) -> None:
    benchmark = open_benchmark(write())
    first, second, third = benchmark.documents
    assert (first.key, first.title, first.text) == ("d1", "North pier closed", CORPUS[0]["text"])
    assert (first.outlet, first.published, first.url) == (
        "Tidewater Post",
        date(2025, 3, 4),
        "https://tidewater.example/pier",
    )
    assert (first.authors, first.language, first.kind) == (("Ines Vale", "Tom Ruddock"), "en", "article")
    assert (second.title, second.published, second.authors) == ("", None, ())
    assert (third.kind, third.parent, third.text) == ("headline", first.id, "Council to vote")
    assert benchmark.name == "harbour"
    assert benchmark.qrels == {"q1": {"d1": 1}, "q3": {"d1": 2}}
    known, unknown, follow_up = benchmark.queries
    assert (known.answers, known.answerable, known.unanswerable) == (("the harbour council",), True, False)
    assert known.metadata == {"split": "dev"}
    assert (unknown.answers, unknown.answerable, unknown.unanswerable) == ((), False, True)
    assert (follow_up.answers, follow_up.answerable, follow_up.unanswerable) == (None, False, False)
    assert (follow_up.history, follow_up.rewrite) == (("Who closed the pier?",), "When was the pier closed?")


def test_gzipped_files_give_the_same_benchmark(write: Writer) -> None:
    plain, packed = open_benchmark(write()), open_benchmark(write(name="packed", gz=True))
    assert plain.documents == packed.documents
    assert plain.queries == packed.queries
    assert plain.sha256 == packed.sha256


def test_the_hash_follows_every_file(write: Writer) -> None:
    changed = [
        write(),
        write(corpus=jsonl(CORPUS[:1]), name="fewer documents"),
        write(queries=jsonl(QUERIES) + "\n", name="another line end"),
        write(qrels=f"{HEADER}q1\td1\t1\n", name="fewer judgements"),
    ]
    assert len({open_benchmark(folder).sha256 for folder in changed}) == len(changed)


def test_blank_lines_and_windows_line_ends_are_no_records(write: Writer) -> None:
    folder = write(
        queries=jsonl(QUERIES).replace("\n", "\r\n") + "\r\n\n", qrels=f"{HEADER}q1\td1\t1\n\n".replace("\n", "\r\n")
    )
    assert len(open_benchmark(folder).queries) == len(QUERIES)


def test_a_file_in_a_hand_written_folder_may_be_gzipped_alone(write: Writer) -> None:
    folder = write(corpus=None)
    (folder / "corpus.jsonl.gz").write_bytes(gzip.compress(jsonl(CORPUS).encode()))
    assert len(open_benchmark(folder).documents) == len(CORPUS)


BAD_DOCUMENTS = {
    "not JSON": ("{'_id': 1}", "not JSON"),
    "cut short": ('{"_id": "d4", "text": "half', "not JSON"),
    "a list": ("[1, 2]", "a list where an object is expected"),
    "nested without end": ("[" * 100_000, "not JSON"),
    "no id": ('{"text": "something"}', "'_id' is missing"),
    "a number as id": ('{"_id": 7, "text": "something"}', "'_id' is '7'; it must be a string"),
    "a blank id": ('{"_id": " ", "text": "something"}', "'_id'"),
    "nothing to read": ('{"_id": "d4", "title": " ", "text": ""}', "'text'"),
    "a title that is a list": ('{"_id": "d4", "title": ["x"], "text": "something"}', "'title'"),
    "the same id twice": ('{"_id": "d1", "text": "something"}', "corpus.jsonl:1 already"),
    "an impossible date": ('{"_id": "d4", "text": "x", "metadata": {"published": "2025-02-30"}}', "'2025-02-30'"),
    "an unknown kind": ('{"_id": "d4", "text": "x", "metadata": {"kind": "video"}}', "article or headline"),
    "one author as a string": ('{"_id": "d4", "text": "x", "metadata": {"authors": "Vale"}}', "'authors'"),
    "metadata as a string": ('{"_id": "d4", "text": "x", "metadata": "none"}', "'metadata'"),
    "an unknown parent": ('{"_id": "d4", "text": "x", "metadata": {"parent": "d9"}}', "'parent' is 'd9'"),
    "its own parent": ('{"_id": "d4", "text": "x", "metadata": {"parent": "d4"}}', "'parent' is 'd4'"),
    "a headline of a headline": ('{"_id": "d4", "text": "x", "metadata": {"parent": "d3"}}', "'parent' is 'd3'"),
    "a block beyond the text": ('{"_id": "d4", "text": "x", "metadata": {"blocks": [[0, 2, "body"]]}}', "'blocks'"),
    "a block without a role": ('{"_id": "d4", "text": "x", "metadata": {"blocks": [[0, 1, "aside"]]}}', "'blocks'"),
    "blocks that overlap": (
        '{"_id": "d4", "text": "xyz", "metadata": {"blocks": [[0, 2, "body"], [1, 3, "body"]]}}', "reading order",
    ),
    "blocks that are no list": ('{"_id": "d4", "text": "x", "metadata": {"blocks": {"0": 1}}}', "'blocks'"),
    "half a surrogate pair": (r'{"_id": "d4", "text": "\ud800"}', "surrogate"),
}  # fmt: skip


@pytest.mark.parametrize(("line", "message"), BAD_DOCUMENTS.values(), ids=BAD_DOCUMENTS)
def test_a_bad_document_is_named_with_its_line(write: Writer, line: str, message: str) -> None:
    with pytest.raises(BenchmarkError) as raised:
        open_benchmark(write(corpus=jsonl(CORPUS) + line + "\n"))
    assert "corpus.jsonl:4" in str(raised.value)
    assert message in str(raised.value)


BAD_QUERIES = {
    "no text": ('{"_id": "q4"}', "'text' is missing"),
    "a blank text": ('{"_id": "q4", "text": "  "}', "'text'"),
    "one answer as a string": ('{"_id": "q4", "text": "Who?", "answers": "Vale"}', "'answers'"),
    "a blank answer": ('{"_id": "q4", "text": "Who?", "answers": [""]}', "'answers'"),
    "a history of objects": ('{"_id": "q4", "text": "Who?", "history": [{}]}', "'history'"),
    "the same id twice": ('{"_id": "q1", "text": "Who?"}', "queries.jsonl:1 already"),
}


@pytest.mark.parametrize(("line", "message"), BAD_QUERIES.values(), ids=BAD_QUERIES)
def test_a_bad_query_is_named_with_its_line(write: Writer, line: str, message: str) -> None:
    with pytest.raises(BenchmarkError) as raised:
        open_benchmark(write(queries=jsonl(QUERIES) + line + "\n"))
    assert "queries.jsonl:4" in str(raised.value)
    assert message in str(raised.value)


BAD_JUDGEMENTS = {
    "an unknown query": ("q9\td1\t1", "no query has the _id 'q9'"),
    "an unknown document": ("q1\td9\t1", "no document has the _id 'd9'"),
    "judged twice": ("q1\td1\t0", "judged already"),
    "two columns": ("q1\td2", "tabs between"),
    "spaces for tabs": ("q1 d2 1", "tabs between"),
    "a fraction": ("q1\td2\t0.5", "whole score"),
    "two signs": ("q1\td2\t--1", "whole score"),
    "a digit that int() would not read as one": ("q1\td2\t²", "whole score"),
}


@pytest.mark.parametrize(("line", "message"), BAD_JUDGEMENTS.values(), ids=BAD_JUDGEMENTS)
def test_a_bad_judgement_is_named_with_its_line(write: Writer, line: str, message: str) -> None:
    with pytest.raises(BenchmarkError) as raised:
        open_benchmark(write(qrels=f"{HEADER}q1\td1\t1\n{line}\n"))
    assert "test.tsv:3" in str(raised.value)
    assert message in str(raised.value)


BAD_FILES: dict[str, tuple[dict[str, Any], str]] = {
    "no corpus": ({"corpus": None}, "neither corpus.jsonl nor corpus.jsonl.gz"),
    "no judgements": ({"qrels": None}, "neither qrels/test.tsv"),
    "an empty corpus": ({"corpus": ""}, "corpus.jsonl: holds no line"),
    "empty queries": ({"queries": "\n"}, "queries.jsonl: holds no line"),
    "no header": ({"qrels": "q1\td1\t1\n"}, "test.tsv:1: the first line must be"),
    "empty judgements": ({"qrels": ""}, "test.tsv:1: the first line must be"),
    "Latin-1": ({"corpus": '{"_id": "d1", "text": "caf\xe9"}\n'.encode("latin-1")}, "corpus.jsonl:1: not UTF-8"),
    "binary": ({"queries": bytes(range(256)) * 4}, "queries.jsonl:1"),
}


@pytest.mark.parametrize(("files", "message"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_is_named(write: Writer, files: dict[str, Any], message: str) -> None:
    with pytest.raises(BenchmarkError) as raised:
        open_benchmark(write(**files))
    assert message in str(raised.value)


@pytest.mark.parametrize(
    "spoil", [lambda data: data[:-12], lambda data: b"plain text", lambda data: data[:40] + b"\xff" * 40]
)
def test_broken_compression_is_named(write: Writer, spoil: Callable[[bytes], bytes]) -> None:
    folder = write(gz=True)
    packed = folder / "corpus.jsonl.gz"
    packed.write_bytes(spoil(packed.read_bytes()))
    with pytest.raises(BenchmarkError, match=r"corpus\.jsonl\.gz: cannot be read"):
        open_benchmark(folder)


def test_a_file_twice_is_refused(write: Writer) -> None:
    folder = write()
    (folder / "queries.jsonl.gz").write_bytes(gzip.compress(b""))
    with pytest.raises(BenchmarkError, match="remove the one"):
        open_benchmark(folder)


def test_a_path_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkError, match="is not a folder"):
        open_benchmark(tmp_path / "nowhere", "folder")


def test_an_unknown_format_names_the_known_ones(write: Writer) -> None:
    with pytest.raises(UnknownName, match="folder"):
        open_benchmark(write(), form="foldr")


@pytest.mark.parametrize(
    ("name", "documents", "queries", "unanswerable", "judged"),
    [("scifact", 5183, 300, 0, 300), ("squad2-a", 646, 900, 300, 600), ("newsquiz-2024", 1366, 150, 0, 147)],
)
def test_the_measuring_sets_parse(
    shared: Path, name: str, documents: int, queries: int, unanswerable: int, judged: int
) -> None:
    benchmark = open_benchmark(shared / "benchmarks" / name)
    assert len(benchmark.documents) == len({document.id for document in benchmark.documents}) == documents
    assert len(benchmark.queries) == queries
    assert sum(query.unanswerable for query in benchmark.queries) == unanswerable
    assert len(benchmark.qrels) == judged


# Evidence, and the one document to be read


def asking(**fields: Any) -> str:
    return jsonl([{"_id": "q1", "text": "Who closed the pier?", **fields}])


def test_evidence_is_a_quote_or_a_place(write: Writer) -> None:
    evidence = [{"document": "d1", "quote": "harbour council"}, {"document": "d2", "start": 4, "end": 13}]
    (query,) = open_benchmark(write(queries=asking(evidence=evidence, given="d1"), qrels=HEADER)).queries
    assert query.evidence == (EvidenceSpan("d1", 4, 19), EvidenceSpan("d2", 4, 13))
    assert query.given == "d1"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"evidence": "d1"}, "queries.jsonl:1: 'evidence' is 'd1'; it must be a list of objects"),
        ({"evidence": [{"document": "d9", "quote": "pier"}]}, "evidence[0]: 'document' is 'd9'"),
        ({"evidence": [{"document": "d1", "quote": "e"}]}, "exactly once"),
        ({"evidence": [{"document": "d1", "quote": "south pier"}]}, "exactly once"),
        ({"evidence": [{"document": "d1", "start": True, "end": 3}]}, "a whole number from 0"),
        ({"evidence": [{"document": "d1", "start": 3, "end": 3}]}, "beyond start 3"),
        ({"evidence": [{"document": "d1", "start": 3, "end": 4000}]}, "the length of 'd1'"),
        ({"given": "d9"}, "'given' is 'd9'"),
    ],
)
def test_evidence_that_is_nowhere_is_refused(write: Writer, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(BenchmarkError) as raised:
        open_benchmark(write(queries=asking(**fields), qrels=HEADER))
    assert message in str(raised.value)


def test_what_is_written_is_read_back(write: Writer, tmp_path: Path) -> None:
    place = {"document": "d1", "start": 4, "end": 19}
    queries = [*QUERIES, {"_id": "q4", "text": "Who?", "evidence": [place], "given": "d1", "answers": ["x"]}]
    benchmark = open_benchmark(write(queries=jsonl(queries)))
    write_folder(benchmark, tmp_path / "copy" / "harbour")
    again = open_benchmark(tmp_path / "copy" / "harbour")
    assert (again.documents, again.queries, again.qrels) == (benchmark.documents, benchmark.queries, benchmark.qrels)
    with pytest.raises(BenchmarkError, match="is there already"):
        write_folder(benchmark, tmp_path / "copy" / "harbour")


def test_a_folder_that_cannot_be_made_is_named(write: Writer, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BenchmarkError, match="cannot be written"):
        write_folder(open_benchmark(write()), tmp_path / "file" / "below")
