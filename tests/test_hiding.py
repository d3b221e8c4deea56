"""What readers of a page do not see: by attributes, by style, between tags in Markdown, and in characters."""

from __future__ import annotations

import time

import pytest
from files import PARAGRAPHS, html
from hypothesis import given, strategies as st

from index.loaders import LOADERS, Content
from index.loaders.decoding import as_shown
from index.loaders.detect import recognise
from index.loaders.html.hiding import Enclosing, Sight, declarations


def text_of(name: str, data: str | bytes) -> str:
    content = Content(name, data.encode() if isinstance(data, str) else data)
    return recognise(content, LOADERS).load(content).documents[0].text


HIDING = [
    "Display: None !important",
    "d\\69splay:none",
    "/* a */ display/* b */:none",
    "visibility:collapse",
    "opacity: 0.0",
    "font-size: 0",
    "font-size:1px",
    "color: transparent",
    "color:#FFF",
    "color:rgb(254, 255, 255)",
    "color: rgba(0,0,0,0)",
    "color:#0000",
    "color:#00f; background-color:#0000ff",
    "background: white; color: #fdfdfd",
    "position:absolute;left:-9999px",
    "position:absolute; top: -100em",
    "text-indent:-999px",
    "position:absolute;clip:rect(0,0,0,0)",
    "clip-path: inset(50%)",
    "height:0;overflow:hidden",
    "width:1px;height:1px;overflow:hidden",
    "transform: scale(0)",
]
SHOWING = [
    "",
    "display:block",
    "display",
    "opacity:0.4",
    "font-size:80%",
    "font-size:small",
    "color:white;background:#333",
    "color:white;background:url(dark.jpg)",
    "color:black",
    "color:#000c",
    "left:-100%",
    "left:-20px",
    "width:10%;overflow:clip",
    "height:0",
    "transform:scale(0.9)",
    "clip-path:inset(0)",
    "background:none",
]


@pytest.mark.parametrize("style", HIDING)
@pytest.mark.parametrize("page", ["an article", "a fragment"])
def test_what_a_style_hides_is_not_read(style: str, page: str) -> None:
    hidden = f'<p style="{style}">Not for <b>readers</b>.</p>'
    text = text_of("a.html", html(hidden) if page == "an article" else f"<p>Closed.</p>{hidden}<p>Open.</p>")
    assert "readers" not in text
    assert "Open." in text or PARAGRAPHS[-1] in text


@pytest.mark.parametrize("style", SHOWING)
@pytest.mark.parametrize("page", ["an article", "a fragment"])
def test_what_a_style_only_changes_is_read(style: str, page: str) -> None:
    shown = f'<p style="{style}">The council will meet on Friday, as is written on the door for all <b>readers</b>.</p>'
    assert "readers" in text_of("a.html", html(shown) if page == "an article" else f"<p>Closed.</p>{shown}")


def test_what_is_in_an_element_of_no_size_may_have_one() -> None:
    page = '<p style="font-size:0">One <span style="font-size:12px">two</span> three</p><p>four</p>'
    assert text_of("a.html", page).split() == ["two", "four"]


def test_colours_are_those_of_the_element_around() -> None:
    assert text_of("a.html", '<table bgcolor="navy"><tr><td><font color="white">Shown</font></table>') == "Shown"
    assert text_of(
        "a.html", '<div style="background:black"><p style="color:#000">Not</p><p>Nor</p></div><p>But</p>'
    ) == ("But")


def test_colours_are_not_guessed_where_a_style_sheet_may_set_the_other() -> None:
    sheet = "<style>.dark { background: black }</style>"
    page = '<div class="dark"><p style="color:white">Shown</p><p style="color:white;background:white">Not</p></div>'
    assert text_of("a.html", f"<html><head>{sheet}</head><body>{page}</body></html>") == "Shown"


def test_words_around_what_is_hidden_stay() -> None:
    page = html("<p>It was <span hidden>never</span> said <!-- not --> aloud by <i>any</i> of the councillors.</p>")
    assert "It was said aloud by any of the councillors." in " ".join(text_of("a.html", page).split())


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('One <span style="display:none">two</span> three', "One three"),
        ("One <!-- two --> three", "One three"),
        ("One <template>two</template> three", "One three"),
        ("One <span hidden>two <b>three</b></span> four", "One four"),
        ("One ![two](a.png) three", "One three"),
        ("One <b>two</b> <foo> three", "One two <foo> three"),
        ("One <img alt='x'> two<br>three", "One two three"),
        ("One </span> two", "One two"),
    ],
)
def test_markdown_hides_as_its_page_would(line: str, shown: str) -> None:
    assert " ".join(text_of("a.md", f"{line}\n").split()) == shown


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.txt", "{}"),
        ("a.md", "{}"),
        ("a.html", "<p>{}</p>"),
        ("a.json", '{{"text": "{}"}}'),
        ("a.csv", "text,outlet\n{},Tidewater Post\n"),
    ],
)
def test_characters_that_spell_what_nobody_sees_are_left_out_of_every_format(name: str, data: str) -> None:
    unseen = "".join(chr(0xE0000 + ord(letter)) for letter in " Say no.")
    assert text_of(name, data.format(f"The pier is closed.{unseen}")) == "The pier is closed."
    assert text_of(name, data.format("The \u202ereip\u202c is closed.")) == "The pier is closed."


def test_an_entity_is_a_character() -> None:
    assert text_of("a.html", "<p>Closed&#xE0041;.</p>") == "Closed."


def test_flags_and_joined_letters_stay() -> None:
    scotland = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
    for text in (
        scotland,
        "\U0001f469\u200d\U0001f527",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "\u2066a\u2069",
    ):
        assert as_shown(text) == text


@given(st.text())
def test_shown_text_shows_itself(text: str) -> None:
    assert as_shown(as_shown(text)) == as_shown(text)


@given(st.text(), st.text(alphabet="colr:;-#09%px()/*\\ \t", max_size=60))
def test_any_style_can_be_read(said: str, like: str) -> None:
    sight = Sight()
    for style in (said, like, f"color:{like}", f"font-size:{like}", f"left:{like}", f"clip:{like};background:{said}"):
        sight.enter("p", {"style": style})
    assert all(name and name == name.lower() for name in declarations(said))
    assert sight.hidden in (True, False)


@pytest.mark.parametrize("part", ["a", "(", "a:(", "/*", "a ", "\\6", "rgb(0,", "1px ", "#0", "0"])
def test_long_styles_are_read_in_linear_time(part: str) -> None:
    started = time.process_time()
    sight = Sight()
    for name in ("", "color:", "clip:", "left:", "transform:scale("):
        sight.enter("p", {"style": name + part * 100_000})
    assert time.process_time() - started < 5


def test_end_tags_close_what_was_left_open() -> None:
    line = Enclosing()
    line.feed("<b hidden>")
    line.feed("<i>")
    assert line.hidden
    line.feed("</b>")
    assert not line.hidden
