"""Metrics by the names readers use. A new one is one function and one line here."""

from __future__ import annotations

import re
from functools import cache

from eval.metrics.base import Metric
from index.plugins import resolve

METRICS = {
    "EM": "eval.metrics.answers:exact_match",
    "F1": "eval.metrics.answers:f1",
    "EM answerable": "eval.metrics.answers:exact_match_answerable",
    "F1 answerable": "eval.metrics.answers:f1_answerable",
    "Equivalent answerable": "eval.metrics.answers:equivalent_answerable",
    "ROUGE-L": "eval.metrics.answers:rouge_l",
    "Answer recall": "eval.metrics.answers:answer_recall",
    "Words": "eval.metrics.answers:words",
    "AUROC": "eval.metrics.abstention:auroc",
    "AURC": "eval.metrics.abstention:aurc",
    "ECE": "eval.metrics.abstention:calibration_error",
    "No-answer F1": "eval.metrics.abstention:no_answer_f1",
    "Answered": "eval.metrics.abstention:answered",
    "Refused": "eval.metrics.abstention:refused",
    "MultiHop MAP@10 (paper)": "eval.metrics.multihop:average_precision",
    "MultiHop MAP@10 (script)": "eval.metrics.multihop:average_precision_script",
    "MultiHop MRR@10 (paper)": "eval.metrics.multihop:reciprocal_rank",
    "MultiHop MRR@10 (script)": "eval.metrics.multihop:reciprocal_rank_script",
}

FAMILIES = {
    r"((?:nDCG|P|R|RR|AP|Success)@[1-9]\d*|AP)": "eval.metrics.retrieval:ir_measure",
    r"Evidence hit@([1-9]\d*)": "eval.metrics.evidence:hit_at",
    r"Evidence coverage@([1-9]\d*)": "eval.metrics.evidence:coverage_at",
    r"Evidence coverage@([1-9]\d*) tokens": "eval.metrics.evidence:coverage_within",
    r"All evidence@([1-9]\d*)": "eval.metrics.evidence:all_at",
    r"All evidence@([1-9]\d*) tokens": "eval.metrics.evidence:all_within",
    r"Citation recall \((\w+)\)": "eval.metrics.citations:citation_recall",
    r"Citation precision \((\w+)\)": "eval.metrics.citations:citation_precision",
    r"MultiHop Hits@([1-9]\d*) \(paper\)": "eval.metrics.multihop:hits_paper",
    r"MultiHop Hits@([1-9]|10) \(script\)": "eval.metrics.multihop:hits_script",
}
"""Metrics with a number or a judge in their name."""

REPORTED = (
    "nDCG@10", "AP", "R@10", "R@100", "RR@10", "Success@5",
    "Evidence hit@5", "All evidence@10", "Evidence coverage@5", "Evidence coverage@1000 tokens",
    "EM", "F1", "EM answerable", "F1 answerable", "Equivalent answerable", "ROUGE-L", "Answer recall", "Words",
    "Citation recall (exact)", "Citation precision (exact)",
    "AUROC", "AURC", "ECE", "No-answer F1", "Answered", "Refused",
)  # fmt: skip
"""What a report shows of itself, in this order, as far as it applies."""


@cache
def open_metric(name: str) -> Metric:
    """The metric of that name. Raises UnknownName with the nearest names."""
    for pattern, path in FAMILIES.items():
        if match := re.fullmatch(pattern, name):
            made: Metric = resolve({pattern: path}, pattern, what="metric")(*match.groups())
            return made
    metric: Metric = resolve({**dict.fromkeys(REPORTED, ""), **METRICS}, name, what="metric")
    return metric
