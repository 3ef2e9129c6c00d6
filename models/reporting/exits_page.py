"""Where a phase leads to: advance, stall, regress, leave, foreseen against what happened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.reporting.words import Words


def exits_page(found: Mapping[str, Any], words: Words) -> dict[str, Any]:
    """Give one entry per phase: what was foreseen and what happened, per exit; empty without exits.

    Parameters
    ----------
    found : mapping
        The content of ``reports/exits.json``, or nothing.
    words : Words
        Texts.

    Returns
    -------
    dict
        ``text`` and ``phases`` (``all`` first), each with ``label``, ``n``, ``gain`` and its interval, ``exits``.
    """
    judged = found.get("out_of_time") or {}
    phases = [_phase(key, one, found["exits"], words) for key, one in words.in_order(judged)]
    if not phases:
        return {}
    heads = [words.known(f"exit_{name}", name) for name in found["exits"]]
    return {
        "text": words("exits_text", days=words.number(found["horizon_days"])),
        "heads": heads,
        "phases": phases,
    }


def _phase(key: str, one: Mapping[str, Any], names: list[str], words: Words) -> dict[str, Any]:
    gain = {"value": one.get("gain"), "low": one.get("gain_low"), "high": one.get("gain_high")}
    exits = []
    for name in names:
        exit_ = one["exits"].get(name) or {}
        gap = {"low": _points(exit_.get("gap_low")), "high": _points(exit_.get("gap_high"))}
        exits.append(
            {
                "key": name,
                "label": words.known(f"exit_{name}", name),
                "observed": words.percent(exit_.get("observed"), 1),
                "predicted": words.percent(exit_.get("predicted"), 1),
                "width": f"{100 * (exit_.get('observed') or 0.0):.1f}",
                "gap": words.interval(gap, 1, signed=True),
            }
        )
    return {
        "label": words.phase(key),
        "all": key == "all",
        "n": words.number(one["rows"]),
        "customers": words.number(one["customers"]),
        "gain": words.number(gain["value"], 3, signed=True),
        "gain_interval": words.interval(gain, 3, signed=True),
        "better": (gain["low"] or 0.0) > 0,
        "exits": exits,
    }


def _points(share: float | None) -> float | None:
    return None if share is None else 100 * share
