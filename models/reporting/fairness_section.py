"""Fairness: how good the models are per audited group, beside who receives which action."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from models.metrics import shortest_lift
from models.reporting.figures.album import FALSE_DISCOVERIES, ordered_kinds
from models.reporting.next_action_findings import exposure_table
from models.reporting.words import Words
from models.segment_dimensions import registered

GAP = "calibration_gap"


def audited_kinds(kinds: pd.Series) -> list[str]:
    """Give the kinds of segments that are attributes for auditing only: any that is not a dimension.

    Examples
    --------
    >>> audited_kinds(pd.Series(["all", "phase", "gender", "channel"]))
    ['gender']
    """
    return [kind for kind in ordered_kinds(kinds) if kind != "phase" and kind not in registered()]


def fairness_section(
    segments: pd.DataFrame, targets: Sequence[str], exposure: Mapping[str, Any], words: Words
) -> dict[str, Any]:
    """Give everything the part on fairness shows.

    Parameters
    ----------
    segments : DataFrame
        As ``SEGMENT_LIFT``.
    targets : sequence of str
        In the order of the page.
    exposure : mapping
        `models.actions.exposure.exposure_summary`, or nothing.
    words : Words
        Texts and labels.

    Returns
    -------
    dict
        ``targets``: per target ``tables`` (one per attribute) and ``said``, what stands out after correction;
        ``exposure``; ``standing_out``: how many groups stand out in the quality of a model, over all phases or
        within one; ``unequal``: how many in what they receive; ``measured``: whether there is anything to audit.
    """
    kinds = audited_kinds(segments["segment_kind"])
    audited = segments[segments["segment_kind"].isin(kinds)]
    told = [_target(target, audited[audited["target"] == target], kinds, words) for target in targets]
    told = [one for one in told if one["tables"]]
    receives = exposure_table(exposure, words)
    return {
        "kinds": kinds,
        "targets": told,
        "exposure": receives,
        "standing_out": sum(one["n"] for one in told),
        "unequal": sum(row["stands_out"] for table in receives["tables"] for row in table["rows"]),
        "measured": bool(told or receives["tables"]),
    }


def _target(target: str, frame: pd.DataFrame, kinds: Sequence[str], words: Words) -> dict[str, Any]:
    lifts = frame.loc[frame["metric"].str.startswith("lift"), "metric"]
    judged = ["roc_auc", *([shortest_lift(lifts)] if len(lifts) else []), GAP]
    frame = frame[frame["metric"].isin(judged)]
    sure = frame[frame["q_value"] <= FALSE_DISCOVERIES]
    groups = sure[["phase", "segment_kind", "segment"]].drop_duplicates()
    tested = int(frame["q_value"].notna().sum())
    key = "fair_some" if len(groups) else "fair_none" if tested else "fair_untested"
    whole = frame[frame["phase"] == "all"]
    tables = [_table(kind, whole[whole["segment_kind"] == kind], judged, words) for kind in kinds]
    return {
        "key": target,
        "title": words(f"target_{target}"),
        "tables": [table for table in tables if table["rows"]],
        "said": words(key, tested=words.number(tested), n=words.number(len(groups))),
        "lines": [_line(row, words) for row in sure.sort_values("q_value", kind="stable").to_dict("records")],
        "n": len(groups),
    }


def _line(row: Mapping[Any, Any], words: Words) -> str:
    """Say how one group differs from the rest, in the measure in which it does."""
    scale, digits = (100.0, 1) if row["metric"] == GAP else (1.0, 3)
    ends = {side: scale * row[f"difference_{side}"] for side in ("low", "high")}
    return words(
        "fair_line", kind=words.kind(row["segment_kind"]), segment=words.segment(row["segment_kind"], row["segment"]),
        phase=words.phase(row["phase"]), measure=_measure(row["metric"], row["k"], words),
        difference=words.number(scale * row["difference"], digits, signed=True),
        interval=words.interval(ends, digits, signed=True), q=words.number(row["q_value"], 3),
    )  # fmt: skip


def _measure(metric: str, k: float, words: Words) -> str:
    if metric == GAP:
        return words("fair_gap")
    return words("metric_roc_auc") if metric == "roc_auc" else words("metric_lift", k=words.percent(k))


def _table(kind: str, frame: pd.DataFrame, judged: Sequence[str], words: Words) -> dict[str, Any]:
    """Give one row per group of an attribute: size, rate, and per measure the value beside the others'."""
    rows = []
    groups = sorted(frame["segment"].unique(), key=lambda segment: words.place(kind, segment))
    for group in groups:
        found = {row["metric"]: row for row in frame[frame["segment"] == group].to_dict("records")}
        first = next(iter(found.values()))
        told = [_cell(found.get(metric), words) for metric in judged]
        small = all(one is None for one in told)
        rows.append(
            {
                "label": words.segment(kind, group),
                "n": words.number(first["n"]),
                "customers": words.number(first["customers"]),
                "rate": words.percent(first["base_rate"], 1),
                "cells": told,
                "note": words("too_small") if small else "",
            }
        )
    ks = {row["metric"]: row["k"] for row in frame[["metric", "k"]].drop_duplicates().to_dict("records")}
    heads = [_measure(metric, ks.get(metric, float("nan")), words) for metric in judged]
    return {"kind": kind, "label": words.kind(kind), "heads": heads, "rows": rows}


def _cell(row: Mapping[Any, Any] | None, words: Words) -> dict[str, Any] | None:
    if row is None or pd.isna(row["value"]):
        return None
    scale, digits, signed = (100.0, 1, True) if row["metric"] == GAP else (1.0, 2, False)
    ends = {side: scale * row[side] for side in ("low", "high")}
    rest = scale * row["rest"]
    return {
        "value": words.number(scale * row["value"], digits, signed),
        "interval": words.interval(ends, digits, signed),
        "rest": words("fair_rest", value=words.number(rest, digits, signed)) if pd.notna(rest) else "",
        "stands_out": bool(row["q_value"] <= FALSE_DISCOVERIES),
    }
