"""`dateline index …`: put files in, see what is there, take documents out, and keep it all sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli.options import ConfigOption, IndexOption, JsonOption, settings_from
from ui.cli.shell import FAILED_INPUTS, NOTHING_FOUND, print_error, print_json, print_result, progress_bar

if TYPE_CHECKING:
    from eval.generation.examples import Examples
    from index.loaders import Skipped

index_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Add, list and remove documents.")


FollowLinksOption = Annotated[
    bool, typer.Option("--follow-links", help="Also read what links inside a folder lead to outside it.")
]
DestinationArgument = Annotated[Path, typer.Argument(help="A new folder.", show_default=False)]


@index_app.command()
def add(
    paths: Annotated[
        list[str] | None, typer.Argument(help="Files, folders, and addresses of pages and feeds.", show_default=False)
    ] = None,
    sample: Annotated[bool, typer.Option("--sample", help="Add the sample dossier that comes with Dateline.")] = False,
    collection: Annotated[str, typer.Option(help="Collection to add to.")] = "default",
    feed_items: Annotated[int, typer.Option(min=1, max=1000, help="Pages to fetch of a feed, newest first.")] = 20,
    follow_links: FollowLinksOption = False,
    as_json: JsonOption = False,
    index: IndexOption = None,
    config: ConfigOption = None,
) -> None:
    """Index files and web pages; what cannot be read is named and skipped, and the exit code is then 1."""
    from index.display import printable
    from index.fetching.address import is_address
    from index.fetching.pages import load_addresses
    from rag.assemble import open_index

    addresses = [name for name in paths or () if is_address(name)]
    wanted = [Path(name) for name in paths or () if not is_address(name)]
    if sample:
        from eval.sample import DOSSIER

        wanted.append(DOSSIER)
    if not wanted and not addresses:
        raise typer.BadParameter("name at least one file, folder or address, or --sample")
    with open_index(settings_from(config, index=index), create=True) as opened, progress_bar("passages") as progress:
        pages = load_addresses(addresses, collection=collection, feed_items=feed_items)
        report = opened.add(wanted, pages=pages, collection=collection, follow_links=follow_links, progress=progress)
    if as_json:
        print_json(asdict(report))
    else:
        typer.echo(report.summary)
        for warning in report.warnings:
            print_error(f"note: {printable(warning)}")
        _print_skipped(report.skipped)
    if report.skipped:
        raise typer.Exit(FAILED_INPUTS)


@index_app.command()
def sync(
    folders: Annotated[list[Path], typer.Argument(help="Folders to mirror.", show_default=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="Let a folder without files remove what came from it.")
    ] = False,
    collection: Annotated[str, typer.Option(help="Collection to sync with.")] = "default",
    follow_links: FollowLinksOption = False,
    as_json: JsonOption = False,
    index: IndexOption = None,
    config: ConfigOption = None,
) -> None:
    """Mirror folders: add, change, move and remove documents as their files did, in one step that `undo` takes back.

    Documents that were added on their own stay. Exit code 1 where a file cannot be read; what it gave before is kept.
    """
    from index.display import printable
    from rag.assemble import open_index

    with TemporaryDirectory() as nowhere:
        settings = settings_from(config, index=index)
        if dry_run and not settings.index.exists():
            # Nothing is made for a look, not even an empty index.
            settings = settings_from(config, index=Path(nowhere))
        with open_index(settings, create=True) as opened, progress_bar("passages") as progress:
            report = opened.sync(
                folders, collection=collection, dry_run=dry_run, allow_empty=allow_empty, follow_links=follow_links,
                progress=progress,
            )  # fmt: skip
    if as_json:
        print_json(asdict(report))
    else:
        plan = report.plan
        for change in plan.changes():
            typer.echo(change)
        for warning in plan.warnings:
            print_error(f"note: {printable(warning)}")
        _print_skipped(plan.unreadable)
        state = "nothing was done" if dry_run else f"generation {report.generation}"
        typer.echo(f"{report.summary}; {state}")
    if report.plan.unreadable:
        raise typer.Exit(FAILED_INPUTS)


@index_app.command("list")
def list_documents(as_json: JsonOption = False, index: IndexOption = None, config: ConfigOption = None) -> None:
    """List the documents: id, kind, date, outlet, title."""
    from index.display import printable
    from rag.assemble import open_index
    from rag.citations import describe

    with open_index(settings_from(config, index=index)) as opened:
        documents = [describe(document) | {"source": document.source} for document in opened.documents()]
    if as_json:
        print_json(documents)
        return
    for document in documents:
        fields = (document[name] or "-" for name in ("document", "kind", "published", "outlet", "title"))
        typer.echo("\t".join(printable(str(field)) for field in fields))


@index_app.command("remove")
def remove_documents(
    documents: Annotated[list[str], typer.Argument(help="Document ids, or paths or addresses they were read from.")],
    as_json: JsonOption = False,
    index: IndexOption = None,
    config: ConfigOption = None,
) -> None:
    """Remove documents; an article's related headlines go with it. Files that could not be read are forgotten."""
    from index.catalog.unreadable import real_path
    from rag.assemble import open_index

    with open_index(settings_from(config, index=index)) as opened:
        sources = {str(Path(name).absolute()) for name in documents} | set(documents)
        from_paths = [document.id for document in opened.documents() if document.source in sources]
        removed = opened.remove([*documents, *from_paths])
        forgotten = opened.forget_unreadable([real_path(Path(name)) for name in documents if name])
    unread = f"; {forgotten} unreadable file{'' if forgotten == 1 else 's'} forgotten" if forgotten else ""
    print_result({"removed": removed, "forgotten": forgotten}, f"removed {removed} documents{unread}", as_json=as_json)
    if not removed and not forgotten:
        raise typer.Exit(NOTHING_FOUND)


@index_app.command()
def info(
    questions: Annotated[
        int, typer.Option(min=0, max=50, help="Also so many questions that the archive answers; each is tried.")
    ] = 0,
    seed: Annotated[int, typer.Option(help="Another seed tries other questions.")] = 0,
    seconds: Annotated[float, typer.Option(min=1, help="Most time to look for questions.")] = 60.0,
    as_json: JsonOption = False,
    index: IndexOption = None,
    config: ConfigOption = None,
) -> None:
    """Show what the index holds, what it lacks and how it was made."""
    from index.card import read_card
    from ui.cli.terminal import card_text

    settings = settings_from(config, index=index)
    card = read_card(settings.index)
    found = None
    if questions:
        from ui.web.page.examples import example_questions

        def look() -> Examples:
            from eval.generation.examples import examples
            from rag.assemble import build_chain, open_index

            with open_index(settings) as opened:
                return examples(build_chain(opened, settings), questions, seed=seed, seconds=seconds)

        found = example_questions(settings, card.info.generation, questions, look, seed=seed)
    questions_found = {"questions": asdict(found)} if found else {}
    print_result(card.to_json() | questions_found, card_text(card, found), as_json=as_json)


@index_app.command("undo")
def undo_change(as_json: JsonOption = False, index: IndexOption = None, config: ConfigOption = None) -> None:
    """Take back the last change; a second undo takes the first one back."""
    from index.maintenance import backup

    settings = settings_from(config, index=index)
    with backup.open_for_maintenance(settings.index, settings.engine) as engine, engine.writing():
        generation = backup.undo(engine)
    print_result({"generation": generation}, f"undone; this is generation {generation}", as_json=as_json)


@index_app.command("check")
def check_index(as_json: JsonOption = False, index: IndexOption = None, config: ConfigOption = None) -> None:
    """Read and hash everything; name what is wrong and what mends it, and exit 1 then."""
    from index.display import printable
    from index.maintenance import integrity

    problems = integrity.check(settings_from(config, index=index).index)
    lines = [f"{problem.where}: {printable(problem.what)}; mend it: {problem.cure}" for problem in problems]
    print_result([asdict(problem) for problem in problems], "\n".join(lines) or "all is well", as_json=as_json)
    if problems:
        raise typer.Exit(FAILED_INPUTS)


@index_app.command("repair")
def repair_index(as_json: JsonOption = False, index: IndexOption = None, config: ConfigOption = None) -> None:
    """Make what is derived anew from the catalog, and drop what belongs to nothing; no document is lost."""
    from index.maintenance import integrity

    done = integrity.repair(settings_from(config, index=index).index)
    print_result(done, "\n".join(done) or "there was nothing to repair", as_json=as_json)


@index_app.command("backup")
def backup_index(
    destination: DestinationArgument,
    as_json: JsonOption = False,
    index: IndexOption = None,
    config: ConfigOption = None,
) -> None:
    """Copy the index as it is at one moment, even while others write; the copy is an index."""
    from index.maintenance import backup

    settings = settings_from(config, index=index)
    with backup.open_for_maintenance(settings.index, settings.engine) as engine:
        backup.back_up(engine, destination)
    print_result({"backup": str(destination)}, f"backed up; restore with --index {destination}", as_json=as_json)


@index_app.command("export")
def export_documents(
    destination: DestinationArgument,
    as_json: JsonOption = False,
    index: IndexOption = None,
    config: ConfigOption = None,
) -> None:
    """Write all documents to corpus.jsonl in a new folder, as BEIR has it."""
    from index.maintenance import backup

    settings = settings_from(config, index=index)
    with backup.open_for_maintenance(settings.index, settings.engine) as engine:
        documents = backup.export(engine, destination)
    written = destination / backup.CORPUS
    print_result({"documents": documents}, f"wrote {documents} documents to {written}", as_json=as_json)


@index_app.command("compact")
def compact_index(as_json: JsonOption = False, index: IndexOption = None, config: ConfigOption = None) -> None:
    """Give back the space of what neither the index nor an undo needs."""
    from index.maintenance import backup

    settings = settings_from(config, index=index)
    with backup.open_for_maintenance(settings.index, settings.engine) as engine:
        done = backup.compact(engine, settings.index)
    sizes = f"{done.before_bytes:,} -> {done.after_bytes:,} bytes"
    print_result(asdict(done), f"{sizes}; {done.vectors} embeddings dropped", as_json=as_json)


def _print_skipped(inputs: Sequence[Skipped]) -> None:
    """What was skipped and why; in a file or a pipe each input on a line of its own, for programs to search."""
    if not inputs:
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from index.display import printable

    rows = [(printable(skipped.path), printable(skipped.reason)) for skipped in inputs]
    console = Console(stderr=True)
    if not console.is_terminal:
        for path, reason in rows:
            print_error(f"skipped {path}: {reason}")
        return
    table = Table("skipped", "why", title=f"{len(rows)} inputs skipped", title_justify="left")
    for path, reason in rows:
        table.add_row(Text(path, overflow="fold"), Text(reason))
    console.print(table)
