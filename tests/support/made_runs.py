"""Two small runs over two documents, made by hand, and one whose every text is hostile."""

from __future__ import annotations

import json
import re
from typing import Any

from eval.benchmarks.base import EvidenceSpan, Query
from eval.metrics.base import Case
from eval.report import Report
from eval.rows import Cited, Excerpt, Prediction, Ranked, Retrieved, Row
from index.display import sound

PIER = "The harbour council closed the north pier on Monday. Engineers had found cracks in four pillars."
ICE = "Fishing crews welcomed the new ice plant. It makes forty tonnes of ice a day."
CRACKS = (PIER.index("Engineers"), len(PIER))


def passage(document: str, text: str, rank: int, title: str = "") -> Retrieved:
    excerpt = Excerpt(text, title or f"About {document}", "Tidewater Post", "2025-03-04")
    return Retrieved(document, 0, len(text), 1 / rank, 20, {"dense": rank, "read": rank}, excerpt)


def answered(short: str, confidence: float, quote: tuple[int, int] = CRACKS) -> Prediction:
    start, end = quote
    cited = Cited(1, "pier", start, end, PIER[start:end])
    return Prediction(True, confidence, short, ((PIER[start:end], (1,)),), (cited,))


def case(query: Query, prediction: Prediction | None, *documents: str, **fields: Any) -> Case:
    texts = {"pier": PIER, "ice": ICE}
    passages = tuple(passage(name, texts[name], rank) for rank, name in enumerate(documents, start=1))
    ranking = tuple(Ranked(name, 1 / rank) for rank, name in enumerate(documents, start=1))
    row = Row(query.id, query.text, ranking, passages, prediction, timings_ms={"search": 2.0, "answer": 30.0}, **fields)
    judged = {"pier": 1} if query.answers else {}
    quotes = tuple(PIER[span.start : span.end] for span in query.evidence)
    return Case(query, judged, row, quotes)


WHY = Query("why", "Why is the pier closed?", ("cracks",), evidence=(EvidenceSpan("pier", *CRACKS),),
            metadata={"type": "reason", "split": "dev"})  # fmt: skip
WHEN = Query("when", "When was the pier closed?", ("Monday",))
MAYOR = Query("mayor", "Who is the mayor?", ())
REFUSED = Prediction(False, 0.1)


def report(*cases: Case, sha256: str = "0" * 64, **config: Any) -> Report:
    return Report("harbour", sha256, 2, {"k": 12, **config}, cases, peak_mib=100.0)


def good() -> Report:
    return report(
        case(WHY, answered("cracks", 0.9), "pier", "ice"),
        case(WHEN, answered("Tuesday", 0.8), "ice", "pier"),
        case(MAYOR, REFUSED, "ice"),
    )


def bad() -> Report:
    return report(
        case(WHY, answered("age", 0.7, (0, CRACKS[0] - 1)), "ice", "pier"),
        case(WHEN, REFUSED, "ice"),
        case(MAYOR, answered("a crew", 0.6), "ice"),
        reader="other",
    )


def hostile(attack: str) -> Report:
    """The text in every field that comes from a corpus, a benchmark or a system."""
    key = sound(attack)
    query = Query(
        key, attack, (attack,), history=(attack,), rewrite=attack, given=attack,
        evidence=(EvidenceSpan(key, 0, len(attack)),), metadata={"type": attack, attack: attack},
    )  # fmt: skip
    found = Retrieved(key, 0, len(attack), 1.0, 3, {attack: 1}, Excerpt(attack, attack, attack, attack))
    said = Prediction(True, 0.5, attack, ((attack, (1,)),), (Cited(1, key, 0, len(attack), attack),))
    row = Row(key, attack + "!", (Ranked(key, 1.0),), (found,), said, timings_ms={attack: 1.0})
    return Report(attack, "0" * 64, 1, {attack: attack}, (Case(query, {key: 1}, row, (attack,)),), peak_mib=1.0)


def text_of(page: str) -> str:
    """What a page says, without tags and in single spaces."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def data_of(page: str) -> dict[str, Any]:
    match = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert match
    found: dict[str, Any] = json.loads(match[1])
    return found


def sections(page: str) -> list[str]:
    return re.findall(r'<details class="question".*?</section></div></div></details>', page, re.DOTALL)
