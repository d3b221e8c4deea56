"""`dateline eval make …`: a test set from one's own archive."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli.options import ConfigOption, settings_from
from ui.cli.shell import complain

if TYPE_CHECKING:
    from eval.generation import QuestionKind
    from index.documents import Document


def make(
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
    from eval.generation import generate_test_set

    wanted = _kinds(kinds)
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise typer.BadParameter(f"{output} is there already: give the name of a new folder", param_hint="--output")
    made = generate_test_set(_documents(source, config), output.absolute().name, n=n, seed=seed, kinds=wanted)
    write_folder(made.benchmark, output)
    counted = ", ".join(f"{count} {kind}" for kind, count in made.counts.items())
    typer.echo(f"wrote {output}: {counted}; {len(made.benchmark.documents)} documents")
    typer.echo("left out:")
    for reason, count in made.left.items():
        typer.echo(f"  {count:>7,}  {reason}")


def _kinds(kinds: str | None) -> tuple[QuestionKind, ...]:
    """The kinds that are named. Raises BadParameter for one there is not."""
    from eval.generation import KINDS

    if kinds is None:
        return KINDS
    named = {name.strip() for name in kinds.split(",")}
    if unknown := sorted(named - set(KINDS)):
        raise typer.BadParameter(f"there is no kind {unknown[0]!r}: choose of {', '.join(KINDS)}", param_hint="--kinds")
    return tuple(kind for kind in KINDS if kind in named)


def _documents(source: Path, config: Path | None) -> list[Document]:
    """The documents of an index, or of a folder as `dateline index add` reads it."""
    from index.engines.local import CATALOG
    from index.errors import InputError
    from index.loaders import Skipped, discover, load
    from rag.assemble import open_index
    from ui.cli.terminal import printable

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
            complain(
                f"skipped {printable(str(path.path if isinstance(path, Skipped) else path))}: {printable(str(error))}"
            )
    return documents
