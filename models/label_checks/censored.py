"""Censored: label windows that have not closed, or in which the log lacks a day."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from features.cutoffs import day_of, label_window, train_cutoffs, validation_split, window_is_complete
from features.errors import InputError
from models.label_checks._check import ALL, Case, Check, Finding


def _look(case: Case) -> Iterator[Finding]:
    at_risk = np.unique(case.panel.cutoff_us[case.here])
    expected = [cutoff for cutoff in case.grid if cutoff in at_risk]
    if expected and not len(case.y):
        yield Finding("refused", f"{case.refusal}: {_why(case, expected)}", _remedy(case))
    elif case.phase == ALL and expected:
        lost = [cutoff for cutoff in expected if _incomplete(case, cutoff)]
        if lost:
            yield Finding(
                "warned",
                f"cutoffs without a label: {len(lost)} of {len(expected)}; {_why(case, lost)}",
                _remedy(case),
            )
        else:
            yield Finding(
                "fine", f"the label windows of all {len(expected)} cutoffs have closed and miss no day"
            )
        yield from _split(case)
    else:
        yield Finding("fine", "see all phases together")


def _split(case: Case) -> Iterator[Finding]:
    """Warn where no model can be compared, or none judged, in time."""
    cutoffs = np.unique(case.rows.cutoff_us).tolist()
    shorter = f"lower {case.key('horizon_days')}, cutoffs.step_days or cutoffs.min_history_days, or bring a longer log"
    try:
        fit, newest = validation_split(cutoffs, case.contract)
    except InputError:
        yield Finding(
            "warned",
            f"no split with a gap of the horizon is left (matured cutoffs: {len(cutoffs)}): models are not compared, "
            "and no forecast of the past can be judged",
            shorter,
        )
        return
    judged = sum(1 for cutoff in cutoffs if train_cutoffs(cutoffs, cutoff, case.contract))
    yield Finding(
        "fine",
        f"{len(cutoffs)} matured cutoffs: {len(fit)} to learn from and {day_of(newest)} to compare on; {judged} can be "
        "judged out of time",
    )


def _incomplete(case: Case, cutoff_us: int) -> bool:
    known_until = min(case.plan.as_of_us, case.plan.complete_until_us)
    start, end = label_window(cutoff_us, case.contract)
    return not window_is_complete(start, end, case.plan.missing_days, known_until)


def _why(case: Case, cutoffs: list[int]) -> str:
    known_until = min(case.plan.as_of_us, case.plan.complete_until_us)
    ends = [label_window(cutoff, case.contract)[1] for cutoff in cutoffs]
    open_still = sum(end > known_until for end in ends)
    over_missing = sum(_incomplete(case, cutoff) for cutoff in cutoffs) - open_still
    days = case.contract.gap_days + case.contract.horizon_days
    told = []
    if open_still:
        told.append(f"windows of {days} days that had not closed on {day_of(known_until)}: {open_still}")
    if over_missing:
        lacking = len(case.plan.missing_days)
        told.append(
            f"windows that touch one of the days that the log lacks ({lacking} in all): {over_missing}"
        )
    return "; ".join(told) or "no label is known"


def _remedy(case: Case) -> str:
    remedy = f"lower {case.key('horizon_days')}"
    return f"{remedy}, or bring the missing days" if case.plan.missing_days else f"{remedy}, or wait"


CHECK = Check({"en": "window closed", "nl": "venster voorbij"}, _look, place=20)
