"""What to do, in a few sentences computed from the numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from models.evaluation import MODEL
from models.metrics import shortest_lift
from models.reporting.journey_words import JourneyWords
from models.reporting.reasons import reworded, why_not_judged
from models.reporting.tournament_view import NONE, followed, policy_label, tournament_gain
from models.reporting.words import Words

#: Up to this many times what chance alone gives, a calibration error is called chance.
NOISE_FACTOR = 2.0
STATES = ("personalise", "constant", "explore more", "refuse")


def target_card(
    target: str, results: Mapping[str, Any], settings: Mapping[str, Any], words: Words
) -> dict[str, Any]:
    """Say how good the list of one target is and how to use it.

    Parameters
    ----------
    target : str
        ``churn`` or ``readiness``.
    results : mapping
        ``evaluation["targets"][target]``.
    settings : mapping
        ``evaluation["settings"]``.
    words : Words
        Texts and numbers.

    Returns
    -------
    dict
        ``key``, ``title``, ``about``, ``sentences``, and ``big`` (a number, may be empty) with ``big_text``
        and ``big_interval``.
    """
    card = {"key": target, "title": words(f"target_{target}"), "about": words(f"about_{target}"), "big": ""}
    everybody = results["phases"].get("all", {})
    first, blind = _base_rate_served(results, words)
    if "metrics" not in everybody:
        empty = words("too_small")
        note = why_not_judged(everybody, settings["min_cell"], words) if everybody else empty
        return card | {"sentences": [*first, words("do_not_judged", target=card["title"], note=note)]}
    if blind:
        return card | {"sentences": [*first, _calibrated(everybody, words)]}
    name = shortest_lift(everybody["metrics"])
    k, lift = float(name.removeprefix("lift")) / 100, everybody["metrics"][name][MODEL]
    shown = {"k": words.percent(k), "positives": words(f"positives_{target}")}
    confidence, bounds = words.percent(settings["confidence"]), words.interval(lift, 2)
    sentences = [
        *first,
        words("do_list", gain=words.percent(lift["value"] * k), **shown),
        _best_phases(results, words),
        _against_baseline(everybody, words),
        _calibrated(everybody, words),
    ]
    return card | {
        "big": f"{words.number(lift['value'], 1)}×",
        "big_text": words("big_lift", **shown),
        "big_interval": words("interval_short", confidence=confidence, interval=bounds)
        + _perfect(everybody, k, words),
        "sentences": [sentence for sentence in sentences if sentence],
    }


def _perfect(everybody: Mapping[str, Any], k: float, words: Words) -> str:
    """Say what a perfect list would reach: where most have the outcome no list can hold many times as many."""
    rate = everybody.get("base_rate") or 0.0
    return f" {words('lift_perfect', lift=words.number(1 / max(rate, k), 1))}" if rate > 0 else ""


def action_card(tournament: Mapping[str, Any] | None, currency: str, words: Words) -> dict[str, Any]:
    """Say in which phases to choose per customer, to do one thing, or to test first."""
    card: dict[str, Any] = {"key": "next_action", "title": words("target_next_action"), "big": ""}
    card["about"] = words("about_next_action")
    if not tournament or not tournament.get("phases"):
        return card | {"sentences": [words("do_action_none")]}
    sentences = []
    for state in STATES:
        inside = {key: one for key, one in tournament["phases"].items() if one["state"] == state}
        if inside and state == "constant":
            sentences += _constant(inside, currency, words)
        elif inside:
            names = [words.phase(key) for key, _ in words.in_order(inside)]
            sentences.append(words(f"do_action_{state.split()[0]}", phases=words.listed(names)))
    if any(one["state"] == "personalise" for one in tournament["phases"].values()):
        gain = tournament_gain(tournament)
        card["big"] = words.number(gain["gain"], 2, signed=True)
        card["big_text"] = words("big_gain", currency=currency)
    return card | {"sentences": sentences}


def _constant(phases: Mapping[str, Any], currency: str, words: Words) -> list[str]:
    """Say what everybody gets, phase by phase, and what it is worth; last the phases where nothing is planned."""
    sentences, nothing = [], []
    for key, one in words.in_order(phases):
        name = followed(one)
        if name == NONE:
            nothing.append(words.phase(key))
            continue
        said = words("do_action_same", what=_lower(policy_label(name, words)), phase=words.phase(key))
        worth = (one.get("over_none") or {}).get(name) or {}
        if worth.get("value") is not None:
            gain = JourneyWords(words, currency).money(worth["value"], digits=2)
            said += words("do_action_worth", gain=gain, interval=words.interval(worth, 2))
        sentences.append(f"{said}.")
    if nothing:
        sentences.append(words("do_action_nothing", phases=words.listed(nothing)))
    return [*sentences, words("do_action_not_yet")]


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _base_rate_served(results: Mapping[str, Any], words: Words) -> tuple[list[str], bool]:
    """Say where one number stood in for a model, and whether it did at every test moment: then nothing was ranked."""
    tested = results.get("tested", [])
    without = [one for one in tested if one["candidate"].endswith("base_rate")]
    now = results.get("selection", {}).get("pooled", {})
    blind = bool(without) and len(without) == len(tested)
    sentences = []
    if without:
        why = reworded(without[-1]["reason"], words)
        sentences.append(words("do_tested_base_rate", n=len(without), total=len(tested), reason=why))
    if now.get("candidate", "").endswith("base_rate"):
        sentences.append(words("do_served_base_rate", reason=reworded(now["reason"], words)))
    elif blind:
        sentences.append(words("do_not_measured"))
    return sentences, blind


def _best_phases(results: Mapping[str, Any], words: Words) -> str:
    """Name the phases ranked best and least, if their intervals lie apart.

    By AUC, not by lift: the lift of a phase depends on its base rate.
    """
    judged = {phase: one for phase, one in results["phases"].items() if phase != "all" and "metrics" in one}
    if len(judged) < 2:
        return ""
    found = {phase: one["metrics"]["roc_auc"][MODEL] for phase, one in judged.items()}
    ranked = sorted(found, key=lambda phase: (-found[phase]["value"], phase))
    best, worst = found[ranked[0]], found[ranked[-1]]
    apart = (best.get("low") or 0.0) > (worst.get("high") or math.inf)
    return words(
        "do_best_phases" if apart else "do_equal_phases",
        best=words.phase(ranked[0]),
        worst=words.phase(ranked[-1]),
        best_value=words.number(best["value"], 2),
        worst_value=words.number(worst["value"], 2),
    )


def _against_baseline(everybody: Mapping[str, Any], words: Words) -> str:
    gain = everybody.get("gain", {}).get("roc_auc")
    if not gain:
        return ""
    return words(
        "do_beats" if (gain.get("low") or 0.0) > 0 else "do_no_better",
        over=words.known(f"scorer_{gain['over']}", gain["over"]),
        value=words.number(gain["value"], 3, signed=True),
        interval=words.interval(gain, 3, signed=True),
    )


def _calibrated(everybody: Mapping[str, Any], words: Words) -> str:
    ece, floor = everybody["metrics"]["ece"][MODEL]["value"], everybody["noise_floor"]
    key = "do_calibrated" if ece <= NOISE_FACTOR * floor else "do_not_calibrated"
    return words(key, ece=words.percent(ece, 1), floor=words.percent(floor, 1))
