"""Metrics by the names readers use, in the order of a report. A new one is one function and one line here."""

from __future__ import annotations

from eval.metrics.base import Metric
from index.plugins import resolve

METRICS = {
    "nDCG@10": "eval.metrics.retrieval:ndcg_10",
    "R@10": "eval.metrics.retrieval:recall_10",
    "R@100": "eval.metrics.retrieval:recall_100",
    "RR@10": "eval.metrics.retrieval:reciprocal_rank_10",
    "Success@5": "eval.metrics.retrieval:success_5",
    "EM": "eval.metrics.answers:exact_match",
    "F1": "eval.metrics.answers:f1",
    "EM answerable": "eval.metrics.answers:exact_match_answerable",
    "F1 answerable": "eval.metrics.answers:f1_answerable",
    "Answer recall": "eval.metrics.answers:answer_recall",
    "Words": "eval.metrics.answers:words",
    "Citation recall": "eval.metrics.citations:citation_recall",
    "Citation precision": "eval.metrics.citations:citation_precision",
    "AUROC": "eval.metrics.abstention:auroc",
    "Answered": "eval.metrics.abstention:answered",
    "Refused": "eval.metrics.abstention:refused",
}


def open_metric(name: str) -> Metric:
    """The metric of that name. Raises UnknownName with the nearest names."""
    metric: Metric = resolve(METRICS, name, what="metric")
    return metric
