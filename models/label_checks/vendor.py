"""Vendor: what the vendor of the preset that was chosen asks of a whole log."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from features.contract import DAY_US
from features.label_presets import LabelPreset
from models.label_checks._check import Case, Check, Finding


def _look(case: Case) -> Iterator[Finding]:
    if case.preset is None:
        yield Finding("fine", "no preset was chosen")
        return
    found = [look(case, case.preset) for look in (_customers, _history, _silence)]
    for told in filter(None, found):
        yield Finding(
            "warned",
            f"{case.preset.vendor} asks for {told}",
            f"bring more data, or set {case.key('preset')} to null",
        )
    if not any(found):
        yield Finding("fine", f"{case.preset.vendor} would not refuse this log for its size or age")


def _customers(case: Case, preset: LabelPreset) -> str:
    found = len(np.unique(case.panel.customer_id[case.here]))
    short = preset.min_customers is not None and found < preset.min_customers
    return f"{preset.min_customers} customers, {found} were ever at risk" if short else ""


def _history(case: Case, preset: LabelPreset) -> str:
    if preset.min_history_days is None or case.start_us is None:
        return ""
    days = (case.plan.as_of_us - case.start_us) // DAY_US
    short = days < preset.min_history_days
    return f"{preset.min_history_days} days of history, the log has {days}" if short else ""


def _silence(case: Case, preset: LabelPreset) -> str:
    if preset.max_silence_days is None or case.delays is None or not case.delays.events:
        return ""
    days = (case.plan.as_of_us - case.delays.newest_us) // DAY_US
    silent = days > preset.max_silence_days
    return (
        f"an event in the last {preset.max_silence_days} days, the newest is {days} days old"
        if silent
        else ""
    )


CHECK = Check(
    {"en": "as the vendor asks", "nl": "zoals de leverancier vraagt"}, _look, place=70, each_phase=False
)
