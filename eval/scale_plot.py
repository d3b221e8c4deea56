"""The figures of `eval.scale` as a table and as a drawing that stands alone, coloured for light and dark."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from eval.html.markup import element
from eval.html.plots import HEIGHT, WIDTH, Axis, Plot, Series, svg
from eval.scale import Latency, Point

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
_HEAD = (
    "passages", "vectors made in", "size", "opened in", "resident", "p50 / p95", "exact p50", "ratio", "recall@10",
    "BM25 made in", "size", "p50 / p95",
)  # fmt: skip


def table(points: Sequence[Point]) -> str:
    """Markdown: a row for each size, then one for each size and filter."""
    lines = [_row(_HEAD), _row(["---:"] * len(_HEAD)), *(_row(_cells(point)) for point in points)]
    head = ("passages", "allowed by a filter", "p50 / p95", "recall@10")
    lines += ["", _row(head), _row(["---:"] * len(head))]
    for point in points:
        for part in point.vectors.filtered:
            share = f"{part.share:.2%}"
            lines.append(_row([f"{point.passages:,}", share, _latency(part.latency), f"{part.recall:.3f}"]))
    return "\n".join(lines)


def drawing(points: Sequence[Point]) -> str:
    """Milliseconds at the 95th percentile by number of passages, as an SVG file; both axes are logarithmic."""
    lines = [_line("vectors", points, lambda point: point.vectors.latency.p95)]
    if all(point.words for point in points):
        lines.append(_line("BM25", points, lambda point: point.words.latency.p95 if point.words else 0.0))
    lines.append(_line("vectors, exact (median)", points, lambda point: point.exact))
    sizes = tuple(float(point.passages) for point in points)
    plot = Plot(
        "scale", "Latency by size of the archive", "Milliseconds of one search, on a logarithmic scale.",
        Axis("passages", min(sizes), max(*sizes, 10 * min(sizes)), sizes, log=True),
        Axis("ms, 95th percentile", 0.01, 1000.0, (0.01, 0.1, 1.0, 10.0, 100.0, 1000.0), log=True),
        tuple(lines), (), (),
    )  # fmt: skip
    return _alone(svg(plot), [line.label for line in lines])


def _line(label: str, points: Sequence[Point], value: Callable[[Point], float]) -> Series:
    places = tuple((float(point.passages), value(point)) for point in points)
    return Series(label, places, dots=True, notes=tuple(f"{y:.2g}" if y < 100 else f"{y:.0f}" for _, y in places))


def _alone(drawn: str, labels: Sequence[str]) -> str:
    """A drawing of a page as a file: with its own style, its paper and a legend above."""
    legend = ""
    for number, label in enumerate(labels):
        x = 46 + 110 * number
        line = {"points": f"{x},-10 {x + 26},-10"}
        legend += element("polyline", "", f"line s{number}", line)
        legend += element("text", label, attributes={"x": str(x + 32), "y": "-6"})
    paper = {"x": "0", "y": "-24", "width": str(WIDTH + 60), "height": str(HEIGHT + 24)}
    inside = element("style", _STYLE) + element("rect", "", "paper", paper) + legend
    size = f'xmlns="http://www.w3.org/2000/svg" width="{(WIDTH + 60) * 1.5:.0f}"'
    opened = drawn.replace(f'viewBox="0 0 {WIDTH} {HEIGHT}"', f'{size} viewBox="0 -24 {WIDTH + 60} {HEIGHT + 24}"', 1)
    before, _, after = opened.partition(">")
    return f"{before}>{inside}{after}\n"


def _cells(point: Point) -> list[str]:
    found, words = point.vectors, point.words
    return [
        f"{point.passages:,}", f"{point.made.seconds:.1f} s", _size(point.made.bytes),
        f"{found.checking + found.opening:.2f} s", f"{found.resident:,.0f} MiB", _latency(found.latency),
        f"{point.exact:.1f} ms", f"{point.speedup:.1f}", f"{found.recall:.3f}",
        *([f"{words.made.seconds:.1f} s", _size(words.made.bytes), _latency(words.latency)] if words else ["", "", ""]),
    ]  # fmt: skip


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _latency(latency: Latency) -> str:
    return f"{latency.p50:.1f} / {latency.p95:.1f} ms"


def _size(count: int) -> str:
    return f"{count / 1e6:,.1f} MB"
