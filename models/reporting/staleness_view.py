"""How models age, in words and as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.reporting.figures import progress, style
from models.reporting.words import Words
from models.staleness import AGES


def lines(content: Mapping[str, Any], words: Words) -> list[str]:
    """Say per target after how many weeks a model is worn out, with the numbers by age.

    Parameters
    ----------
    content : mapping
        ``targets`` of ``reports/staleness.json``: per target what `models.staleness.staleness` gave.
    words : Words
        Texts and numbers.
    """
    told = []
    for target, one in content.items():
        name = words(f"target_{target}")
        if not one["judged"]:
            told.append(words("model_not_judged", target=name, reason=one["reason"]))
            continue
        told.append(_verdict(name, one, words))
        days = words.listed([words.day(cutoff) for cutoff in one["cutoffs_us"]])
        n, customers = words.number(one["rows"]), words.number(one["customers"])
        told.append("  " + words("aging_text", n=n, customers=customers, days=days))
        told += ["  " + _row(age, words) for age in one["ages"]]
    return told


def picture(content: Mapping[str, Any], words: Words) -> bytes | None:
    """Draw log loss and AUC by age side by side, a row per target; nothing where no target could be judged.

    Returns
    -------
    bytes or None
        A PNG.
    """
    judged = {target: one for target, one in content.items() if one["judged"]}
    if not judged:
        return None
    with style.drawing(2, len(judged), progress.SIZE) as (figure, axes):
        for row, (target, one) in enumerate(judged.items()):
            for column, (key, sign) in enumerate((("behind", 1), ("behind_auc", -1))):
                points = [_point(age, key, sign, words) for age in one["ages"]]
                title = words(f"aging_title_{key}", target=words(f"target_{target}"))
                up = words(f"aging_up_{key}")
                progress.draw(axes[2 * row + column], points, title, words("aging_axis"), up, words)
        return style.png(figure)


def _point(age: Mapping[str, Any], key: str, sign: int, words: Words) -> progress.Point:
    one = age[key]
    worst = one["low"] if sign > 0 else one["high"]
    return progress.Point(
        words.number(age["weeks"]), one["value"], one["low"], one["high"],
        marked=worst is not None and sign * worst > 0,
    )  # fmt: skip


def _verdict(name: str, one: Mapping[str, Any], words: Words) -> str:
    ages = one["verdict"] == AGES
    shown = next((age for age in one["ages"] if ages and age["weeks"] == one["worse_weeks"]), one["ages"][-1])
    behind = shown["behind"]
    return words(
        f"aging_{one['verdict']}", target=name, oldest=words.number(one["oldest_weeks"]),
        worse=words.number(one["worse_weeks"]), retrain=words.number(one["retrain_weeks"]),
        value=words.number(behind["value"], 4, signed=not ages), range=words.interval(behind, 4, signed=True),
    )  # fmt: skip


def _row(age: Mapping[str, Any], words: Words) -> str:
    loss, auc = (words.number(age[key]["value"], 4) for key in ("log_loss", "auc"))
    if not age["weeks"]:
        return words("aging_fresh", loss=loss, auc=auc)
    behind = age["behind"]
    return words(
        "aging_row", weeks=words.number(age["weeks"]), loss=loss, auc=auc,
        value=words.number(behind["value"], 4, signed=True), range=words.interval(behind, 4, signed=True),
    )  # fmt: skip
