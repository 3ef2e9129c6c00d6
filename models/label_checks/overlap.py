"""Overlap: features, labels and the rows that judge them must stay apart in time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from features.contract import DAY_US
from features.cutoffs import day_of, label_window, validation_split
from features.errors import InputError
from models.label_checks._check import Case, Check, Finding

#: A label that misses more of its events than this says "did not happen" of things that did.
MISSED = 0.01


def _look(case: Case) -> Iterator[Finding]:
    yield from _validation(case)
    yield from _delays(case)
    cutoffs = np.unique(case.rows.cutoff_us)
    days = case.contract.gap_days + case.contract.horizon_days
    step = int(np.diff(cutoffs).min()) // DAY_US if len(cutoffs) > 1 else days
    if step < days:
        yield Finding(
            "fine",
            f"cutoffs lie {step} days apart and labels look {days} days ahead: neighbours share outcomes, so there is "
            "less to learn from than the number of rows says; the split in time allows for it",
        )


def _validation(case: Case) -> Iterator[Finding]:
    try:
        fit, newest = validation_split(np.unique(case.rows.cutoff_us).tolist(), case.contract)
    except InputError:
        return
    closed = max(label_window(cutoff, case.contract)[1] for cutoff in fit)
    if closed > newest:
        yield Finding(
            "refused",
            f"labels learnt from close on {day_of(closed)}, after the validation cutoff {day_of(newest)}",
            "this is a mistake of klantreis, please report it",
        )
    else:
        yield Finding(
            "fine", f"labels learnt from close on {day_of(closed)}; models are compared on {day_of(newest)}"
        )


def _delays(case: Case) -> Iterator[Finding]:
    late = case.delays
    if late is None or not late.events:
        return
    gap = case.contract.gap_days
    told = f"{late.share_over_gap:.1%} of the events that count were known more than the gap of {gap} days after they "
    told += f"happened (95 % within {late.days_95:.1f} days)"
    if late.missed > MISSED:
        yield Finding(
            "warned",
            f"{told}: the end of a window does not see {late.missed:.1%} of its events yet, and at the cutoff "
            "customers look more silent than they are",
            f"raise {case.key('horizon_days')}, or let the source bring its rows sooner (known_us)",
        )
    else:
        yield Finding("fine", f"{told}: windows miss {late.missed:.1%} of their events")


CHECK = Check(
    {"en": "no overlap in time", "nl": "geen overlap in de tijd"}, _look, place=30, each_phase=False
)
