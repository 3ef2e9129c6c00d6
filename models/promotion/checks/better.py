"""A lower log loss beyond chance; or an equal one from a model that is simpler, or learnt from newer outcomes."""

from __future__ import annotations

from features.cutoffs import day_of
from models.promotion.checks._base import Check, Finding
from models.promotion.evidence import Evidence
from models.promotion.simplicity import complexity, learnt_until_us


def _judge(evidence: Evidence) -> Finding:
    found = evidence.judge().log_loss(evidence.p("challenger"), evidence.p("champion"))
    value, low, high = (found[name] for name in ("value", "low", "high"))
    if value is None or low is None or high is None:
        return Finding(False, f"the difference in log loss cannot be told ({evidence.on})")
    told = f"log loss {value:+.4f} ({low:+.4f} to {high:+.4f}) against the champion on {evidence.on}"
    if high < 0:
        return Finding(True, f"better: {told}")
    if low > 0:
        return Finding(False, f"worse: {told}")
    if abs(value) > evidence.settings.margin:
        return Finding(False, f"not proven better: {told}; chance can do that")
    return _equal(evidence, told)


def _equal(evidence: Evidence, told: str) -> Finding:
    new, old = complexity(evidence.challenger), complexity(evidence.champion)
    if new < old:
        return Finding(True, f"equal and simpler ({new} instead of {old}): {told}")
    newest, before = learnt_until_us(evidence.challenger), learnt_until_us(evidence.champion)
    if evidence.settings.refresh and new <= old and newest > before:
        until = f"outcomes until {day_of(newest)} instead of {day_of(before)}"
        return Finding(True, f"equal and learnt from newer data ({until}): {told}")
    return Finding(False, f"equal, and neither simpler nor learnt from newer outcomes: {told}")


CHECK = Check(_judge, place=10)
