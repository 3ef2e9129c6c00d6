"""Near-constant: a label that hardly ever differs."""

from __future__ import annotations

from collections.abc import Iterator

from models.label_checks._check import Case, Check, Finding
from models.label_checks.minima import short
from models.selection import NEAR_CONSTANT

#: Below this share of the rarer label its forecast can hardly be told from the base rate.
RARE = 10 * NEAR_CONSTANT


def _look(case: Case) -> Iterator[Finding]:
    if not len(case.y):
        yield Finding("fine", "no label to look at")
        return
    share = min(case.positives, case.negatives) / len(case.y)
    remedy = (
        f"change {case.key('horizon_days')} or {case.key('active_days')} so that both outcomes are common"
    )
    if case.refusal and not short(case):
        yield Finding("refused", case.refusal, remedy)
    elif share < RARE and not case.refusal:
        yield Finding("warned", f"the rarer label is {share:.2%} of {len(case.y)} rows", remedy)
    else:
        yield Finding("fine", f"label 1 is {case.positives / len(case.y):.1%} of {len(case.y)} rows")


CHECK = Check({"en": "the label varies", "nl": "de uitkomst verschilt"}, _look, place=50)
