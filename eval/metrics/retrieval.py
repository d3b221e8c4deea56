"""Retrieval on documents, by ir-measures; the only home of that library.

A document ranks where its best passage does. Questions without a relevant document (unanswerable ones) are left out.
trec_eval orders equal scores by document name and MS MARCO's script by position, so that one run could get two
rankings; ranks stand in for scores here, and every measure sees the order that the run has.
"""

from __future__ import annotations

import ir_measures
from ir_measures import RR, R, Success, nDCG
from ir_measures.measures import Measure

from eval.metrics.base import Case, PerQuestion


def _has_relevant(case: Case) -> bool:
    return any(relevance > 0 for relevance in case.judged.values())


def _by(measure: Measure) -> PerQuestion:
    """A measure of ir-measures as a metric; its value for one question, in [0, 1]."""

    def score(case: Case) -> float:
        ranked = case.row.ranking
        run = {case.query.id: {entry.document: float(len(ranked) - rank) for rank, entry in enumerate(ranked)}}
        qrels = {case.query.id: dict(case.judged)}
        return float(next(iter(ir_measures.iter_calc([measure], qrels, run))).value)

    return PerQuestion("ranking", score, _has_relevant)


ndcg_10 = _by(nDCG @ 10)
"""Järvelin and Kekäläinen 2002 as trec_eval has it: gain = relevance, discount log2(rank + 1), over the ideal order."""

recall_10 = _by(R @ 10)
"""Share of the relevant documents among the first ten."""

recall_100 = _by(R @ 100)
"""Share of the relevant documents among the first hundred."""

reciprocal_rank_10 = _by(RR @ 10)
"""1 / rank of the first relevant document, 0 beyond the tenth."""

success_5 = _by(Success @ 5)
"""1 where a relevant document is among the first five, else 0."""
