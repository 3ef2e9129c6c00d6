"""When, how much and what: how well the next order, its money and its categories are foreseen, per phase."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from models.reporting.words import Words

Found = Mapping[str, Any]


def forecast_section(
    timing: Found, value: Found, category: Found, gates: Mapping[str, Found], words: Words
) -> dict[str, Any]:
    """Give the tables of the section; empty where nothing was learnt.

    Parameters
    ----------
    timing, value, category : mapping
        The content of ``reports/timing.json``, ``value.json`` and ``next_category.json``, or nothing.
    gates : mapping of str to mapping
        Per target the verdict of every phase (``models.beats_baselines``).
    words : Words
        Texts.

    Returns
    -------
    dict
        ``when``, ``much``, ``what`` and ``gates``: each empty, or with ``text``, ``heads`` and ``rows`` (``label`` and
        ``cells``: ``text``, ``small`` and whether it is ``better``).
    """
    found = {
        "when": _when(timing, words), "much": _much(value, words), "what": _what(category, words),
        "gates": _gates(gates, words),
    }  # fmt: skip
    return found if any(found.values()) else {}


def _when(found: Found, words: Words) -> dict[str, Any]:
    judged = (found.get("out_of_time") or {}).get("quantiles") or {}
    if not judged:
        return {}
    horizons = found["out_of_time"]["horizons"]
    days = [str(one) for one in found["served_days"]]
    rows = []
    for key, one in words.in_order(judged):
        cells = [_share(one.get(part), words) for part in ("before_p10", "coverage", "after_p90")]
        cells += [_plain(words.number((horizons[day].get(key) or {}).get("roc_auc"), 2)) for day in days]
        rows.append({"label": words.phase(key), "cells": cells})
    heads = [words(f"forecast_{part}") for part in ("before", "between", "after")]
    heads += [words("forecast_auc", days=day) for day in days]
    text = words("forecast_when_text", longest=words.number(float(days[-1]))) if days else ""
    return {"text": text, "heads": heads, "rows": rows, "notes": list((found.get("left_out") or {}).values())}


def _much(found: Found, words: Words) -> dict[str, Any]:
    judged = found.get("out_of_time") or {}
    if not judged:
        return {}
    rows = []
    for key, one in words.in_order(judged):
        gain = (one.get("baselines") or {}).get("nothing_changes") or {}
        grade = one.get("grade") or {}
        cells = [
            _plain(words.number(one.get("predicted"), 2)), _plain(words.number(one.get("actual"), 2)),
            _with_interval(one, "ratio", words), _with_interval(one, "gini", words),
            _percent_with_interval(gain, "explained", words), _plain(grade.get("grade") or words("not_known")),
        ]  # fmt: skip
        rows.append({"label": words.phase(key), "cells": cells})
    heads = [
        words(f"forecast_{part}") for part in ("predicted", "actual", "ratio", "gini", "explained", "grade")
    ]
    text = words("forecast_much_text", days=words.number(found["horizon_days"]), currency=found["currency"])
    return {"text": text, "heads": heads, "rows": rows, "notes": []}


def _what(found: Found, words: Words) -> dict[str, Any]:
    judged = found.get("out_of_time") or {}
    if not judged:
        reason = found.get("reason") or ""
        return {"text": reason, "heads": [], "rows": [], "notes": []} if reason else {}
    rows = []
    for key, one in words.in_order(judged):
        cells = []
        for which in ("all", "new"):
            scope = one.get(which) or {}
            # Too few to draw an interval from say nothing: dashes, beside how many there were.
            ndcg = scope.get("ndcg5") or {}
            ndcg = ndcg if ndcg.get("gain_low") is not None else {}
            cells.append(_plain(words.number(float(scope.get("judged") or 0))))
            cells += [_plain(words.number(ndcg.get(name), 3)) for name in ("model", "own_frequency")]
            cells.append(_gain(ndcg, words))
        rows.append({"label": words.phase(key), "cells": cells})
    heads = [
        words(f"forecast_{part}_{which}")
        for which in ("all", "new")
        for part in ("judged", "model", "own", "gain")
    ]
    text = words(
        "forecast_what_text", days=words.number(found["horizon_days"]), new=words.number(found["new_days"])
    )
    return {"text": text, "heads": heads, "rows": rows, "notes": []}


def _gain(found: Found, words: Words) -> dict[str, Any]:
    edges = {"low": found.get("gain_low"), "high": found.get("gain_high")}
    small = words.interval(edges, 3, signed=True)
    text = words.number(found.get("gain"), 3, signed=True)
    return {"text": text, "small": small, "better": (edges["low"] or 0.0) > 0}


def _gates(gates: Mapping[str, Found], words: Words) -> dict[str, Any]:
    rows = list(_gate_rows(gates, words))
    heads = [words("forecast_verdict"), words("forecast_why")]
    return {"text": words("forecast_gate_text"), "heads": heads, "rows": rows, "notes": []} if rows else {}


def _gate_rows(gates: Mapping[str, Found], words: Words) -> Iterator[dict[str, Any]]:
    for target, of_phase in gates.items():
        for key, one in words.in_order(of_phase):
            verdict = words("forecast_passes" if one["passes"] else "forecast_stays_out")
            cells = [{"text": verdict, "small": "", "better": one["passes"]}, _plain(_why(one, words))]
            yield {"label": f"{words(f'target_{target}')}: {words.phase(key)}", "cells": cells}


def _why(one: Found, words: Words) -> str:
    less = one.get("less")
    if not one.get("over") or less is None:
        return words("forecast_not_judged")
    over = words.known(f"scorer_{one['over']}", str(one["over"]).replace("_", " "))
    gap = words.number(abs(less), 4)
    return words("forecast_beats" if less > 0 else "forecast_behind", over=over, gap=gap)


def _share(found: Found | None, words: Words) -> dict[str, Any]:
    if not found or found.get("share") is None:
        return _plain(words("not_known"))
    edges = {side: 100 * found[side] if found.get(side) is not None else None for side in ("low", "high")}
    return {"text": words.percent(found["share"]), "small": words.interval(edges, 0), "better": False}


def _with_interval(one: Found, name: str, words: Words) -> dict[str, Any]:
    edges = {"low": one.get(f"{name}_low"), "high": one.get(f"{name}_high")}
    return {"text": words.number(one.get(name), 2), "small": words.interval(edges, 2), "better": False}


def _percent_with_interval(one: Found, name: str, words: Words) -> dict[str, Any]:
    low, high = one.get(f"{name}_low"), one.get(f"{name}_high")
    edges = {"low": None if low is None else 100 * low, "high": None if high is None else 100 * high}
    return {
        "text": words.percent(one.get(name)),
        "small": words.interval(edges, 0),
        "better": (low or 0.0) > 0,
    }


def _plain(text: str) -> dict[str, Any]:
    return {"text": text, "small": "", "better": False}
