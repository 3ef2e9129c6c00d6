"""Drift: whether today's customers are like those the models were judged on, from the files of one run."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from features.settings import DORMANT
from models.reporting.figures import style, tenths
from models.reporting.figures.album import Picture
from models.reporting.words import Words
from models.target import PROBABILITIES

Found = Mapping[str, Any]
#: Siddiqi (2006), "Credit Risk Scorecards", ch. 8: a population stability index below 0.1 is no change to speak
#: of, one above 0.25 asks for new models.
MOVED, MOVED_MUCH = 0.1, 0.25
#: Instead of a share of nothing, of which the logarithm is not a number.
LEAST_SHARE = 1e-4


def stability_index(judged: Sequence[float], now: Sequence[float]) -> float:
    """Give the population stability index of two lists of shares.

    References
    ----------
    Siddiqi (2006), "Credit Risk Scorecards", ch. 8.

    Examples
    --------
    >>> stability_index([0.5, 0.5], [0.5, 0.5]), round(stability_index([0.5, 0.5], [0.2, 0.8]), 2)
    (0.0, 0.42)
    """
    pairs = [(max(a, LEAST_SHARE), max(b, LEAST_SHARE)) for a, b in zip(judged, now, strict=True)]
    return math.fsum((b - a) * math.log(b / a) for a, b in pairs)


def read_scored(scores: Path | None) -> pd.DataFrame:
    """Read the probabilities of the customers scored, one column per target; no column where there are none."""
    if scores is None or not scores.is_file():
        return pd.DataFrame()
    import pyarrow.parquet as pq

    present = set(pq.read_schema(scores).names)
    names = {one.score: one.name for one in PROBABILITIES if one.score in present}
    frame: pd.DataFrame = pq.read_table(scores, columns=list(names)).to_pandas()
    return frame.rename(columns=names)


def tenths_now(calibration: Sequence[Found], now: Sequence[float]) -> list[float]:
    """Give the share of today's customers in each part of the list that was judged.

    The parts (tenths, mostly) are known by their mean probability; they are told apart halfway between two means.

    Parameters
    ----------
    calibration : sequence of mapping
        ``p`` (mean probability) and ``n`` of each part, lowest first.
    now : sequence of float
        Today's probabilities.

    Returns
    -------
    list of float
        One share per part; empty where there is nothing to tell apart.

    Examples
    --------
    >>> tenths_now([{"p": 0.1, "n": 5}, {"p": 0.3, "n": 5}], [0.0, 0.1, 0.15, 0.9])
    [0.75, 0.25]
    """
    means = np.asarray([one["p"] for one in calibration], dtype=np.float64)
    scores = np.asarray(now, dtype=np.float64)
    scores = scores[np.isfinite(scores)]
    if len(means) < 2 or len(scores) == 0 or not (np.diff(means) > 0).all():
        return []
    part = np.searchsorted((means[1:] + means[:-1]) / 2, scores, side="right")
    shares: list[float] = (np.bincount(part, minlength=len(means)) / len(scores)).tolist()
    return shares


def drift_section(evaluation: Found, scored: pd.DataFrame, words: Words) -> dict[str, Any]:
    """Give everything the part on drift shows.

    Parameters
    ----------
    evaluation : mapping
        The content of ``reports/evaluation.json``.
    scored : DataFrame
        As `read_scored`.
    words : Words
        Texts, numbers, phases.

    Returns
    -------
    dict
        ``phases`` (``rows``, ``said``), ``targets`` (per target ``rates``: a row per test cutoff, ``moved``: where
        the outcome moved, ``scores``: where today's customers stand on the judged list), and ``much``: how many of
        these comparisons ask for attention, of ``compared``.
    """
    cutoffs = sorted({day for one in evaluation["targets"].values() for day in one["cutoffs"]})
    mix = _mix(evaluation.get("phases_over_time") or {}, cutoffs, words)
    targets = [_target(key, one, scored, words) for key, one in evaluation["targets"].items()]
    judged = [mix, *(one["scores"] for one in targets)]
    indexes = [one["index"] for one in judged if one.get("index") is not None]
    moved = [one["moved_newest"] for one in targets if one["moved_newest"] is not None]
    return {
        "phases": mix,
        "targets": targets,
        "much": sum(index > MOVED for index in indexes) + sum(moved),
        "compared": len(indexes) + len(moved),
    }


def _mix(moved: Found, judged: Sequence[str], words: Words) -> dict[str, Any]:
    """Lay the phases of today beside those at the moments judged; dormant customers are not predicted."""
    cutoffs = list(moved.get("cutoffs") or [])
    places = [place for place, day in enumerate(cutoffs) if day in set(judged)]
    if not places:
        return {}
    awake = [(key, counts) for key, counts in words.in_order(moved["counts"]) if key != DORMANT]
    then = [sum(counts[place] for place in places) for _, counts in awake]
    now = [counts[-1] for _, counts in awake]
    if not sum(then) or not sum(now):
        return {}
    shares = [[count / sum(side) for count in side] for side in (then, now)]
    rows = [
        {
            "label": words.phase(key),
            "then": words.percent(before, 1),
            "now": words.percent(after, 1),
            "change": words("points_of", value=words.number(100 * (after - before), 1, signed=True)),
        }
        for (key, _), before, after in zip(awake, *shares, strict=True)
    ]
    return {"rows": rows, "day": words.date(cutoffs[-1]), **_index(stability_index(*shares), words)}


def _index(value: float, words: Words) -> dict[str, Any]:
    state = "much" if value > MOVED_MUCH else "some" if value > MOVED else "little"
    return {"index": value, "state": state, "said": words(f"drift_{state}", index=words.number(value, 2))}


def _target(key: str, one: Found, scored: pd.DataFrame, words: Words) -> dict[str, Any]:
    drift = one.get("base_rate_drift") or {}
    rates = [_rate(entry, words) for entry in drift.get("all", [])]
    moved = [
        words("drift_moved_in", phase=words.phase(phase), day=words.date(entry["cutoff"]), drift=_points(entry, words))
        for phase, entries in words.in_order(drift)
        for entry in entries
        if entry.get("moved") and phase != "all"
    ]  # fmt: skip
    newest = [
        bool(entries[-1].get("moved")) for phase, entries in drift.items() if phase == "all" and entries
    ]
    calibration = one["phases"].get("all", {}).get("calibration") or []
    return {
        "key": key,
        "title": words(f"target_{key}"),
        "rates": rates,
        "moved": moved,
        "moved_newest": newest[0] if newest else None,
        "scores": _scores(key, calibration, scored, words),
    }


def _rate(entry: Found, words: Words) -> dict[str, Any]:
    return {
        "day": words.date(entry["cutoff"]),
        "n": words.number(entry["n"]),
        "known": words.percent(entry.get("newest_rate") or entry.get("known_rate"), 1),
        "rate": words.percent(entry["rate"], 1),
        "expected": words.percent(entry.get("expected"), 1),
        "drift": _points(entry, words),
        "interval": words.interval(
            {side: None if entry.get(side) is None else 100 * entry[side] for side in ("low", "high")},
            1,
            True,
        ),
        "moved": bool(entry.get("moved")),
    }


def _points(entry: Found, words: Words) -> str:
    drift = entry.get("drift")
    if drift is None:
        return words("not_known")
    return words("points_of", value=words.number(100 * drift, 1, signed=True))


def _scores(key: str, calibration: Sequence[Found], scored: pd.DataFrame, words: Words) -> dict[str, Any]:
    """Say where today's customers stand on the list that was judged; empty where they cannot be compared."""
    now = scored[key].dropna() if key in scored else pd.Series(dtype=float)
    shares = tenths_now(calibration, now.to_list())
    if not shares:
        return {}
    total = sum(one["n"] for one in calibration)
    then = [one["n"] / total for one in calibration]
    mean = sum(one["p"] * one["n"] for one in calibration) / total
    found = _index(stability_index(then, shares), words)
    text = words(
        "drift_scores", n=words.number(len(now)), then=words.percent(mean, 1), now=words.percent(float(now.mean()), 1)
    )  # fmt: skip
    return {**found, "text": text, "shares": shares, "then": then}


def drift_pictures(found: Found, words: Words) -> list[Picture]:
    """Draw where today's customers stand on the list that was judged, per target, on the sheet ``drift``."""
    drawn = []
    for one in found["targets"]:
        told = one["scores"]
        if told:
            alt = words(
                "alt_drift", target=one["title"], shares=", ".join(words.percent(s) for s in told["shares"])
            )
            drawn.append(_picture(one["key"], alt, told, one["title"], words))
    return drawn


def _picture(key: str, alt: str, told: Found, title: str, words: Words) -> Picture:
    then, now = told["then"], told["shares"]
    return Picture(
        "drift", key, alt, lambda axes: tenths.draw(axes, then, now, title, words), margins=style.MARGINS
    )
