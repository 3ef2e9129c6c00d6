"""Minima: enough rows of either label to learn from, and to compare models on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from features.cutoffs import validation_split
from features.errors import InputError
from features.settings import LabelSettings
from models.label_checks._check import ALL, Case, Check, Finding
from models.selection import MIN_JUDGED, too_few


def short(case: Case) -> bool:
    """Tell whether it is for too few rows of one label that learning refuses."""
    contract = case.contract
    return bool(len(case.y)) and (
        case.positives < contract.min_positives or case.negatives < contract.min_negatives
    )


def _look(case: Case) -> Iterator[Finding]:
    if case.refusal and short(case):
        yield Finding("refused", case.refusal, _remedy(case))
        return
    counted = f"{case.positives} rows with label 1 and {case.negatives} with label 0"
    thin = _not_compared(case)
    if thin and not case.refusal:
        yield Finding("warned", f"{counted}, but {thin}", _remedy(case))
    else:
        yield Finding("fine", counted)


def _not_compared(case: Case) -> str:
    """Say why learning could not compare models (of a phase: one of its own with the pooled one)."""
    try:
        fit, newest = validation_split(np.unique(case.rows.cutoff_us).tolist(), case.contract)
    except InputError:
        return ""
    pooled = case.phase == ALL
    least = 1 if pooled else max(case.contract.min_positives, case.contract.min_negatives)
    which = "rows" if pooled else "rows of this phase"
    earlier = case.rows.y[case.own & np.isin(case.rows.cutoff_us, fit)]
    later = case.rows.y[case.own & (case.rows.cutoff_us == newest)]
    thin = too_few(earlier, least, f"earlier {which}") or too_few(later, MIN_JUDGED, f"later {which}")
    served = "the simplest model is taken unseen" if pooled else "the pooled model serves it"
    return f"{thin}: {served}" if thin else ""


def _remedy(case: Case) -> str:
    key, contract = case.key, case.contract
    remedy = f"change {key('horizon_days')} or {key('active_days')} so that both outcomes are common"
    if case.phase != ALL:
        remedy += ", or choose a journey with fewer phases"
    demanding = max(contract.min_positives, contract.min_negatives) > LabelSettings().min_positives
    if case.phase == ALL or demanding:
        remedy += f"; or lower {key('min_positives')} and {key('min_negatives')}, knowing what that costs"
    return remedy


CHECK = Check(
    {"en": "enough rows of both labels", "nl": "genoeg rijen van beide uitkomsten"}, _look, place=40
)
