"""One story as a file of every format that is read, for the tests of the loaders."""

from __future__ import annotations

import csv
import io
import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.message import EmailMessage
from xml.sax.saxutils import escape

from docx import Document as WordDocument

from index.loaders import LOADERS, Content, Limits, Loaded
from index.loaders.detect import recognise

TITLE = "Council approves new bridge"
OUTLET = "Harbour Gazette"
AUTHOR = "Jane Roe"
URL = "https://harbour.example/bridge"
PARAGRAPHS = (
    "The council of Saltmarsh voted on Monday to build a bridge over the river, by seven votes to two.",
    "Work starts in autumn and will take three years, the mayor said after the vote.",
    "Residents of the quay learned of the plan from the radio, and some of them want to go to court.",
)
RECORD = {
    "id": "bridge", "headline": TITLE, "publisher": OUTLET, "byline": f"By {AUTHOR}", "pubDate": "2025-05-03",
    "link": URL, "lang": "en", "body": "\n\n".join(PARAGRAPHS),
}  # fmt: skip
CARRIES = {
    "text": {"outlet", "url", "language"},
    "markdown": {"outlet", "url", "language"},
    "html": {"outlet", "url", "language"},
    "pdf": set(),
    "docx": {"language"},
    "zip": {"outlet", "url", "language"},
    "feed": {"outlet", "url", "language"},
    "eml": set(),
    "json": {"outlet", "url", "language"},
    "jsonl": {"outlet", "url", "language"},
    "csv": {"outlet", "url", "language"},
}
"""What a format can say of a text, beyond the title, the author and the date that all of them can."""

SUFFIXES = {"text": ".txt", "markdown": ".md"}


def suffix_of(name: str) -> str:
    return SUFFIXES.get(name, f".{name}")


def story(name: str) -> bytes:
    """The story in the format of the loader of that name."""
    return _WRITERS[name]()


def text() -> bytes:
    header = f"Title: {TITLE}\nOutlet: {OUTLET}\nAuthor: {AUTHOR}\nDate: 2025-05-03\nURL: {URL}\nLanguage: en"
    return "\n\n".join([header, *PARAGRAPHS]).encode()


def markdown() -> bytes:
    front = f"---\ntitle: {TITLE}\noutlet: {OUTLET}\nauthors: [{AUTHOR}]\ndate: 2025-05-03\nurl: {URL}\nlang: en\n---"
    return "\n\n".join([front, *PARAGRAPHS]).encode()


def html(body: str = "", head: str = "") -> bytes:
    paragraphs = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{TITLE}</title>
<meta property="og:title" content="{TITLE}"><meta property="og:site_name" content="{OUTLET}">
<meta name="author" content="{AUTHOR}"><meta property="article:published_time" content="2025-05-03T08:00:00Z">
<link rel="canonical" href="{URL}"><meta property="og:url" content="{URL}">{head}</head>
<body><nav><a href="/">Home</a> <a href="/sport">Sport</a></nav>
<article><h1>{TITLE}</h1>{paragraphs}{body}</article>
<footer><p>Terms of use of this site</p></footer></body></html>""".encode()


def json_file() -> bytes:
    return json.dumps({"articles": [RECORD]}, indent=1).encode()


def jsonl() -> bytes:
    return (json.dumps(RECORD) + "\n").encode()


def csv_file(*rows: Mapping[str, str], delimiter: str = ",") -> bytes:
    table = io.StringIO()
    writer = csv.DictWriter(table, list((rows or [RECORD])[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows or [RECORD])
    return table.getvalue().encode()


def docx(document: object = None) -> bytes:
    """A Word document; the story where none is given."""
    if document is None:
        document = WordDocument()
        core = document.core_properties
        core.title, core.author, core.language = TITLE, AUTHOR, "en"
        core.created = datetime(2025, 5, 3)
        for paragraph in PARAGRAPHS:
            document.add_paragraph(paragraph)
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def zipped(**members: bytes) -> bytes:
    """A zip archive of these members; of the story as a page where none are given."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (members or {"news/bridge.html": html()}).items():
            archive.writestr(name, data)
    return written.getvalue()


def feed(*items: str, head: str = "") -> bytes:
    """An RSS feed of these items; of the story where none are given."""
    body = escape("".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS))
    story = (
        f"<item><title>{TITLE}</title><link>{URL}</link><dc:creator>{AUTHOR}</dc:creator>"
        f"<pubDate>Sat, 03 May 2025 08:00:00 GMT</pubDate><description>{body}</description></item>"
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?>{head}<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<channel><title>{OUTLET}</title><language>en</language>{''.join(items or [story])}</channel></rss>"
    ).encode()


def eml(*attachments: tuple[str, bytes], page: str = "", text: str = "\n\n".join(PARAGRAPHS)) -> bytes:
    """An e-mail of the story, in plain text and, where one is given, as a page, with named attachments."""
    message = EmailMessage()
    message["From"] = f"{AUTHOR} <jane.roe@harbour.example>"
    message["To"] = "desk@tidewater.example"
    message["Subject"] = TITLE
    message["Date"] = "Sat, 03 May 2025 08:00:00 +0000"
    message["Message-ID"] = "<bridge@harbour.example>"
    message.set_content(text)
    if page:
        message.add_alternative(page, subtype="html")
    for name, data in attachments:
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def pdf(pages: Sequence[Sequence[str]] | None = None, info: Mapping[str, str] | None = None) -> bytes:
    """A PDF of lines of text in Helvetica, written by hand; the story, wrapped, where none are given."""
    if pages is None:
        pages = [[line for paragraph in PARAGRAPHS for line in (*wrapped(paragraph), "")]]
        info = {"Title": TITLE, "Author": AUTHOR, "CreationDate": "D:20250503080000Z"}
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for lines in pages:
        shown = "".join(f"({_escaped(line)}) Tj T* " for line in lines)
        stream = f"BT /F1 11 Tf 14 TL 50 780 Td {shown}ET"
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
        kids.append(f"{len(objects) + 1} 0 R")
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> "
            f"/Contents {len(objects)} 0 R >>"
        )
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    objects.append("<< " + " ".join(f"/{key} ({_escaped(value)})" for key, value in (info or {}).items()) + " >>")
    return assembled(objects)


def wrapped(paragraph: str, width: int = 60) -> list[str]:
    lines = [""]
    for word in paragraph.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def assembled(objects: Sequence[str]) -> bytes:
    """A PDF of these objects: the catalogue first, the metadata last."""
    written = "%PDF-1.4\n"
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(written))
        written += f"{number} 0 obj\n{body}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    return (
        f"{written}xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
        f"trailer << /Size {len(objects) + 1} /Root 1 0 R /Info {len(objects)} 0 R >>\n"
        f"startxref\n{len(written)}\n%%EOF"
    ).encode("latin-1")


def page_of(stream: bytes, *others: str, resources: str = "/Font << /F1 3 0 R >>") -> bytes:
    """A PDF of one page that is drawn by a compressed stream; `others` are its objects from number 6 on."""
    packed = zlib.compress(stream).decode("latin-1")
    return assembled([
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [5 0 R] /Count 1 >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        f"<< /Length {len(packed)} /Filter /FlateDecode >>\nstream\n{packed}\nendstream",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << {resources} >> /Contents 4 0 R >>",
        *others,
        "<< >>",
    ])  # fmt: skip


def _escaped(line: str) -> str:
    return line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


_WRITERS = {
    "text": text, "markdown": markdown, "html": html, "pdf": pdf, "docx": docx, "json": json_file, "jsonl": jsonl,
    "csv": csv_file, "zip": zipped, "feed": feed, "eml": eml,
}  # fmt: skip


def read(name: str, data: bytes | str, limits: Limits | None = None) -> Loaded:
    """What the loader that recognises these bytes makes of them, in this process."""
    content = Content(name, data.encode() if isinstance(data, str) else data, limits or Limits())
    return recognise(content, LOADERS).load(content)


def texts(loaded: Loaded) -> list[str]:
    return [document.text for document in loaded.documents]
