"""Related headlines on a news page: the words that announce them, and the headlines themselves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from index.article.bylines import date_span, read_date
from index.documents import Span

MOST_CHARACTERS = 220
MOST_WORDS = 30

_NOUN = (
    r"(?:stor(?:y|ies)|articles?|news|coverage|content|links?|headlines?|reading|reports?|posts?|topics?|videos?|reads)"
)
# Words that announce other stories whatever follows the colon.
_CLEAR = rf"""(?:
    also \s+ (?:see|read|watch) | (?:see|read|watch) \s+ also
    | read \s+ (?:more|next|this(?:\s+next)?) | (?:read|see) \s+ (?:our\s+)? (?:related|full) \s+ {_NOUN}
    | related \s+ {_NOUN} | (?:more|further|other|latest|top|popular|recommended|suggested|background) \s+ {_NOUN}
    | more \s+ (?:on|about) \s+ this (?:\s+ {_NOUN})? | more \s+ like \s+ this
    | you \s+ (?:may|might) \s+ (?:also\s+)? (?:like|enjoy|be\s+interested\s+in) (?:\s+these)?
    | {_NOUN} \s+ you \s+ (?:may|might) \s+ (?:also\s+)? (?:like|have\s+missed)
    | recommended (?:\s+for\s+you)? | don[’']t \s+ miss | must[\s-]reads? | in \s+ case \s+ you \s+ missed \s+ it
    | icymi | (?:keep|continue) \s+ reading | most \s+ (?:read|popular|viewed) | trending (?:\s+now)?
    | editor[’']?s?[’']? \s+ picks? | (?:what\s+to\s+)? read \s+ next | up \s+ next | (?:dig|go|explore) \s+ deeper
    | from \s+ (?:the|our) \s+ archives? | (?:[àa]\s+)? lire \s+ aussi | voir \s+ aussi
    | lesen \s+ sie \s+ (?:auch|mehr) | mehr \s+ zum \s+ thema | siehe \s+ auch
    | le[ae] \s+ tambi[ée]n | te \s+ puede \s+ interesar | noticias \s+ relacionadas
    | leggi \s+ anche | (?:leia|veja) \s+ tamb[ée]m | lees \s+ ook
    | 相关(?:阅读|新闻|报道) | 延伸阅读 | 関連記事 )"""
# Words that announce a story only in front of a colon and something that looks like a headline.
_WEAK = r"(?:related|more|read|watch|listen|also|previously|next)"
# Words that announce stories only where a list of them follows.
_OPEN = (
    rf"(?:(?:here\s+(?:is|are)|here[’']s|the)\s+)?(?:(?:read\s+)?more\s+(?:on|from|about|in)|related\s+{_NOUN}\s+(?:on|from|about)"
    rf"|(?:latest|more|other|recent|further)\s+(?:\w+\s+)?{_NOUN}\s+(?:on|from|about|by|in)|latest\s+(?:from|on)|{_NOUN}\s+you)\b"
)
_OPENING = r"^(?P<opening>[^\w\"“‘'«]{0,8})"
_INLINE = re.compile(
    rf"{_OPENING}(?:(?P<clear>{_CLEAR})|(?P<weak>{_WEAK}))(?P<mark>\s*[*_]*[:：][*_]*\s*|\s+(?:[-–—|>»›→]+)\s+)(?=\S)",
    re.IGNORECASE | re.VERBOSE,
)
_ALONE = re.compile(rf"{_OPENING}(?:{_CLEAR}|{_WEAK}(?=\s*[*_]*:)|related)\s*[^\w\s]*\s*$", re.IGNORECASE | re.VERBOSE)
_OPEN_LINE = re.compile(rf"{_OPENING}{_OPEN}.{{0,60}}$".replace(" ", ""), re.IGNORECASE)

_BULLET = re.compile(r"(?:[-*+–—]|\(?\d{1,2}[.)])\s+|[•‣▪◦●○■▶►→»›·>]+\s*")
_LINK = re.compile(r"\[(?P<words>[^\]]+)\]\((?P<url>https?://[^)\s]+)[^)]*\)")
_DATE_BEFORE = re.compile(r"\s*[-–—:|]\s*")
_DATE_AFTER = re.compile(r"\s*(?:[-–—|,•·]|\()\s*(?:published\s+)?$", re.IGNORECASE)
_BETWEEN = re.compile(r"\s+[|•]\s+")
_FURNITURE = re.compile(
    r"(?:©|\W*copyright|all rights reserved|advertisement|(?:share|follow|subscribe|sign up|log in|sign in|click|tap"
    r"|comments?|tags?|topics?|newsletters?|skip|back to top|print|e-?mail|load more"
    r"|show more|see all|view all)\b.{0,40}$)",
    re.IGNORECASE,
)
_LETTER = re.compile(r"[^\W\d_]")
_CASELESS = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_WORD = re.compile(r"\w[\w’'-]*")


@dataclass(frozen=True, slots=True)
class Headline:
    """A headline's place in its line, and what stands beside it."""

    span: Span
    bulleted: bool = False
    url: str = ""
    published: date | None = None


@dataclass(frozen=True, slots=True)
class Cue:
    """The announcing words of a line, and the headlines on the same line.

    `needs`: how many headlines must follow in a list for the line to be a cue at all.
    """

    span: Span
    headlines: tuple[Headline, ...] = ()
    needs: int = 0


def read_cue(line: str) -> Cue | None:
    """The cue that a line is: "ALSO SEE:", "Read more: Ferry fares to rise", "More on the pier"; None for prose."""
    if len(line) > 2 * MOST_CHARACTERS:
        return None
    if _ALONE.match(line):
        return Cue(Span(0, len(line)))
    if match := _INLINE.match(line):
        headlines = _inline_headlines(line, match)
        return Cue(_trimmed(line, match.end("opening"), match.end()), headlines) if headlines else None
    if len(line.split()) <= 9 and _OPEN_LINE.match(line) and not line.endswith((".", "!", ",", ";")):
        return Cue(Span(0, len(line)), needs=1 if line.endswith(":") else 2)
    return None


def read_headline(line: str) -> Headline | None:
    """The headline that a line of a list holds, without its bullet, number, link address or date; None for prose."""
    bullet = _BULLET.match(line)
    start = bullet.end() if bullet else 0
    if len(line) - start > 2 * MOST_CHARACTERS:
        return None
    if link := _whole_link(line, start, len(line)):
        return Headline(Span(*link.span("words")), bullet is not None, link["url"], read_date(line[link.end() :]))
    span, published = _without_date(line, start, len(line))
    words = span.of(line)
    if len(words) > MOST_CHARACTERS or len(words.split()) > MOST_WORDS or not _LETTER.search(words):
        return None
    if _FURNITURE.match(words) or (not bullet and not _reads_as_headline(words)):
        return None
    return Headline(span, bullet is not None, published=published)


def title_case(words: str) -> bool:
    """Whether most words of four letters or more begin with a capital, as in many outlets' headlines."""
    long = [word for word in _WORD.findall(words) if len(word) > 3]
    return len(long) > 1 and sum(word[0].isupper() for word in long) > 0.7 * len(long)


def _reads_as_headline(words: str) -> bool:
    first = _LETTER.search(words)
    if first is None or (first[0].islower() and not words[first.end() : first.end() + 1].isupper()):
        return False
    if len(words.split()) < 2 and not _CASELESS.search(words):
        return False
    return not words.endswith((",", ";", ":", "。")) and not (_full_stop(words) and not title_case(words))


def _full_stop(words: str) -> bool:
    bare = words.rstrip("\"'”’»)]*_ ")
    return bare.endswith((".", ",")) and not bare.endswith(("..", "U.S.", "U.K.", "D.C."))


def _inline_headlines(line: str, cue: re.Match[str]) -> tuple[Headline, ...]:
    """What follows the cue on its line, unless it reads as the rest of a sentence."""
    closing = {"[": "]", "(": ")"}.get(line[0], "")
    end = len(line.removesuffix(closing))
    rest = line[cue.end() : end]
    shouted = line[: cue.end()].isupper()
    if (
        cue["weak"]
        and not shouted
        and (not cue["mark"].strip().startswith((":", "：")) or not _reads_as_headline(rest))
    ):
        return ()
    if _full_stop(rest) and len(rest.split()) > (MOST_WORDS if shouted else 20):
        return ()
    parts = []
    start = cue.end()
    for bar in [*_BETWEEN.finditer(line, start, end), None]:
        parts.append(_trimmed(line, start, bar.start() if bar else end))
        start = bar.end() if bar else end
    if not all(len(part.of(line).split()) > 3 for part in parts):
        parts = [_trimmed(line, cue.end(), end)]
    return tuple(headline for part in parts if (headline := _inline_headline(line, part)))


def _inline_headline(line: str, part: Span) -> Headline | None:
    if link := _whole_link(line, part.start, part.end):
        return Headline(Span(*link.span("words")), url=link["url"])
    span, published = _without_date(line, part.start, part.end)
    if len(span) > MOST_CHARACTERS or not _LETTER.search(span.of(line)):
        return None
    return Headline(span, published=published)


def _whole_link(line: str, start: int, end: int) -> re.Match[str] | None:
    """The link that `line[start:end]` is, with no words behind its address but a date."""
    link = _LINK.match(line, start, end)
    rest = line[link.end() : end] if link else ""
    return link if read_date(rest) or not _WORD.search(rest) else None


def _without_date(line: str, start: int, end: int) -> tuple[Span, date | None]:
    """The headline in `line[start:end]` without a date that stands apart before or after it, and that date."""
    words = line[start:end]
    place, published = date_span(words), read_date(words)
    if place and published:
        if not words[: place[0]].strip() and (mark := _DATE_BEFORE.match(words, place[1])):
            return _trimmed(line, start + mark.end(), end), published
        if not words[place[1] :].strip(" )]") and (mark := _DATE_AFTER.search(words[: place[0]])) and mark.start():
            return _trimmed(line, start, start + mark.start()), published
    return _trimmed(line, start, end), None


def _trimmed(line: str, start: int, end: int) -> Span:
    """Without white space and Markdown emphasis around it."""
    while start < end and line[start] in "*_ \t\xa0":
        start += 1
    while end > start and (line[end - 1] in "*_" or line[end - 1].isspace()):
        end -= 1
    return Span(start, end)
