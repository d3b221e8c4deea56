"""The figures of `eval.studies.scale` as a table and as a drawing that stands alone, coloured for light and dark."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from eval.html.plots import HEIGHT, WIDTH, Axis, Plot, Series, svg
from eval.studies.scale import ScalePoint, SearchLatency
from index.display import element

_STYLE = """
svg { --s0: #0a5c91; --s1: #bf4a00; --s2: #00735a; --paper: #fffdf8; --soft: #5d574d; --faint: #ece6da; }
@media (prefers-color-scheme: dark) {
  svg { --s0: #6cb8f0; --s1: #f2914f; --s2: #45cfa3; --paper: #171512; --soft: #b0a899; --faint: #2b2824; }
}
.paper { fill: var(--paper); }
text { fill: var(--soft); font: 12px system-ui, sans-serif; }
.grid { stroke: var(--faint); }
.foot { stroke: var(--soft); }
.s0 { --series: var(--s0); }
.s1 { --series: var(--s1); }
.s2 { --series: var(--s2); }
.line { fill: none; stroke: var(--series); stroke-width: 2; }
.line.s1 { stroke-dasharray: 7 3; }
.line.s2 { stroke-dasharray: 2 2.5; }
.dot { fill: var(--series); }
text.note { fill: var(--series); font-size: 11px; }
"""
_LEGEND = 24
_MARGIN = 60
_HEAD = (
    "passages", "vectors made in", "size", "opened in", "resident", "p50 / p95", "exact p50", "ratio", "recall@10",
    "BM25 made in", "size", "p50 / p95",
)  # fmt: skip


def scale_table(points: Sequence[ScalePoint]) -> str:
    """Markdown: a row for each size, then one for each size and filter."""
    lines = [_row(_HEAD), _row(["---:"] * len(_HEAD)), *(_row(_cells(point)) for point in points)]
    head = ("passages", "allowed by a filter", "p50 / p95", "recall@10")
    lines += ["", _row(head), _row(["---:"] * len(head))]
    for point in points:
        for part in point.vectors.filtered:
            share = f"{part.share:.2%}"
            lines.append(_row([f"{point.passages:,}", share, _latency(part.latency), f"{part.recall:.3f}"]))
    return "\n".join(lines)


def scale_drawing(points: Sequence[ScalePoint]) -> str:
    """Latency, recall and memory by number of passages, one below the other, as an SVG file."""
    return _alone([_latencies(points), _recalls(points), _memories(points)])


def _latencies(points: Sequence[ScalePoint]) -> Plot:
    lines = [_line("vectors", points, lambda point: point.vectors.latency.p95)]
    if all(point.words for point in points):
        lines.append(_line("BM25", points, lambda point: point.words.latency.p95 if point.words else 0.0))
    lines.append(_line("vectors, exact (median)", points, lambda point: point.exact))
    return Plot(
        "latency", "Latency by size of the archive", "Milliseconds of one search, on a logarithmic scale.",
        _sizes(points), Axis("ms, 95th percentile", 0.01, 1000.0, (0.01, 0.1, 1.0, 10.0, 100.0, 1000.0), log=True),
        tuple(lines), (), (),
    )  # fmt: skip


def _recalls(points: Sequence[ScalePoint]) -> Plot:
    found = _line("recall of the ten nearest", points, lambda point: point.vectors.recall, ".3f", lone=True)
    # Most of the height is for where the figures lie; what is lower lies on the foot.
    axis = Axis("recall@10", 0.9, 1.0, (0.9, 0.92, 0.94, 0.96, 0.98, 1.0))
    caption = "Share of the ten nearest vectors that a search finds."
    return Plot("recall", "Recall by size of the archive", caption, _sizes(points), axis, (found,), (), ())


def _memories(points: Sequence[ScalePoint]) -> Plot:
    lines = [_line("vectors", points, lambda point: point.vectors.resident, ".0f")]
    if all(point.words for point in points):
        lines.append(_line("BM25", points, lambda point: point.words.resident if point.words else 0.0, ".0f"))
    axis = Axis("MiB resident", 10.0, 10_000.0, (10.0, 100.0, 1000.0, 10_000.0), log=True)
    caption = "Most memory of a process that searches, on a logarithmic scale."
    return Plot("memory", "Memory by size of the archive", caption, _sizes(points), axis, tuple(lines), (), ())


def _sizes(points: Sequence[ScalePoint]) -> Axis:
    sizes = tuple(float(point.passages) for point in points)
    return Axis("passages", min(sizes), max(*sizes, 10 * min(sizes)), sizes, log=True)


def _line(
    label: str,
    points: Sequence[ScalePoint],
    value: Callable[[ScalePoint], float],
    form: str = ".2g",
    *,
    lone: bool = False,
) -> Series:
    """A line; where it is alone in its drawing each of its points has its figure, else only the last has."""
    places = tuple((float(point.passages), value(point)) for point in points)
    notes = [format(y, form) for _, y in places]
    return Series(label, places, dots=True, notes=tuple(notes if lone else [*[""] * (len(notes) - 1), notes[-1]]))


def _alone(plots: Sequence[Plot]) -> str:
    """Drawings of a page as one file: with its own style, its paper and a legend above each."""
    width, height = WIDTH + _MARGIN, len(plots) * (HEIGHT + _LEGEND)
    inside = element("style", _STYLE)
    inside += element("rect", "", "paper", {"width": str(width), "height": str(height)})
    for number, plot in enumerate(plots):
        top = number * (HEIGHT + _LEGEND) + _LEGEND
        place = f'y="{top}" width="{width}" height="{HEIGHT}" overflow="visible" viewBox="0 0 {width} {HEIGHT}"'
        inside += svg(plot).replace(f'viewBox="0 0 {WIDTH} {HEIGHT}"', place, 1)
        inside += element("g", _legend(plot), attributes={"transform": f"translate(0 {top})"})
    size = {"width": f"{width * 1.5:.0f}", "viewBox": f"0 0 {width} {height}", "xmlns": "http://www.w3.org/2000/svg"}
    return element("svg", inside, attributes=size) + "\n"


def _legend(plot: Plot) -> str:
    drawn = ""
    for number, series in enumerate(plot.series):
        x = 46 + 110 * number
        drawn += element("polyline", "", f"line s{number}", {"points": f"{x},-10 {x + 26},-10"})
        drawn += element("text", series.label, attributes={"x": str(x + 32), "y": "-6"})
    return drawn


def _cells(point: ScalePoint) -> list[str]:
    found, words = point.vectors, point.words
    return [
        f"{point.passages:,}", f"{point.made.seconds:.1f} s", _size(point.made.bytes),
        f"{found.checking + found.opening:.2f} s", f"{found.resident:,.0f} MiB", _latency(found.latency),
        f"{point.exact:.1f} ms", f"{point.speedup:.1f}", f"{found.recall:.3f}",
        *([f"{words.made.seconds:.1f} s", _size(words.made.bytes), _latency(words.latency)] if words else ["", "", ""]),
    ]  # fmt: skip


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _latency(latency: SearchLatency) -> str:
    return f"{latency.p50:.1f} / {latency.p95:.1f} ms"


def _size(count: int) -> str:
    return f"{count / 1e6:,.1f} MB"
