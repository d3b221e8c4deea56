"""Feeds: what they give, and what tries to get out of them or to grow in them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from files import AUTHOR, OUTLET, PARAGRAPHS, TITLE, URL, feed, read, texts
from hypothesis import given, strategies as st

from index.errors import InputError, MalformedInput, TooLarge, UnsupportedFormat
from index.loaders import Limits

pytestmark = pytest.mark.usefixtures("within_seconds")


ATOM = f"""<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>{OUTLET}</title>
<entry><title type="html">{TITLE} &amp;amp; a quay</title><link rel="enclosure" href="http://10.0.0.1/a.mp3"/>
<link rel="alternate" href="{URL}"/><author><name>{AUTHOR}</name></author><updated>2025-05-04T08:00:00Z</updated>
<published>2025-05-03T08:00:00Z</published><summary>Short.</summary><content type="xhtml">
<div xmlns="http://www.w3.org/1999/xhtml"><p>{PARAGRAPHS[0]}</p><p>{PARAGRAPHS[1]}</p></div></content></entry>
<entry><title>Second</title><summary>{PARAGRAPHS[2]}</summary></entry></feed>""".encode()


@pytest.mark.parametrize("name", ["a.atom", "a.xml", "a", "a.txt"])
def test_each_entry_of_an_atom_feed_is_a_document(name: str) -> None:
    first, second = read(name, ATOM).documents
    assert (first.title, first.outlet, first.authors) == (f"{TITLE} & a quay", OUTLET, (AUTHOR,))
    assert (first.published, first.url, first.language) == (date(2025, 5, 3), URL, "en")
    assert first.text == "\n\n".join(PARAGRAPHS[:2])
    assert (second.title, second.text, second.url) == ("Second", PARAGRAPHS[2], "")


def test_the_whole_content_goes_before_the_summary_and_a_picture_says_nothing() -> None:
    item = (
        "<item xmlns:content='http://purl.org/rss/1.0/modules/content/' xmlns:media='http://search.yahoo.com/mrss/'>"
        f"<media:title>A picture</media:title><title>Bridge</title><description>Short.</description>"
        f"<content:encoded><![CDATA[<p>{PARAGRAPHS[0]}</p><script>x</script><p hidden>No.</p>]]></content:encoded>"
        f"<author>jane@harbour.example ({AUTHOR})</author><guid isPermaLink='false'>{URL}</guid></item>"
    )
    (document,) = read("a.rss", feed(item)).documents
    assert (document.title, document.text, document.authors) == ("Bridge", PARAGRAPHS[0], (AUTHOR,))
    assert document.url == ""


def test_an_rdf_feed_and_one_in_utf_16() -> None:
    rdf = (
        '<?xml version="1.0" encoding="utf-16"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://purl.org/rss/1.0/"><channel><title>Island Wire</title></channel>'
        f"<item><title>Bridge</title><link>{URL}</link><description>{PARAGRAPHS[0]}</description></item></rdf:RDF>"
    )
    (document,) = read("a.rdf", rdf.encode("utf-16")).documents
    assert (document.outlet, document.url, document.text) == ("Island Wire", URL, PARAGRAPHS[0])


def test_one_entry_without_text_costs_only_itself() -> None:
    loaded = read("a.rss", feed("<item/>", f"<item><description>{PARAGRAPHS[0]}</description></item>"))
    assert texts(loaded) == [PARAGRAPHS[0]]
    assert "entry 1 is skipped" in loaded.warnings[0]
    with pytest.raises(MalformedInput, match="nothing can be read"):
        read("a.rss", feed("<item/>"))


def test_a_feed_that_is_cut_is_read_with_a_warning() -> None:
    loaded = read("a.rss", feed()[:-30].replace(b"Sat,", b"&nbsp; Sat,"))
    assert loaded.documents[0].title == TITLE
    assert "not well-formed" in loaded.warnings[0]


LAUGHS = '<!DOCTYPE rss [<!ENTITY a0 "ha">' + "".join(
    f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 20)
) + "]>"  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(
    "head",
    [
        LAUGHS,
        '<!DOCTYPE rss [<!ENTITY a19 SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE rss [<!ENTITY a19 SYSTEM "http://127.0.0.1:9/">]>',
        '<!DOCTYPE rss [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd"> %p;]>',
        "<!DOCTYPE rss [<!-- <rss> --><!ENTITY a19 'x'>]>",
    ],
    ids=["laughs", "file", "address", "parameter", "hidden"],
)
def test_a11_entities_in_a_feed_are_refused(head: str, encoding: str) -> None:
    bomb = feed("<item><title a='&a19;'>x</title><description>&a19; pier</description></item>", head=head)
    with pytest.raises(MalformedInput, match="declares entities"):
        read("a.rss", bomb.decode().replace("utf-8", encoding).encode(encoding))


def test_a11_an_external_definition_is_never_read(tmp_path: Path) -> None:
    (tmp_path / "feed.dtd").write_text('<!ENTITY secret "Not for readers.">')
    head = f'<!DOCTYPE rss SYSTEM "{(tmp_path / "feed.dtd").as_uri()}">'
    (document,) = read(
        "a.rss", feed("<item><description>The pier &secret; is closed.</description></item>", head=head)
    ).documents
    assert "The pier" in document.text
    assert "readers" not in document.text


@pytest.mark.parametrize("root", ["svg", "urlset", "sitemapindex"])
def test_a11_other_xml_is_refused_unread(root: str) -> None:
    with pytest.raises(UnsupportedFormat, match=rf"XML \({root}\)"):
        read(
            "a.xml",
            f'<?xml version="1.0"?>{LAUGHS}<{root}>&a19;</{root}>'.replace("DOCTYPE rss", f"DOCTYPE {root}").encode(),
        )


def test_a11_entries_and_depth_are_limited() -> None:
    with pytest.raises(TooLarge, match="5 entries and the limit max_records is 4"):
        read("a.rss", feed(*["<item/>"] * 5), Limits(max_records=4))
    item = f"<item><description>{PARAGRAPHS[0]}</description></item>"
    loaded = read("a.rss", feed(item, "<a>" * 100_000))
    assert texts(loaded) == [PARAGRAPHS[0]]
    assert loaded.warnings


@given(st.binary(max_size=200), st.integers(0, 600), st.integers(0, 60))
def test_a_damaged_feed_is_read_or_refused(noise: bytes, place: int, length: int) -> None:
    data = feed()
    try:
        loaded = read("a.rss", data[:place] + noise + data[place + length :])
    except InputError:
        return
    for document in loaded.documents:
        document.text.encode()


def test_b6_a_feed_is_only_ever_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.rss").write_bytes(feed())
    for name in (str(tmp_path / "a.rss"), "http://127.0.0.1:9/a.rss"):
        (document,) = read("note.txt", name.encode()).documents
        assert document.text == name
