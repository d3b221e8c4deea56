"""Pages and feeds by their address: what becomes of them, and that nothing in them can choose what is fetched."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from files import AUTHOR, OUTLET, PARAGRAPHS, TITLE, feed, html, jsonl, pdf
from typer.testing import CliRunner
from web import Web, drip, reply, web

from index.embedders.hashing import HashingEmbedder
from index.fetching.pages import load_addresses
from index.loaders import Loaded, Skipped
from index.search import Index
from rag.assemble import open_index
from rag.config import Settings
from ui.cli import app


def loaded(net: Web, url: str, feed_items: int = 20) -> list[Loaded | Skipped]:
    return list(load_addresses([url], collection="web", feed_items=feed_items, fetch=net.fetcher()))


def only(found: list[Loaded | Skipped]) -> Loaded:
    (one,) = found
    assert isinstance(one, Loaded), one
    return one


def skipped(found: list[Loaded | Skipped]) -> list[tuple[str, str]]:
    return [(one.path, one.reason) for one in found if isinstance(one, Skipped)]


def item(number: int, link: str, day: int = 1) -> str:
    return (
        f"<item><title>Number {number}</title><link>{link}</link>"
        f"<pubDate>{day:02} May 2025</pubDate><description>From the feed.</description></item>"
    )


def test_a_page_is_an_article_under_its_final_address() -> None:
    related = "<p>Also see:</p><ul><li><a href='/x'>Ferry fares to rise in May</a></li></ul>"
    moved = reply(b"", "Location: https://news.example/", status="301 Moved").replace(b"https:", b"http:")
    with web(news=reply(html(related), "Set-Cookie: a=b"), old=moved) as net:
        article, headline = only(loaded(net, "http://old.example/bridge")).documents
    assert (article.title, article.authors, article.outlet) == (TITLE, (AUTHOR,), OUTLET)
    assert (article.published, article.collection) == (date(2025, 5, 3), "web")
    # The page claims to be another one; where it was found is what counts.
    assert (article.source, article.url) == ("http://news.example/", "http://news.example/")
    assert (headline.parent, headline.url) == (article.id, "http://news.example/x")


@pytest.mark.parametrize(("body", "kind"), [(pdf(), "application/pdf"), (jsonl(), "application/json")])
def test_other_formats_are_read_as_files_are(body: bytes, kind: str) -> None:
    with web(news=reply(body, kind=kind)) as net:
        (document,) = only(loaded(net, "http://news.example/a")).documents
    assert (document.title, document.source) == (TITLE, "http://news.example/a")


@pytest.mark.parametrize("stated", ["utf-8", "windows-1252", "hex", "x-unknown", "shift_jis"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_b5_a_charset_that_lies_is_survived(stated: str, encoding: str) -> None:
    page = "<!DOCTYPE html><html><body><article><h1>Café</h1><p>The café on the quay opens on Friday. </p></article>"
    with web(news=reply(page.encode(encoding), kind=f"text/html; charset={stated}")) as net:
        (document,) = only(loaded(net, "http://news.example/")).documents
    document.text.encode()
    if encoding == "utf-8" or stated != "shift_jis":
        assert "The café on the quay" in document.text


def test_a_charset_that_only_the_server_states_is_believed() -> None:
    page = "<!DOCTYPE html><html><body><article><p>Мост закрыт до июня, сообщили в порту.</p></article>".encode(
        "koi8-r"
    )
    with web(news=reply(page, kind="text/html; charset=KOI8-R")) as net:
        (document,) = only(loaded(net, "http://news.example/")).documents
    assert document.text == "Мост закрыт до июня, сообщили в порту."


def test_b4_partial_content_is_never_indexed(tmp_path: Path) -> None:
    cut = reply(html())[:-200]
    with web(news=cut, slow=lambda target: drip(reply(html())[:900], b"x", 0.05)) as net:
        pages = load_addresses(["http://news.example/", "http://slow.example/"], fetch=net.fetcher())
        with Index.create(tmp_path / "index", HashingEmbedder()) as index:
            report = index.add([], pages=pages)
            assert list(index.documents()) == []
    assert report.added == ()
    assert [skip.path for skip in report.skipped] == ["http://news.example/", "http://slow.example/"]


def test_a_page_that_changes_replaces_what_came_from_it(tmp_path: Path) -> None:
    bodies = [html(), html(), html("<p>The vote was repeated on Tuesday, with the same result.</p>")]
    with web(news=lambda target: reply(bodies.pop(0))) as net, Index.create(tmp_path, HashingEmbedder()) as index:
        reports = [index.add([], pages=load_addresses(["http://news.example/"], fetch=net.fetcher())) for _ in range(3)]
        assert [(len(r.added), r.unchanged, r.replaced) for r in reports] == [(1, 0, 0), (0, 1, 0), (1, 0, 1)]


# Feeds


def test_a_feed_leads_to_its_newest_pages() -> None:
    items = [item(1, "/1", 3), item(2, "/2", 9), item(3, "/3", 6), item(4, "/2", 9)]

    def answer(target: str) -> bytes:
        body = html(f"<p>This is page {target[1:]} of the paper.</p>")
        return reply(feed(*items), kind="application/rss+xml") if target == "/feed" else reply(body)

    with web(news=answer) as net:
        pages = loaded(net, "http://news.example/feed", feed_items=2)
        assert [only([page]).documents[0].url for page in pages] == ["http://news.example/2"]
        pages = loaded(net, "http://news.example/feed")
        assert [only([page]).documents[0].url[-1] for page in pages] == ["2", "3", "1"]


def test_an_entry_without_a_link_is_taken_from_the_feed() -> None:
    entry = f"<item><title>Bridge</title><description>{PARAGRAPHS[0]}</description></item>"
    with web(news=reply(feed(entry, entry.replace("Bridge", "Pier")), kind="text/xml")) as net:
        found = loaded(net, "http://news.example/")
    assert [only([one]).documents[0].title for one in found] == ["Bridge", "Pier"]
    assert len(net.connected) == 1


READ_FEED = """
import sys
from index.fetching.address import parse_address
from index.fetching.fetcher import Fetched
from index.fetching.pages import load_addresses

data = sys.stdin.buffer.read()
for one in load_addresses(["http://news.example/"], fetch=lambda url: Fetched(parse_address(url), data, "text/xml")):
    print(one.documents[0].title)
assert "lxml" not in sys.modules
"""


def test_a_feed_is_taken_apart_by_a_process_of_its_own() -> None:
    entry = f"<item><title>Bridge</title><description>{PARAGRAPHS[0]}</description></item>"
    done = subprocess.run([sys.executable, "-c", READ_FEED], input=feed(entry), capture_output=True, check=False)
    assert (done.stdout, done.stderr) == (b"Bridge\n", b"")


def test_b6_entries_that_point_inward_meet_the_same_guard() -> None:
    inward = [
        "http://127.0.0.1:8080/",
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
        "//[::1]/",
        "gopher://x.example/",
    ]
    items = [item(n, link) for n, link in enumerate(inward)] + [item(9, "http://inside.example/")]
    with web(news=reply(feed(*items), kind="text/xml")) as net:
        net.names["inside.example"] = [["10.0.0.8"]]
        found = loaded(net, "http://news.example/")
        assert net.connected == ["9.9.9.1"]
    assert len(skipped(found)) == len(items)
    assert all("is not fetched" in reason for _, reason in skipped(found))


def test_b6_an_enclosure_is_never_fetched_and_a_base_meets_the_guard() -> None:
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="http://127.0.0.1/"><title>x</title>'
        '<entry><title>Inward</title><link href="inner"/></entry>'
        '<entry xml:base="http://news.example/a/"><title>Good</title><link rel="enclosure" href="http://10.0.0.1/b"/>'
        '<link href="b"/></entry></feed>'
    )

    def answer(target: str) -> bytes:
        return reply(html()) if target == "/a/b" else reply(atom.encode(), kind="application/atom+xml")

    with web(news=answer) as net:
        found = loaded(net, "http://news.example/")
        assert net.connected == ["9.9.9.1", "9.9.9.1"]
    assert [path for path, _ in skipped(found)] == ["http://127.0.0.1/inner"]
    assert only([one for one in found if isinstance(one, Loaded)]).documents[0].url == "http://news.example/a/b"


def test_b6_a_feed_by_address_may_declare_no_entities() -> None:
    head = '<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    with web(news=reply(feed(item(1, "/&a;"), head=head), kind="text/xml")) as net:
        ((_, reason),) = skipped(loaded(net, "http://news.example/"))
    assert "declares entities" in reason


def test_a_feed_that_leads_to_itself_ends() -> None:
    with web(news=reply(feed(item(1, "/"), item(2, "/?again")), kind="text/xml")) as net:
        loaded(net, "http://news.example/")
        assert len(net.connected) == 3


# The command


def command(*arguments: str, index: Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["index", *arguments, "--index", str(index)])
    return result.exit_code, result.output


def test_the_command_refuses_an_address_inside_and_goes_on(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("The pier is closed until June, the harbour council said.")
    code, output = command("add", "http://127.0.0.1:9/", str(tmp_path / "a.txt"), index=tmp_path / "index")
    assert code == 1
    assert "added 1 documents" in output
    assert "skipped http://127.0.0.1:9/: http://127.0.0.1:9/ is not fetched (127.0.0.1 is no public address)" in output


def test_an_address_inside_a_file_is_text(tmp_path: Path) -> None:
    for name in ("links.txt", "links.md", "links.html"):
        (tmp_path / name).write_text(f"<p>http://127.0.0.1:9/{name}</p>")
    # A connection or a look-up would fail this test: see conftest.
    code, output = command("add", str(tmp_path), index=tmp_path / "index")
    assert (code, "added 3 documents" in output) == (0, True), output


def test_a_page_is_removed_by_its_address(tmp_path: Path) -> None:
    settings = Settings.load(None, index=tmp_path / "index")
    with web(news=reply(html())) as net, open_index(settings, create=True) as index:
        pages = load_addresses(["http://news.example/a"], fetch=net.fetcher())
        assert len(index.add([], pages=pages).added) == 1
    assert command("remove", "http://news.example/a", index=tmp_path / "index") == (0, "removed 1 documents\n")
