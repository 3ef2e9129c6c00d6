"""The journey in numbers: KPIs, who moves where, what channels do, what keeps customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from models.reporting.journey_words import JourneyWords

#: Categories that are listed.
LISTED = 12


def dwell_words(dwell: Mapping[str, Any], said: JourneyWords) -> str:
    """Say how long a stay lasts."""
    words = said.words
    if dwell["median"] is not None:
        return words("map_days", days=words.number(dwell["median"]))
    if dwell["p25"] is not None:
        return words("map_days_at_least", days=words.number(dwell["p25"]))
    return words("map_dwell_open") if dwell["n"] else words("map_none")


def kpi_row(kpi: Mapping[str, Any], said: JourneyWords) -> dict[str, str]:
    """Give one KPI as people read it; one that could not be measured says why.

    Parameters
    ----------
    kpi : mapping
        As ``Kpi`` of `models.journey.report_data`.
    said : JourneyWords
        Texts.
    """
    words, unit = said.words, kpi["unit"]
    rate = kpi.get("rate")
    per = ""
    if rate and rate["value"] is not None:
        per = words("kpi_rate", value=words.number(rate["value"], 1 if rate["value"] >= 1 else 2))
    reason = (
        said.finding({"key": kpi["reason"], "figures": kpi["figures"]}, "kpi_reason_")
        if kpi["reason"]
        else ""
    )
    return {
        "label": words.known(f"kpi_{kpi['key']}", kpi["key"].replace("_", " ").capitalize()),
        "meaning": words.known(f"kpi_{kpi['key']}_meaning", ""),
        "value": said.amount(kpi["value"], unit),
        "interval": said.interval(kpi, unit),
        "n": words.number(kpi["n"]),
        "rate": per,
        "rests": "" if unit == "count" else words("map_sentiment_n", n=words.number(kpi["n"])),
        "reason": reason,
    }


def kpi_rows(data: Mapping[str, Any], said: JourneyWords) -> list[dict[str, str]]:
    """Give the KPIs over the whole journey, each with the last 28 days beside the 28 before."""
    trends = {one["key"]: one for one in data["trend"]}
    return [kpi_row(kpi, said) | _trend(trends.get(kpi["key"]), said) for kpi in data["kpis"]]


def _trend(trend: Mapping[str, Any] | None, said: JourneyWords) -> dict[str, str]:
    """Say what changed, and whether it is more than chance; good or bad only where that is known."""
    if not trend or trend["now"]["value"] is None or trend["before"]["value"] is None:
        return {"now": "", "change": "", "sort": ""}
    words, unit, change = said.words, trend["unit"], trend["change"]
    now = words(
        "trend_from",
        before=said.amount(trend["before"]["value"], unit),
        now=said.amount(trend["now"]["value"], unit),
    )
    if change["value"] is None or not trend["clear"]:
        return {"now": now, "change": words("trend_unclear"), "sort": "flat"}
    rises = change["value"] > 0
    text = words("trend_up" if rises else "trend_down")
    if trend["better"] is None:
        return {"now": now, "change": text, "sort": "plain"}
    good = rises == (trend["better"] == "higher")
    return {
        "now": now,
        "change": f"{text}, {words('trend_good' if good else 'trend_bad')}",
        "sort": "good" if good else "bad",
    }


def transition_table(data: Mapping[str, Any], steps: str, said: JourneyWords) -> dict[str, Any]:
    """Give a transition matrix as rows of cells, darker where more customers go.

    Parameters
    ----------
    data : mapping
        The content of ``reports/journey.json``.
    steps : str
        ``weekly`` or ``four_weekly``.
    said : JourneyWords
        Texts.
    """
    words, keys = said.words, [phase["key"] for phase in data["phases"]]
    found = {(one["from"], one["to"]): one for one in data["transitions"][steps]}
    rows = []
    for start in keys:
        cells = []
        for end in keys:
            one = found.get((start, end))
            value = one["value"] if one else None
            cells.append(
                {
                    "label": words.phase(end),
                    "value": words.percent(value, 1),
                    "interval": said.interval(one, "share") if one and value is not None else "",
                    "shade": f"{min(value or 0.0, 1.0) * 0.6:.2f}",
                    "stay": start == end,
                }
            )
        n = next((one["n"] for (first, _), one in found.items() if first == start), 0)
        rows.append({"label": words.phase(start), "n": words.number(n), "cells": cells})
    return {"heads": [words.phase(key) for key in keys], "rows": rows}


def loop_facts(data: Mapping[str, Any], said: JourneyWords) -> list[dict[str, str]]:
    """Give the loyalty loop as facts; empty without orders."""
    loop, words = data["loop"], said.words
    if not loop:
        return []
    facts = []
    for key in ("again", "reentered", "looped"):
        one = loop[key]
        facts.append(
            {"value": words.percent(one["value"]), "label": words(f"loop_{key}", days=words.number(loop["days"])),
             "interval": said.interval(one, "share")}
        )  # fmt: skip
    if loop["median_days"] is not None:
        facts.append(
            {
                "value": words("map_days", days=words.number(loop["median_days"])),
                "label": words("loop_median"),
                "interval": "",
            }
        )
    each = loop["orders_per_customer"]
    if each["value"] is not None:
        facts.append(
            {
                "value": words.number(each["value"], 2),
                "label": words("loop_orders"),
                "interval": words.interval(dict(each), 2),
            }
        )
    return facts


def channel_rows(data: Mapping[str, Any], said: JourneyWords) -> list[dict[str, Any]]:
    """Give the roles of each channel before an order."""
    roles = data["channel_roles"]
    rows = []
    for one in (roles or {}).get("channels", []):
        cells = [
            {
                "value": said.words.percent(one[f"{role}_share"]["value"], 1),
                "interval": said.interval(one[f"{role}_share"], "share"),
                "width": width(one[f"{role}_share"]["value"]),
            }
            for role in ("starter", "assist", "closer")
        ]
        rows.append(
            {
                "label": _channel(one["channel"], said),
                "orders": said.words.number(one["orders"]),
                "cells": cells,
            }
        )
    return rows


def plain_tables(data: Mapping[str, Any], said: JourneyWords) -> list[dict[str, Any]]:
    """Give traffic, cost of new customers and categories as plain tables; those without rows are left out."""
    words = said.words
    traffic = [
        [_channel(one["channel"], said), words.number(one["visits"]), words.percent(one["share"]),
         _with_interval(one["bounce"], said), _with_interval(one["conversion"], said)]
        for one in data["traffic"]
    ]  # fmt: skip
    spend = [
        [_channel(one["channel"], said), said.money(one["spend"]), words.number(one["new_customers"]),
         said.amount(one["cost_per_acquisition"], "money")]
        for one in data["acquisition"]
    ]  # fmt: skip
    goods = [
        [words("rest") if one["category"] == "__rest__" else one["category"], said.money(one["value"]),
         words.percent(one["share"]), words.number(one["customers"]), words.number(one["views"])]
        for one in data["categories"][:LISTED]
    ]  # fmt: skip
    tables = (
        ("traffic_title", "traffic_heads", traffic),
        ("acquisition_title", "acquisition_heads", spend),
        ("categories_title", "categories_heads", goods),
    )
    return [
        {"title": words(title), "heads": words(heads).split("|"), "rows": rows}
        for title, heads, rows in tables
        if rows
    ]


def _with_interval(one: Mapping[str, Any], said: JourneyWords) -> dict[str, str]:
    return {"value": said.words.percent(one["value"], 1), "interval": said.interval(one, "share")}


def _channel(channel: str | None, said: JourneyWords) -> str:
    return said.words("unknown").capitalize() if channel is None else said.words.segment("channel", channel)


def width(share: float | None) -> str:
    """Write a share as the width of a bar."""
    return f"{100 * min(max(share or 0.0, 0.0), 1.0):.1f}"


def notes(data: Mapping[str, Any], said: JourneyWords) -> Sequence[str]:
    """Give what a reader must know about the data behind the numbers."""
    return [said.finding(one, "journey_note_") for one in data["notes"]]
