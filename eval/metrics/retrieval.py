"""Retrieval on documents, by ir-measures; the only home of that library.

A document ranks where its best passage does. Questions without a relevant document (unanswerable ones) are left out.
trec_eval orders equal scores by document name and MS MARCO's script by position, so that one run could get two
rankings; ranks stand in for scores here, and every measure sees the order that the run has.
"""

from __future__ import annotations

import ir_measures
from ir_measures.measures import Measure

from eval.metrics.base import Case, PerQuestion


def ir_measure(name: str) -> PerQuestion:
    """A measure of ir-measures by its name there, such as `nDCG@10`, as a metric; one question's value is in [0, 1].

    nDCG   Järvelin and Kekäläinen 2002 as trec_eval has it: gain = relevance, discount log2(rank + 1), over the ideal
           order.
    AP     mean precision at the ranks of the relevant documents, those that are not found counting 0.
    P@k    share of the first k that is relevant.
    R@k    share of the relevant documents among the first k.
    RR@k   1 / rank of the first relevant document, 0 beyond the k-th.
    Success@k   1 where a relevant document is among the first k, else 0.
    """
    parsed: Measure = ir_measures.parse_measure(name)

    def score(case: Case) -> float:
        ranked = case.row.ranking
        run = {case.query.id: {entry.document: float(len(ranked) - rank) for rank, entry in enumerate(ranked)}}
        qrels = {case.query.id: dict(case.judged)}
        return float(next(iter(ir_measures.iter_calc([parsed], qrels, run))).value)

    return PerQuestion("ranking", score, lambda case: any(relevance > 0 for relevance in case.judged.values()))
