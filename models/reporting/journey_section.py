"""The sections about the journey: the map, and the pages of numbers below it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from features.atomic import replacing
from features.settings import JourneySettings
from models.reporting.journey_map.draw import PAPER, journey_map
from models.reporting.journey_pages import (
    channel_rows,
    kpi_rows,
    loop_facts,
    notes,
    plain_tables,
    transition_table,
)
from models.reporting.journey_words import JourneyWords
from models.reporting.phase_pages import phase_pages


def journey_section(
    data: Mapping[str, Any], journey: JourneySettings, title: str, said: JourneyWords, out: Path | None = None
) -> dict[str, Any]:
    """Give what the templates of the journey show; without an analysis, nothing but an empty ``svg``.

    Parameters
    ----------
    data : mapping
        The content of ``reports/journey.json``, or nothing.
    journey : JourneySettings
        Labels, order and goals of the phases.
    title : str
        Of the source.
    said : JourneyWords
        Texts of one language.
    out : Path, optional
        Where the map goes as a file of its own. Without an analysis a file of an earlier run is removed.
    """
    if not data:
        if out is not None:
            out.unlink(missing_ok=True)
        return {"svg": ""}
    words, roles = said.words, data["channel_roles"] or {}
    drawn = journey_map(data, journey, said, title)
    if out is not None:
        with replacing(out) as beside:
            beside.write_text(drawn.document(PAPER), encoding="utf-8")
    return {
        "svg": drawn.document(),
        "span": {
            "first": words.date(data["from_day"]),
            "as_of": words.date(data["as_of"]),
            "days": words.number(data["period_days"]),
        },
        "step_days": data["step_days"],
        "notes": notes(data, said),
        "kpis": kpi_rows(data, said),
        "phases": phase_pages(data, journey, said),
        "four_weekly": transition_table(data, "four_weekly", said),
        "weekly": transition_table(data, "weekly", said),
        "loop": loop_facts(data, said),
        "channels": channel_rows(data, said),
        "roles": {
            "days": words.number(roles.get("window_days")),
            "orders": words.number(roles.get("orders")),
            "touched": words.number(roles.get("with_touch")),
        },
        "tables": plain_tables(data, said),
    }
