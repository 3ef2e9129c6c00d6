"""What each feature family costs and brings: the section that ``klantreis features report`` adds to the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.reporting.figures import families as bars
from models.reporting.figures.album import Picture
from models.reporting.words import Words

#: Verdict to the look of its badge.
LOOKS = {"earns": "personalise", "dear": "explore-more"}
DEAR = "dear"
PHASES = "phases"


def family_section(found: Mapping[str, Any], plan_digest: str, words: Words) -> dict[str, Any]:
    """Give the texts of the section; empty without measurements, or if they are of other features.

    Parameters
    ----------
    found : mapping
        The content of ``reports/features.json``, or nothing.
    plan_digest : str
        ``Plan.digest`` of the plan at hand.
    words : Words
        Texts.

    Returns
    -------
    dict
        ``text``, ``targets``, ``rows`` (what brings most first), ``notes`` and ``pictures``.
    """
    if not found or found.get("plan") != plan_digest:
        return {}
    judged = {name: one for name, one in found["targets"].items() if one["judged"]}
    order = found["order"]
    together = found["together"]
    return {
        "text": words(
            "families_text", columns=words.number(together["columns"]), n=words.number(len(order)),
            confidence=words.percent(found["settings"]["confidence"]),
        ),
        "targets": [(name, words("families_lost", target=words(f"target_{name}").lower())) for name in judged],
        "rows": [_row(family_label(name, words), found["families"][name], words) for name in order]
        + [_row(words("families_phases"), found["phases"], words)],
        "total": [words.number(together["columns"]), _seconds(together, words), _room(together, words)],
        "notes": [*(_of_target(name, one, words) for name, one in found["targets"].items()), _cost(found, words)],
        "rule": words("families_rule", margin=words.percent(found["margin"])),
        "short": _short(found, words),
    }  # fmt: skip


def family_pictures(found: Mapping[str, Any], plan_digest: str, words: Words) -> list[Picture]:
    """Give the pictures of the section: what families cost, and what they bring to each target."""
    if not found or found.get("plan") != plan_digest:
        return []
    families = found["families"]
    order = found["order"]
    labels = [family_label(name, words) for name in order]

    def panel(key: str, rows: list[bars.Bar], title: str, axis: str, digits: int, signed: bool) -> Picture:
        return Picture(
            "families", key, words("families_alt", title=title),
            lambda axes: bars.draw(axes, rows, title, axis, words, digits, signed), bars.size(len(rows)),
        )  # fmt: skip

    costs = [
        bars.Bar(label, families[name]["cpu_seconds"], marked=families[name]["verdict"] == DEAR)
        for name, label in zip(order, labels, strict=True)
    ]
    drawn = [panel("cost", costs, words("families_cost_title"), words("families_seconds"), 1, False)]
    for target, one in found["targets"].items():
        if one["judged"] and one["gain"] > 0:
            rows = [
                _gain_bar(label, families[name], target) for name, label in zip(order, labels, strict=True)
            ]
            drawn.append(panel(target, rows, words(f"target_{target}"), words("families_percent"), 1, True))
    return drawn


def family_label(name: str, words: Words) -> str:
    """Give a family its name on the page; a family without words is called by its file.

    Examples
    --------
    >>> family_label("recency", Words("nl")), family_label("weather_at_home", Words("nl"))
    ('Hoe lang geleden', 'Weather at home')
    """
    return words.known(f"family_{name}", name.replace("_", " ").capitalize())


def _gain_bar(label: str, one: Mapping[str, Any], target: str) -> bars.Bar:
    gain = one["gains"][target]
    value, low, high = (_percents(gain[key]) for key in ("share", "share_low", "share_high"))
    return bars.Bar(label, value, low, high, marked=one["verdict"] == DEAR)


def _row(label: str, one: Mapping[str, Any], words: Words) -> dict[str, Any]:
    verdict = one.get("verdict", "")
    return {
        "label": label,
        "columns": words.number(one["columns"]),
        "seconds": _seconds(one, words),
        "cost_share": words.percent(one["cpu_share"]) if "cpu_share" in one else "",
        "room": _room(one, words),
        "alone": words.percent(one["alone"]),
        "gains": {target: _gain(gain, words) for target, gain in one["gains"].items()},
        "verdict": words(f"families_{verdict}") if verdict else "",
        "look": LOOKS.get(verdict, ""),
    }


def _gain(gain: Mapping[str, Any], words: Words) -> dict[str, str]:
    if gain["share"] is None:
        return {"value": words("not_known"), "interval": ""}
    ends = {end: _percents(gain[f"share_{end}"]) for end in ("low", "high")}
    return {
        "value": f"{words.number(_percents(gain['share']), 1, signed=True)}%",
        "interval": words.interval(ends, 1, signed=True),
    }


def _percents(share: float | None) -> float | None:
    # Adding nothing to a rounded number turns minus nothing into nothing.
    return None if share is None else round(100 * share, 1) + 0.0


def _seconds(one: Mapping[str, Any], words: Words) -> str:
    return f"{words.number(one['cpu_seconds'], 1)}\u00a0s"


def _room(one: Mapping[str, Any], words: Words) -> str:
    return f"{words.number(one['bytes'] / 1e6, 1)}\u00a0MB"


def _of_target(name: str, one: Mapping[str, Any], words: Words) -> str:
    target = words(f"target_{name}")
    if not one["judged"]:
        figures = {key: words.number(value) for key, value in one["figures"].items()}
        return words(
            "families_not_judged", target=target, why=words(f"families_why_{one['reason']}", **figures)
        )
    return words(
        "families_judged", target=target, known=words.number(one["known_rows"]), rows=words.number(one["rows"]),
        customers=words.number(one["customers"]), days=words.listed([words.day(cut) for cut in one["cutoffs_us"]]),
        gain=words.number(one["gain"], 3), base=words.number(one["base_loss"], 3), loss=words.number(one["loss"], 3),
    )  # fmt: skip


def _cost(found: Mapping[str, Any], words: Words) -> str:
    measured = found["measured"]
    return words(
        "families_measured", events=words.number(measured["events"]), total=words.number(measured["events_in_log"]),
        persons=words.number(measured["persons"]), cutoffs=words.number(measured["cutoffs"]),
    )  # fmt: skip


def _short(found: Mapping[str, Any], words: Words) -> str:
    names, families = found["shortlist"], found["families"]
    alone = sum(one["cpu_seconds"] for one in families.values())
    if not names or len(names) == len(families) or not alone > 0:
        return ""
    cost = sum(families[name]["cpu_seconds"] for name in names) / alone
    return words(
        "families_short", names=words.listed([family_label(name, words) for name in names]),
        keep=words.percent(found["settings"]["keep"]), cost=words.percent(cost),
    )  # fmt: skip
