"""Plots as inline SVG: lines told apart by colour and by dashes, coloured by the page's style sheet.

Everything a plot shows is also in a table below it, for those who cannot see it or want the figures.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eval.html.markup import folded, html_table
from index.display import element, escape, isolated

WIDTH, HEIGHT = 400, 290
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 22, 20, 44
STYLES = 6
"""Colours and dashes in the style sheet; a seventh line looks as the first."""

Point = tuple[float, float]


@dataclass(frozen=True)
class Axis:
    """A scale from `low` to `high` with ticks at `ticks`; `log` needs `low` above 0."""

    label: str
    low: float = 0.0
    high: float = 1.0
    ticks: tuple[float, ...] = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    log: bool = False

    def share(self, value: float) -> float:
        """Where a value lies between the ends, from 0 to 1; what lies beyond an end lies on it."""
        value = min(max(value, self.low), self.high)
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


@dataclass(frozen=True)
class Series:
    """A line through `points`, with a band from low to high around it, dots, and a word beside each dot, as wanted."""

    label: str
    points: tuple[Point, ...]
    band: tuple[tuple[float, float, float], ...] = ()
    dots: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plot:
    """A plot with a caption of one sentence, and its figures as a table of plain texts.

    `fair` draws the line on which both axes agree.
    """

    key: str
    title: str
    caption: str
    x: Axis
    y: Axis
    series: tuple[Series, ...]
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    fair: bool = False


def plot_figure(plot: Plot) -> str:
    """The plot with its title, its legend and the table of its figures."""
    head = element("h3", escape(plot.title)) + element("p", escape(plot.caption), "says")
    legend = ""
    for n, series in enumerate(plot.series):
        drawn = _tag("line", x1=0, x2=30, y1=6, y2=6, kind=f"line s{n % STYLES}") + _dot(15, 6, n)
        swatch = element("svg", drawn, "swatch", {"viewBox": "0 0 30 12", "aria-hidden": "true"})
        legend += element("li", swatch + isolated(series.label))
    numbers = html_table(map(isolated, plot.head), (map(isolated, row) for row in plot.rows), "numbers")
    content = head + element("ul", legend, "legend") + svg(plot) + folded("The figures as a table", numbers)
    return element("figure", content, "plot")


def svg(plot: Plot) -> str:
    """The drawing alone, with a title and a description for screen readers."""
    lines = "; ".join(series.label for series in plot.series)
    named = element("title", escape(plot.title), attributes={"id": f"{plot.key}-title"})
    named += element("desc", escape(f"{plot.caption} Lines: {lines}."), attributes={"id": f"{plot.key}-says"})
    drawn = _axes(plot) + (_line(plot, ((0.0, 0.0), (1.0, 1.0)), "fair") if plot.fair else "")
    drawn += "".join(_band(plot, n, series) for n, series in enumerate(plot.series))
    drawn += "".join(_series(plot, n, series) for n, series in enumerate(plot.series))
    attributes = {
        "viewBox": f"0 0 {WIDTH} {HEIGHT}", "role": "img", "aria-labelledby": f"{plot.key}-title",
        "aria-describedby": f"{plot.key}-says",
    }  # fmt: skip
    return element("svg", named + drawn, "drawing", attributes)


def whiskers(intervals: Sequence[tuple[float, float, float] | None]) -> str:
    """A dot with its interval (value, low, high) on a scale from 0 to 1 for each run, one below the other."""
    width, step = 160, 11
    height = step * len(intervals) + 3
    drawn = "".join(_tag("line", x1=2 + at * 156, x2=2 + at * 156, y1=0, y2=height, kind="grid") for at in (0, 0.5, 1))
    for n, interval in enumerate(intervals):
        if interval:
            value, low, high = (2 + 156 * part for part in interval)
            y = step * n + 7
            drawn += _tag("line", x1=low, x2=high, y1=y, y2=y, kind=f"whisker s{n % STYLES}")
            drawn += _dot(value, y, n)
    return element("svg", drawn, "strip", {"viewBox": f"0 0 {width} {height}", "aria-hidden": "true"})


def _at(plot: Plot, point: Point) -> Point:
    """Where a point is drawn."""
    x = _LEFT + plot.x.share(point[0]) * (WIDTH - _LEFT - _RIGHT)
    return x, HEIGHT - _BOTTOM - plot.y.share(point[1]) * (HEIGHT - _TOP - _BOTTOM)


def _axes(plot: Plot) -> str:
    foot, middle = HEIGHT - _BOTTOM, (HEIGHT - _BOTTOM + _TOP) / 2
    drawn = ""
    for tick in plot.y.ticks:
        y = _at(plot, (plot.x.low, tick))[1]
        drawn += _tag("line", x1=_LEFT, x2=WIDTH - _RIGHT, y1=y, y2=y, kind="grid" if tick > plot.y.low else "foot")
        drawn += _text(_LEFT - 7, y + 4, _number(tick), "end")
    for tick in plot.x.ticks:
        x = _at(plot, (tick, plot.y.low))[0]
        drawn += _tag("line", x1=x, x2=x, y1=foot, y2=foot + 4, kind="foot")
        drawn += _text(x, foot + 18, _number(tick), "middle")
    drawn += _text((_LEFT + WIDTH - _RIGHT) / 2, HEIGHT - 6, plot.x.label, "middle", "label")
    turned = {"transform": f"translate(12 {middle:.1f}) rotate(-90)", "text-anchor": "middle"}
    return drawn + element("text", escape(plot.y.label), "label", turned)


def _number(tick: float) -> str:
    return f"{tick:,.0f}" if tick >= 1000 else f"{tick:g}"


def _series(plot: Plot, number: int, series: Series) -> str:
    drawn = _line(plot, series.points, f"line s{number % STYLES}")
    if not series.dots:
        return drawn
    # The words of every second line stand below it, so that those of two lines do not cover each other.
    style, below = number % STYLES, 17 if number % 2 else -9
    places = [_at(plot, point) for point in series.points]
    notes = zip(places, series.notes, strict=False)
    drawn += "".join(_dot(x, y, number) for x, y in places)
    return drawn + "".join(_text(x, y + below, note, "middle", f"note s{style}") for (x, y), note in notes)


def _band(plot: Plot, number: int, series: Series) -> str:
    if len(series.band) < 2:
        return ""
    above = [(x, high) for x, _, high in series.band]
    below = [(x, low) for x, low, _ in reversed(series.band)]
    return element("polygon", "", f"band s{number % STYLES}", {"points": _joined(plot, above + below)})


def _line(plot: Plot, points: Iterable[Point], kind: str) -> str:
    return element("polyline", "", kind, {"points": _joined(plot, points)})


def _joined(plot: Plot, points: Iterable[Point]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in (_at(plot, point) for point in points))


def _dot(x: float, y: float, number: int) -> str:
    """A mark of its own shape for each line: circle, square, diamond."""
    kind = f"dot s{number % STYLES}"
    if number % 3 == 0:
        return element("circle", "", kind, {"cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": "3.4"})
    turned = {"transform": f"rotate(45 {x:.1f} {y:.1f})"} if number % 3 == 2 else {}
    place = {"x": f"{x - 3.1:.1f}", "y": f"{y - 3.1:.1f}", "width": "6.2", "height": "6.2"}
    return element("rect", "", kind, {**place, **turned})


def _tag(name: str, kind: str, **numbers: float) -> str:
    return element(name, "", kind, {key: f"{value:.1f}" for key, value in numbers.items()})


def _text(x: float, y: float, text: str, anchor: str, kind: str = "tick") -> str:
    return element("text", escape(text), kind, {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor})
