"""The row below an answer that asks whether it is right, and what a verdict on it is sent with.

Only the last answer has it. The row is plain HTML with native controls, and `static/rating.js` sends what they say to
`POST /v1/feedback`: so it works beside the conversation's own events, and nothing that is typed is lost to them. Every
answer could have one; a conversation that goes on has moved past the earlier ones, and showing them again would forget
what their controls say.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from index.display import element
from rag.answer import Answer
from rag.feedback import MAX_CORRECTION, Reason
from rag.question.question import Turn
from rag.receipts import Receipts

_REASONS: dict[Reason, str] = {
    "wrong_answer": "Wrong answer",
    "not_in_source": "Not in the source",
    "outdated": "Outdated",
    "should_have_refused": "Should have refused",
    "should_have_answered": "Should have answered",
    "other": "Other",
}
_OF_A_REFUSAL = ("should_have_answered", "other")


def rating(answer: Answer, history: Sequence[Turn], number: int, receipts: Receipts) -> str:
    """The row for the answer to question `number`."""
    question = element("p", "Is this right?", "rating-question", {"id": f"rating-{number}"})
    right = element("button", "Right", "verdict", {"type": "button", "value": "right", "aria-pressed": "false"})
    opens = {"aria-expanded": "false", "aria-controls": f"why-{number}"}
    wrong = element(
        "button", "Not right", "verdict", {"type": "button", "value": "wrong", "aria-pressed": "false", **opens}
    )
    said = element("p", "", "rating-said", {"role": "status"})
    record = json.dumps(feedback_fields(answer, history, receipts), ensure_ascii=False)
    described = {"role": "group", "aria-labelledby": f"rating-{number}", "data-record": record}
    return element("div", question + right + wrong + said + _why(answer, number), "rating", described)


def feedback_fields(answer: Answer, history: Sequence[Turn], receipts: Receipts) -> dict[str, Any]:
    """The body of `POST /v1/feedback` but for the verdict; its receipt makes a later verdict replace this one."""
    whole = answer.to_json()
    fields = ("question", "standalone_question", "answered", "answer", "short_answer", "confidence")
    cited = ("document", "start", "end", "quote", "sha256")
    return {
        "receipt": receipts.give(answer, history),
        **{name: whole[name] for name in fields},
        "history": [asdict(turn) for turn in history],
        "citations": [{name: source[name] for name in cited} for source in whole["sources"]],
    }


def _why(answer: Answer, number: int) -> str:
    """The small form: a reason and what would be right, both of which may be left out."""
    fitting = {name: shown for name, shown in _REASONS.items() if (name in _OF_A_REFUSAL) != answer.answered}
    fitting["other"] = _REASONS["other"]
    reasons = "".join(
        element("label", f'<input type="radio" name="reason" value="{name}"> {shown}')
        for name, shown in fitting.items()
    )
    legend = element("legend", "What is wrong with it? (optional)")
    box = {"name": "correction", "id": f"correction-{number}", "rows": "2", "maxlength": str(MAX_CORRECTION)}
    label = element("label", "What would be right? (optional)", "", {"for": f"correction-{number}"})
    send = element("button", "Send", "send", {"type": "submit"})
    content = element("fieldset", legend + reasons) + label + element("textarea", "", "", box) + send
    return element("form", content, "why", {"id": f"why-{number}", "hidden": "hidden"})
