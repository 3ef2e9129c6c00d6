"""How much data each phase needs, in words and as pictures."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from models.learning_curve import MARGIN, MORE
from models.reporting.figures import progress
from models.reporting.figures.album import Picture, sheet
from models.reporting.words import Words


def lines(content: Mapping[str, Any], words: Words) -> list[str]:
    """Say per target and phase how many customers and cutoffs are enough.

    Parameters
    ----------
    content : mapping
        ``targets`` of ``reports/learning_curve.json``: per target what `models.learning_curve.learning_curve` gave.
    words : Words
        Texts and numbers.
    """
    told = []
    for target, one in content.items():
        name = words(f"target_{target}")
        if not one["judged"]:
            told.append(words("model_not_judged", target=name, reason=one["reason"]))
            continue
        days = words.listed([words.day(cutoff) for cutoff in one["cutoffs_us"]])
        n, customers = words.number(one["rows"]), words.number(one["customers"])
        told.append(words("curve_text", target=name, n=n, customers=customers, days=days))
        for phase, found in words.in_order(one["phases"]):
            told += [
                f"  {_verdict(kind, words.phase(phase), found, words)}" for kind in ("customers", "cutoffs")
            ]
    return told


def picture(content: Mapping[str, Any], target: str, words: Words) -> bytes | None:
    """Draw the curve over customers per phase of one target; nothing where it could not be judged.

    Returns
    -------
    bytes or None
        A PNG.
    """
    one = content[target]
    if not one["judged"] or not one["phases"]:
        return None
    panels = []
    for phase, found in words.in_order(one["phases"]):
        title = words("curve_title", target=words(f"target_{target}"), phase=words.phase(phase))
        points = [
            progress.Point(
                words.number(step["learnt_customers"]), step["behind"]["value"], step["behind"]["low"],
                step["behind"]["high"], marked=(step["behind"]["low"] or 0.0) > 0,
            )
            for step in found["customers"]
        ]  # fmt: skip
        draw = partial(
            progress.draw, points=points, title=title, across=words("curve_axis_customers"), up=words("curve_up"),
            words=words,
        )  # fmt: skip
        alt = _verdict("customers", words.phase(phase), found, words)
        panels.append(Picture("learning_curve", f"{target} {phase}", alt, draw, progress.SIZE))
    return sheet(panels)


def _verdict(kind: str, phase: str, found: Mapping[str, Any], words: Words) -> str:
    one, steps = found["verdicts"][kind], found[kind]
    shown = steps[-2 if one["verdict"] == MORE and len(steps) > 1 else 0]
    step = one["enough"] if one["enough"] is not None else shown["step"]
    return words(
        f"curve_{kind}_{one['verdict']}", phase=phase, share=words.percent(step), step=words.number(step),
        n=words.number(one["enough_customers"]), margin=words.percent(MARGIN), bound=words.number(one["bound"], 4),
        value=words.number(shown["behind"]["value"], 4), range=words.interval(shown["behind"], 4, signed=True),
    )  # fmt: skip
