"""The `dateline` command. Nothing heavy is imported before a command runs, so `--help` answers at once.

Exit codes: 0 done; 1 some inputs failed; 2 wrong usage or an error; 3 nothing found; 4 a figure missed its gate;
130 interrupted.
"""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from index.errors import DatelineError
from ui.cli.evaluation import eval_app
from ui.cli.index import index_app
from ui.cli.options import ConfigOption, FullOption, IndexOption, JsonOption, KOption, settings_from
from ui.cli.shell import FAILED_INPUTS, NOTHING_FOUND, DatelineGroup, print_error, print_json, print_result

if TYPE_CHECKING:
    from rag.chain import AnswerChain
    from rag.question.question import Turn

app = typer.Typer(
    cls=DatelineGroup,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Questions and answers over a news archive; every sentence is cited to the exact characters.",
    epilog="Exit codes: 0 done, 1 some inputs failed, 2 error, 3 nothing found, 4 gate missed, 130 interrupted.",
)
app.add_typer(index_app, name="index")
app.add_typer(eval_app, name="eval")


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"dateline {version('dateline')}")
        raise typer.Exit


@app.callback()
def global_options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Set what must be set before any library is imported."""
    from index.offline import go_offline

    go_offline()


QuestionArgument = Annotated[
    str, typer.Argument(help="The question; '-' reads one question a line from standard input.")
]


@app.command()
def ask(
    question: QuestionArgument,
    as_json: JsonOption = False,
    full: FullOption = False,
    dates: Annotated[
        bool, typer.Option("--dates/--no-dates", help="Whether dates in the question say which passages come first.")
    ] = True,
    k: KOption = None,
    index: IndexOption = None,
    config: ConfigOption = None,
) -> None:
    """Answer a question with cited sentences, or say that the corpus does not hold the answer."""
    from rag.assemble import open_chain

    chain = open_chain(settings_from(config, index=index, k=k))
    with chain.index:
        if question == "-":
            _ask_lines(chain, as_json, dates, full)
            return
        answer = chain.answer(question, dates=dates)
        if as_json:
            print_json(answer.to_json(full=full))
        else:
            typer.echo(str(answer))
    if not answer.answered:
        raise typer.Exit(NOTHING_FOUND)


def _ask_lines(chain: AnswerChain, as_json: bool, dates: bool, full: bool) -> None:
    """Answer standard input line by line; a line that is no question is reported and the next one goes on."""
    failed = False
    for line in filter(None, map(str.strip, sys.stdin)):
        try:
            answer = chain.answer(line, dates=dates)
        except DatelineError as error:
            failed = True
            print_error(str(error))
            if as_json:
                row = {"question": line, "error": {"type": type(error).__name__, "message": str(error)}}
                print_json(row, one_line=True)
            continue
        if as_json:
            print_json(answer.to_json(full=full), one_line=True)
        else:
            typer.echo(f"> {answer.question}\n{answer}\n")
    if failed:
        raise typer.Exit(FAILED_INPUTS)


@app.command()
def chat(index: IndexOption = None, k: KOption = None, config: ConfigOption = None) -> None:
    """Talk with the archive in the terminal; an empty line or Ctrl-D ends it."""
    from rag.assemble import open_chain

    history: list[Turn] = []
    chain = open_chain(settings_from(config, index=index, k=k))
    with chain.index:
        info = chain.index.info()
        print_error(f"{info.documents} documents, {info.passages} passages. An empty line ends the conversation.")
        while True:
            try:
                line = input("> " if sys.stdin.isatty() else "").strip()
            except EOFError:
                break
            if not line:
                break
            try:
                answer = chain.answer(line, history)
            except DatelineError as error:
                print_error(str(error))
                continue
            typer.echo(f"{answer}\n")
            history.append(answer.turn)


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="What to look for.")],
    as_json: JsonOption = False,
    full: FullOption = False,
    k: KOption = None,
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Published on or after.")] = None,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Published on or before.")] = None,
    outlet: Annotated[list[str] | None, typer.Option(help="Only this outlet; may be repeated.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only 'article' or 'headline'.")] = None,
    collection: Annotated[list[str] | None, typer.Option(help="Only this collection; may be repeated.")] = None,
    index: IndexOption = None,
    config: ConfigOption = None,
) -> None:
    """Find passages, with their rank in every stage of the search."""
    from index.documents import Filters, Hits
    from rag.answer import passage_json
    from rag.assemble import open_index
    from rag.question.question import Question
    from ui.cli.options import kinds_from

    settings = settings_from(config, index=index, k=k)
    filters = Filters(
        since=since.date() if since else None,
        until=until.date() if until else None,
        outlets=tuple(outlet or ()),
        kinds=kinds_from(kind),
        collections=tuple(collection or ()),
    )
    with open_index(settings) as opened:
        hits = opened.search(Question.of(query).text, settings.k, filters)
    print_result([passage_json(hit, full=full) for hit in hits], str(Hits(hits)), as_json=as_json)
    if not hits:
        raise typer.Exit(NOTHING_FOUND)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; only this machine by default.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 7860,
    feedback: Annotated[
        bool,
        typer.Option("--feedback/--no-feedback", help="Whether to ask if answers are right, and keep the verdicts."),
    ] = True,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(help="Name, without port, under which a proxy serves the page; may be repeated."),
    ] = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(help="Origin of a page that may post, such as https://news.example; may be repeated."),
    ] = None,
    trust_proxy: Annotated[
        list[str] | None,
        typer.Option(help="Address or network of a proxy whose X-Forwarded-For is believed; may be repeated."),
    ] = None,
    index: IndexOption = None,
    k: KOption = None,
    config: ConfigOption = None,
) -> None:
    """Serve the chat page and print its address."""
    from ui.web.server import serve_page

    settings = settings_from(
        config,
        index=index,
        k=k,
        allowed_hosts=tuple(allow_host) if allow_host else None,
        allowed_origins=tuple(allow_origin) if allow_origin else None,
        trusted_proxies=tuple(trust_proxy) if trust_proxy else None,
    )
    serve_page(settings, host=host, port=port, feedback=feedback)


@app.command("settings")
def list_settings(as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """List every setting: what it does, how it is set, its value, and where that comes from.

    A settings file (`--config`, or the variable DATELINE_CONFIG) has a line such as `k = 20` for each that it sets; a
    variable, such as DATELINE_K=20, comes before it. A list is written as it is shown, in both.
    """
    from dataclasses import asdict

    from rag.config import Settings
    from ui.cli.terminal import settings_text

    reports = Settings.explain(config)
    print_result([asdict(report) for report in reports], settings_text(reports), as_json=as_json)


@app.command()
def doctor(
    as_json: JsonOption = False,
    watch: Annotated[
        float, typer.Option(min=0, max=3600, help="Seconds to go on watching the network after the question.")
    ] = 1.0,
    clean: Annotated[
        bool, typer.Option("--clean", help="Remove the files that ONNX Runtime's telemetry keeps for this user.")
    ] = False,
    index: IndexOption = None,
    config: ConfigOption = None,
) -> None:
    """Report versions, model and index, and watch a question's network use; exit 1 if something is wrong."""
    from ui.cli.terminal import findings_text
    from ui.doctor.doctor import examine

    findings = examine(settings_from(config, index=index), watch=watch, clean=clean)
    print_result([finding.to_json() for finding in findings], findings_text(findings), as_json=as_json)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(FAILED_INPUTS)
