"""`dateline eval import`, `make` and `from-feedback`: benchmarks that are written as folders."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli.evaluation.options import FormatOption, GivenOption, open_chosen
from ui.cli.options import ConfigOption, IndexOption, KOption, settings_from
from ui.cli.shell import NOTHING_FOUND, print_error

if TYPE_CHECKING:
    from index.documents import Document


def import_benchmark(
    path: Annotated[Path, typer.Argument(help="File or folder of a benchmark.")],
    out: Annotated[Path, typer.Option("--output", "-o", help="New folder to write.")],
    form: FormatOption = None,
    given: GivenOption = False,
) -> None:
    """Check a benchmark and write it as a folder of corpus, questions and judgements."""
    from eval.benchmarks.writing import write_folder

    benchmark = open_chosen(path, form, given)
    write_folder(benchmark, out)
    judgements = sum(map(len, benchmark.qrels.values()))
    typer.echo(
        f"{out}: {len(benchmark.queries):,} questions over {len(benchmark.documents):,} documents, "
        f"{judgements:,} judgements"
    )


def make_test_set(
    source: Annotated[Path, typer.Argument(metavar="FOLDER|INDEX", help="Folder of news files, or of an index.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="New folder for the test set.")],
    n: Annotated[int, typer.Option("--n", min=1, help="Most questions of each kind.")] = 50,
    seed: Annotated[int, typer.Option(help="Another seed chooses other questions.")] = 0,
    kinds: Annotated[
        str | None, typer.Option(help="Kinds to make, with commas between. [default: headline,cloze,fact,unanswerable]")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Make questions from an archive by rule, without a language model, and write them as a benchmark folder."""
    from eval.benchmarks.writing import write_folder
    from eval.generation import KINDS, generate_test_set

    named = {name.strip() for name in kinds.split(",")} if kinds is not None else set(KINDS)
    if unknown := sorted(named - set(KINDS)):
        raise typer.BadParameter(f"there is no kind {unknown[0]!r}: choose of {', '.join(KINDS)}", param_hint="--kinds")
    wanted = tuple(kind for kind in KINDS if kind in named)
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise typer.BadParameter(f"{output} is there already: give the name of a new folder", param_hint="--output")
    made = generate_test_set(_documents(source, config), output.absolute().name, n=n, seed=seed, kinds=wanted)
    write_folder(made.benchmark, output)
    counted = ", ".join(f"{count} {kind}" for kind, count in made.counts.items())
    typer.echo(f"wrote {output}: {counted}; {len(made.benchmark.documents)} documents")
    typer.echo("left out:")
    for reason, count in made.left.items():
        typer.echo(f"  {count:>7,}  {reason}")


def _documents(source: Path, config: Path | None) -> list[Document]:
    """The documents of an index, or of a folder as `dateline index add` reads it."""
    from index.display import printable
    from index.engines.local import CATALOG
    from index.errors import InputError
    from index.loaders import Skipped, discover, load
    from rag.assemble import open_index

    if (source / CATALOG).is_file():
        with open_index(settings_from(config, index=source)) as index:
            return list(index.documents())
    documents: list[Document] = []
    for path in discover([source]):
        try:
            if isinstance(path, Skipped):
                raise InputError(path.reason)
            documents += load(path.resolve()).documents
        except InputError as error:
            print_error(
                f"skipped {printable(str(path.path if isinstance(path, Skipped) else path))}: {printable(str(error))}"
            )
    return documents


def from_feedback(
    output: Annotated[Path, typer.Option("-o", "--output", help="New folder for the benchmark.")],
    feedback: Annotated[
        Path | None,
        typer.Argument(help="File of feedback. [default: the one that belongs to the index]", show_default=False),
    ] = None,
    add_to: Annotated[
        Path | None, typer.Option(help="Take over the cases of this benchmark, made earlier; it is not changed.")
    ] = None,
    index: IndexOption = None,
    k: KOption = None,
    config: ConfigOption = None,
) -> None:
    """Make a benchmark of readers' feedback and print what became of each record; exit 3 where no case came of it."""
    from eval.benchmarks import open_benchmark
    from eval.benchmarks.writing import write_folder
    from eval.generation.from_feedback import convert, extend
    from index.display import printable
    from rag.assemble import open_index
    from rag.feedback import FeedbackFile

    settings = settings_from(config, index=index, k=k)
    old = open_benchmark(add_to) if add_to else None
    kept = FeedbackFile(feedback or settings.feedback_file).read()
    with open_index(settings) as opened:
        converted = convert(kept, opened.documents(), partial(opened.search, k=settings.k), output.name)
    for problem in (*kept.damaged, *converted.conflicts):
        print_error(f"note: {printable(problem)}")
    for fate, count in sorted(converted.counts.items(), key=lambda counted: (-counted[1], counted[0])):
        typer.echo(f"{count:>6}  {fate}")
    typer.echo(f"{len(kept.records):>6}  records, and {len(kept.damaged)} lines that are none")
    made = converted.benchmark
    if not made.queries:
        print_error("no case came of it, so nothing was written")
        raise typer.Exit(NOTHING_FOUND)
    write_folder(extend(old, made) if old else made, output)
    written = open_benchmark(output)
    typer.echo(f"{output}: {len(written.queries)} questions over {len(written.documents)} documents")
