"""Cost and gain of the families as a table for the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from features.cutoffs import day_of
from models.family_gains.verdict import DEAR, EARNS, MIXED, SMALL, UNCLEAR, UNKNOWN

SAID = {
    EARNS: "earns its cost",
    MIXED: "helps one, harms another",
    UNCLEAR: "within chance",
    SMALL: "little, but cheap",
    DEAR: "DOES NOT EARN ITS COST",
    UNKNOWN: "not judged",
}
WHY_NOT = {
    "too_short": "the log is too short: no past cutoff has labels ({days} days) that were known before another",
    "few_labels": "{positives} positives and {negatives} negatives are too few (at least {least} of each)",
    "no_label": "this source has no such label",
}
RULE = (
    "rule: a family does not earn its cost if it brings little to every target (the upper end of the gain is below "
    "{margin:.0%} of what all features bring together, or the forecast is no worse without it), takes more than its "
    "fair share of the build time (1 / number of families) and is not on the short list. Two families that tell the "
    "same can both look needless: leave out one, then measure again."
)


def lines(content: Mapping[str, Any]) -> list[str]:
    """Set the content of ``reports/features.json`` out for the terminal, what brings most first.

    Parameters
    ----------
    content : mapping
        See `pipelines.features_report`.
    """
    targets = [name for name, one in content["targets"].items() if one["judged"]]
    heads = ["family", "columns", "CPU-s", "MB", "alone", *targets, "% per CPU-s", ""]
    rows = [_row(name, content["families"][name], targets) for name in content["order"]]
    phases, together = content["phases"], content["together"]
    rows += [["phases", *_row("", phases, targets)[1:]], _together(together, content["targets"], targets)]
    widths = [max(len(row[place]) for row in [heads, *rows]) for place in range(len(heads))]
    measured = content["measured"]
    return [
        f"CPU-seconds: each family built alone, for {measured['events']:,} of {measured['events_in_log']:,} events "
        f"({measured['persons']:,} whole persons) at {measured['cutoffs']} cutoffs, scaled to the whole log",
        "gain per target: what the forecast loses without the family, in % of what all features bring over the base "
        "rate; alone: what the family reaches with nothing but the phases beside it, mean of the targets",
        *(_about(name, one) for name, one in content["targets"].items()),
        "",
        *("  ".join(_padded(row, widths)).rstrip() for row in [heads, *rows]),
        "",
        RULE.format(margin=content["margin"]),
        *_shortlist(content),
    ]


def _row(name: str, one: Mapping[str, Any], targets: list[str]) -> list[str]:
    rate = one["share_per_cpu_second"]
    return [
        name, str(one["columns"]), f"{one['cpu_seconds']:.2f}", f"{one['bytes'] / 1e6:.2f}",
        "-" if one["alone"] is None else f"{100 * one['alone']:.0f}",
        *(_gain(one["gains"].get(target)) for target in targets),
        "" if rate is None else f"{100 * rate:+.2f}", SAID[one["verdict"]] if "verdict" in one else "",
    ]  # fmt: skip


def _gain(found: Mapping[str, Any] | None) -> str:
    if not found or found["share"] is None:
        return "-"
    value, low, high = (_percents(found[key]) for key in ("share", "share_low", "share_high"))
    return value if found["share_low"] is None else f"{value} ({low} to {high})"


def _percents(share: float | None) -> str:
    # Adding nothing to a rounded number turns minus nothing into nothing.
    return "-" if share is None else f"{round(100 * share, 1) + 0.0:+.1f}"


def _together(one: Mapping[str, Any], found: Mapping[str, Any], targets: list[str]) -> list[str]:
    return [
        "all together", str(one["columns"]), f"{one['cpu_seconds']:.2f}", f"{one['bytes'] / 1e6:.2f}", "",
        *(f"100 = {found[target]['gain']:.4f} nats" for target in targets), "", "shared work done once",
    ]  # fmt: skip


def _about(name: str, one: Mapping[str, Any]) -> str:
    if not one["judged"]:
        return f"{name}: not judged, {WHY_NOT[one['reason']].format(**one['figures'])}"
    days = ", ".join(day_of(cutoff).isoformat() for cutoff in one["cutoffs_us"])
    return (
        f"{name}: log loss {one['loss']:.4f} with all, {one['base_loss']:.4f} at the base rate; learnt from two halves "
        f"of {one['known_rows']:,} rows, judged on {one['rows']:,} of {one['customers']:,} customers at {days}"
    )


def _shortlist(content: Mapping[str, Any]) -> list[str]:
    short, families = content["shortlist"], content["families"]
    if not short:
        return []
    alone = sum(one["cpu_seconds"] for one in families.values())
    cost = sum(families[name]["cpu_seconds"] for name in short) / alone if alone else 0.0
    return [
        f"short list: {', '.join(short)} (with the phases) keep {content['settings']['keep']:.0%} of the gain at "
        f"{cost:.0%} of the build time; chosen greedily on the rows judged here, so a little too good"
    ]


def _padded(row: list[str], widths: list[int]) -> list[str]:
    last = len(row) - 1
    return [
        cell.ljust(width) if place in (0, last) else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
