"""The tables of the report: one dictionary of texts per row, ready for the template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from models.bootstrap import false_discovery
from models.evaluation import MODEL
from models.metrics import registered, shortest_lift
from models.reporting.reasons import reworded, why_not_eligible, why_not_judged
from models.reporting.words import Words

#: Decimals of a metric, by unit.
DIGITS = {"ratio": 2, "share": 3, "nats": 3, "points": 3}
#: How many strong and weak segments are named.
NAMED = 4
FALSE_DISCOVERIES = 0.05


def phase_rows(results: Mapping[str, Any], min_cell: int, words: Words) -> list[dict[str, Any]]:
    """Give the numbers people look at first, one row per phase of one target."""
    selection = results.get("selection", {})
    return [
        _phase_row(phase, one, selection, min_cell, words) for phase, one in words.in_order(results["phases"])
    ]


def _phase_row(
    phase: str, one: Mapping[str, Any], selection: Mapping[str, Any], min_cell: int, words: Words
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "label": words.phase(phase), "all": phase == "all", "n": words.number(one["n"]),
        "customers": words.number(one["customers"]), "rate": words.percent(one["base_rate"], 1),
        "eligibility": why_not_eligible(selection, phase, words),
    }  # fmt: skip
    if "metrics" not in one:
        return row | {"note": words("not_judged", note=why_not_judged(one, min_cell, words))}
    metrics, gain = one["metrics"], one["gain"].get("roc_auc")
    lift = metrics[shortest_lift(metrics)][MODEL]
    row["lift"], row["lift_interval"] = words.number(lift["value"], 2), words.interval(lift, 2)
    auc = metrics["roc_auc"][MODEL]
    row["auc"], row["auc_interval"] = words.number(auc["value"], 3), words.interval(auc, 3)
    if gain:
        best = metrics["roc_auc"][gain["over"]]["value"]
        row["best"] = words.number(best, 3)
        row["over"] = words.known(f"scorer_{gain['over']}", gain["over"])
        row["gain"] = words.number(gain["value"], 3, signed=True)
        row["gain_interval"] = words.interval(gain, 3, signed=True)
        row["better"] = (gain.get("low") or 0.0) > 0
    row["ece"] = words.percent(metrics["ece"][MODEL]["value"], 1)
    row["floor"] = words("chance_floor", floor=words.percent(one["noise_floor"], 1))
    return row


def full_tables(
    results: Mapping[str, Any], top_shares: tuple[float, ...], words: Words
) -> list[dict[str, Any]]:
    """Give every metric of every scorer, one table per phase and one for the mean of the phases."""
    known = registered(top_shares)
    tables = []
    means = {"metrics": results["mean"], "gain": {}} if results.get("mean") else {}
    for key, one in [*words.in_order(results["phases"]), ("mean", means)]:
        if not one.get("metrics"):
            continue
        scorers = list(next(iter(one["metrics"].values())))
        scorers = [MODEL, *sorted(set(scorers) - {MODEL})]
        rows = []
        for name, metric in known.items():
            found, gain = one["metrics"].get(name), one["gain"].get(name)
            if found is None:
                continue
            digits = DIGITS[metric.unit]
            better = {True: "better_higher", False: "better_lower", None: "better_none"}[
                metric.bigger_is_better
            ]
            rows.append(
                {
                    "label": words.metric(name, metric.family, metric.k),
                    "better": words(better),
                    "cells": [_cell(found[scorer], digits, words) for scorer in scorers],
                    "gain": _cell(gain, digits, words, True) if gain else None,
                    "over": words.known(f"scorer_{gain['over']}", gain["over"]) if gain else "",
                }
            )
        label = words("mean") if key == "mean" else words.phase(key)
        heads = [words.known(f"scorer_{scorer}", scorer) for scorer in scorers]
        tables.append({"label": label, "scorers": heads, "rows": rows})
    return tables


def _cell(found: Mapping[str, Any], digits: int, words: Words, signed: bool = False) -> dict[str, str]:
    return {
        "value": words.number(found["value"], digits, signed),
        "interval": words.interval(dict(found), digits, signed),
    }


def segment_findings(frame: pd.DataFrame, confidence: float, words: Words) -> dict[str, Any]:
    """Name the segments of one target that the model ranks better or worse than the rest, beyond chance.

    Parameters
    ----------
    frame : DataFrame
        The rows of one target, as ``SEGMENT_LIFT``.
    confidence : float
        Of the intervals in it.
    words : Words
        Texts and labels.
    """
    auc = frame[frame["metric"] == "roc_auc"]
    sure = auc[auc["q_value"] <= FALSE_DISCOVERIES]
    up = sure[sure["difference"] > 0].sort_values(
        ["difference", "phase", "segment"], ascending=[False, True, True]
    )
    down = sure[sure["difference"] < 0].sort_values(["difference", "phase", "segment"])
    small = int((auc["note"] != "").sum())
    return {
        "strong": [_segment_line(row, frame, words) for row in up.head(NAMED).to_dict("records")],
        "weak": [_segment_line(row, frame, words) for row in down.head(NAMED).to_dict("records")],
        "small": words("segments_small", n=words.number(small), total=words.number(len(auc)))
        if small
        else "",
        "misstated": _misstated(frame, confidence, words),
    }


def _segment_line(row: Mapping[Any, Any], frame: pd.DataFrame, words: Words) -> str:
    same = (frame["phase"] == row["phase"]) & (frame["segment_kind"] == row["segment_kind"])
    lifts = frame[same & (frame["segment"] == row["segment"]) & frame["metric"].str.startswith("lift")]
    difference = {"low": row["difference_low"], "high": row["difference_high"]}
    return words(
        "segment_line", segment=_segment_name(row, words), phase=_scope(row, words),
        value=words.number(row["value"], 3), difference=words.number(row["difference"], 3, signed=True),
        interval=words.interval(difference, 3, signed=True),
        lift=words.number(lifts.sort_values("k")["value"].iloc[0], 2),
    )  # fmt: skip


def _misstated(frame: pd.DataFrame, confidence: float, words: Words) -> str:
    """Name the segment whose mean chance is furthest off, if by more than chance over all segments."""
    from scipy.special import ndtr, ndtri

    gaps = frame[(frame["metric"] == "calibration_gap") & frame["value"].notna()]
    reach = 2 * ndtri((1 + confidence) / 2)
    spread = (gaps["high"] - gaps["low"]).to_numpy() / reach
    chance = 2 * ndtr(-gaps["value"].abs().to_numpy() / spread)
    gaps = gaps[false_discovery(chance) <= FALSE_DISCOVERIES]
    if gaps.empty:
        return ""
    row = gaps.sort_values("value", key=abs).to_dict("records")[-1]
    gap = words.number(100 * row["value"], 1, signed=True)
    return words("segments_misstated", segment=_segment_name(row, words), phase=_scope(row, words), gap=gap)


def _segment_name(row: Mapping[Any, Any], words: Words) -> str:
    name = words.segment(row["segment_kind"], row["segment"])
    return name if row["segment_kind"] in ("phase", "all") else f"{words.kind(row['segment_kind'])}: {name}"


def _scope(row: Mapping[Any, Any], words: Words) -> str:
    return words.kind("phase") if row["segment_kind"] == "phase" else words.phase(row["phase"])


def choice_rows(selection: Mapping[str, Any], words: Words) -> list[dict[str, Any]]:
    """Give one row per phase: what serves it, what it was compared with, why."""
    rows = []
    for phase, one in words.in_order(selection.get("phases", {})):
        compared = [
            {
                "label": candidate_label(each["candidate"], words),
                "loss": words.number(each["log_loss"], 4),
                "chosen": each["candidate"] == one["candidate"],
            }
            for each in one.get("compared", [])
        ]
        refused = why_not_eligible(selection, phase, words)
        why = refused or ("" if compared else reworded(str(one.get("reason", "")), words))
        label = candidate_label(one["candidate"], words)
        rows.append({"label": words.phase(phase), "candidate": label, "why": why, "compared": compared})
    return rows


def candidate_label(name: str, words: Words) -> str:
    """Name a candidate in words.

    Examples
    --------
    >>> candidate_label("pooled lightgbm", Words("nl"))
    'alle fasen samen: beslisbomen (LightGBM)'
    """
    return " ".join(words.known(f"candidate_{part}", part) for part in name.split())
