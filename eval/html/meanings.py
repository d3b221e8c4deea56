"""What each metric means in one sentence, so that a page explains itself; the groups in which metrics are shown."""

from __future__ import annotations

import re

MEANINGS = {
    "Documents found": {
        r"nDCG@(\d+)": "Order of the first {0} documents against the best order there is: 1 where every relevant "
        "document stands on top, less the lower they stand.",
        r"AP": "Precision at the rank of each relevant document, averaged; one that is not found counts 0.",
        r"AP@(\d+)": "Precision at the rank of each relevant document among the first {0}, averaged; one that is not "
        "among them counts 0.",
        r"P@(\d+)": "Share of the first {0} documents that are relevant.",
        r"R@(\d+)": "Share of the relevant documents that stand among the first {0}.",
        r"RR@(\d+)": "1 divided by the rank of the first relevant document, 0 beyond rank {0}.",
        r"Success@(\d+)": "Share of the questions with a relevant document among the first {0}.",
    },
    "Evidence found": {
        r"Evidence hit@(\d+)": "Share of the questions of which one piece of evidence, or at least half of its "
        "characters, stands in the first {0} passages.",
        r"All evidence@(\d+)": "Share of the questions of which every piece of evidence stands, by half or more of "
        "its characters, in the first {0} passages.",
        r"All evidence@(\d+) tokens": "Share of the questions of which every piece of evidence stands in as many "
        "passages as fit into {0} tokens.",
        r"Evidence coverage@(\d+)": "Share of the characters of the evidence that the first {0} passages hold.",
        r"Evidence coverage@(\d+) tokens": "Share of the characters of the evidence in as many passages as fit into "
        "{0} tokens; it does not favour long passages.",
        r"MultiHop .+": "Retrieval of evidence as MultiHop-RAG defines it, in its paper or in its script.",
    },
    "Answers": {
        r"EM": "Share of the questions whose short answer equals an acceptable one but for case, punctuation and "
        "articles; the refusal of a question without an answer counts as equal.",
        r"F1": "Words that the short answer shares with the nearest acceptable one, balanced between missing words "
        "and needless ones; the refusal of a question without an answer counts 1.",
        r"EM answerable": "Exact match over the questions that have an answer.",
        r"F1 answerable": "F1 over the questions that have an answer.",
        r"Equivalent answerable": "Exact match, counting too a short answer that names the same number or day in "
        "another way.",
        r"ROUGE-L": "Longest sequence of words that the whole answer shares with an acceptable one, balanced as in F1.",
        r"Answer recall": "Share of the answerable questions of which an acceptable answer stands in the text of the "
        "answer; long answers have it easier.",
        r"Words": "Length of the answers given, in words; neither more nor fewer is better in itself.",
    },
    "Citations": {
        r"Citation recall \((\w+)\)": "Share of the sentences of an answer that their citations support, as the "
        "judge “{0}” sees it.",
        r"Citation precision \((\w+)\)": "Share of the citations of an answer that are needed, as the judge “{0}” "
        "sees it.",
    },
    "Knowing what it does not know": {
        r"AUROC": "Chance that a question with an answer gets a higher confidence than one without: 1 is perfect, "
        "0.5 is chance.",
        r"AURC": "Mean share of wrong answers over all thresholds of the confidence (the area below the curve of risk "
        "and coverage); lower is better.",
        r"ECE": "Mean distance between the confidence stated and how often it held, over ten bins; lower is better.",
        r"No-answer F1": "How well the refusals name the questions that have no answer: balance of precision and "
        "recall.",
        r"Answered": "Share of the answerable questions that got an answer, right or wrong.",
        r"Refused": "Share of the questions without an answer that were refused.",
    },
}
"""Group -> pattern of a metric's name -> sentence; `{0}` is what stands in the pattern's brackets."""

OTHER = "Other measures"
NEITHER_IS_BETTER = frozenset({"Words"})


def meaning(name: str) -> tuple[str, str]:
    """The group of a metric and its sentence; `OTHER` and no sentence for a name that has none.

    >>> meaning("R@10")
    ('Documents found', 'Share of the relevant documents that stand among the first 10.')
    """
    for group, sentences in MEANINGS.items():
        for pattern, sentence in sentences.items():
            if match := re.fullmatch(pattern, name):
                return group, sentence.format(*match.groups())
    return OTHER, ""
