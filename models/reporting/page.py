"""The report: one self-contained page for marketers and data scientists."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from features.atomic import replacing
from features.settings import JourneySettings, LabelContract, SourceSettings
from models.evaluation_files import read_segments
from models.json_files import read_json, read_json_if_there
from models.reporting.contents import contents
from models.reporting.drift_section import drift_pictures, drift_section, read_scored
from models.reporting.exits_page import exits_page
from models.reporting.facts import (
    about_data,
    joined_ids,
    journey_phases,
    label_words,
    phase_counts,
    row_counts,
)
from models.reporting.fairness_section import audited_kinds, fairness_section
from models.reporting.family_section import family_pictures, family_section
from models.reporting.figures.album import Picture, pictures, svgs
from models.reporting.forecast_section import forecast_section
from models.reporting.headline import action_card, target_card
from models.reporting.journey_section import journey_section
from models.reporting.journey_words import JourneyWords
from models.reporting.monitor_section import monitor_section
from models.reporting.next_action_section import next_action_section
from models.reporting.persona_cards import persona_cards
from models.reporting.tables import choice_rows, full_tables, phase_rows, segment_findings
from models.reporting.trust_tiles import rows_said, trust_tiles
from models.reporting.words import Language, Words
from models.target import PROBABILITY_TARGETS

if TYPE_CHECKING:
    from jinja2 import Environment

GLOSSARY = (
    "phase", "churn", "readiness", "lift", "auc", "pr", "log_loss", "calibration", "baseline", "interval",
    "multiplicity", "drift", "rfm", "states",
)  # fmt: skip


@dataclass(frozen=True)
class ReportInputs:
    """Where the report reads from.

    Attributes
    ----------
    evaluation, segments : Path
        ``reports/evaluation.json`` and ``reports/segment_lift.parquet``.
    meta : Path
        ``data/canonical/meta.json``.
    scores : Path or None
        ``data/scores.parquet``: columns ``phase`` and, if there, ``as_of`` (date or microseconds).
    journey, exits, personas : Path or None
        ``reports/journey.json``, ``reports/exits.json`` and ``artifacts/personas/personas.json``; what is not there
        is left out with a sentence that says so.
    timing, value, next_category : Path or None
        ``reports/timing.json``, ``value.json`` and ``next_category.json``; left out if they are not there.
    exposure : Path or None
        ``reports/exposure.json``: who receives which action; the page says so if it is not there.
    ids, links : Path or None
        ``data/ids.parquet`` and ``data/canonical/links.parquet``: only counted.
    map : Path or None
        Where the journey map goes as a file of its own, to print on A3.
    families : Path or None
        ``reports/features.json`` (``klantreis features report``); left out without a word if it is not there, or is
        of another plan than ``plan_digest``.
    monitor, mature : Path or None
        ``reports/monitor.json`` and ``reports/mature.json``: what the commands of these names found; the page is
        silent about what was not run.
    plan_digest : str
        ``Plan.digest`` of the plan at hand.
    """

    evaluation: Path
    segments: Path
    meta: Path
    scores: Path | None = None
    journey: Path | None = None
    exits: Path | None = None
    personas: Path | None = None
    timing: Path | None = None
    value: Path | None = None
    next_category: Path | None = None
    exposure: Path | None = None
    ids: Path | None = None
    links: Path | None = None
    map: Path | None = None
    families: Path | None = None
    monitor: Path | None = None
    mature: Path | None = None
    plan_digest: str = ""


def write_report(
    inputs: ReportInputs,
    out: Path,
    journey: JourneySettings,
    source: SourceSettings,
    language: Language = "en",
    contracts: Sequence[LabelContract] = (),
) -> Path:
    """Write the report as one HTML file that asks nothing of the network.

    Parameters
    ----------
    inputs : ReportInputs
        Where to read.
    out : Path
        Usually ``reports/report.html``.
    journey : JourneySettings
        Labels, order and goals of the phases.
    source : SourceSettings
        Title and licence of the data.
    language : str
        ``en`` or ``nl``.
    contracts : sequence of LabelContract
        What the targets mean here (``data/plan.json``); without them the report does not say it.

    Returns
    -------
    Path
        ``out``.

    Raises
    ------
    InputError
        If an input is missing.
    """
    words = Words(language, journey)
    evaluation, meta = read_json(inputs.evaluation), read_json(inputs.meta)
    segments = read_segments(inputs.segments)
    counts, as_of = phase_counts(inputs.scores, journey)
    currency = meta.get("currency", source.currency)
    families = _read(inputs.families)
    drawn = pictures(evaluation, segments, currency, words)
    drawn += family_pictures(families, inputs.plan_digest, words)
    trusted = _trusted(inputs, evaluation, segments, meta, words)
    drawn += drift_pictures(trusted["drift"], words)
    said = JourneyWords(words, currency)
    content = {
        "words": words,
        "language": language,
        "source": source,
        "about": about_data(meta, source, evaluation, as_of, words),
        "quality": row_counts(meta, words),
        "identity": joined_ids(inputs.ids, inputs.links, words),
        "journey": journey_section(_read(inputs.journey), journey, source.title, said, inputs.map),
        "exits": exits_page(_read(inputs.exits), words),
        "personas": _personas(_read(inputs.personas), said, journey),
        "cards": _cards(evaluation, currency, words),
        "phases": journey_phases(journey, counts, evaluation, words),
        "as_of": as_of and words.date(as_of),
        "targets": [
            _target(key, one, evaluation, segments, words) for key, one in evaluation["targets"].items()
        ],
        "actions": next_action_section(evaluation.get("next_action"), currency, words),
        "forecasts": _forecasts(inputs, evaluation, words),
        "families": family_section(families, inputs.plan_digest, words),
        "currency": currency,
        "meanings": {
            one.target: label_words(one, words) for one in contracts if one.target in PROBABILITY_TARGETS
        },
        "glossary": [words(f"gloss_{key}").split("|", 1) for key in GLOSSARY],
        "confidence": words.percent(evaluation["settings"]["confidence"]),
        "pictures": _by_sheet(drawn),
        **trusted,
    }
    content["contents"] = contents(
        list(evaluation["targets"]),
        [key for key in ("forecasts", "families", "monitoring") if not content[key]],
        words,
    )
    with replacing(out) as beside:
        beside.write_text(_rendered(content), encoding="utf-8")
    return out


def _trusted(
    inputs: ReportInputs,
    evaluation: Mapping[str, Any],
    segments: pd.DataFrame,
    meta: Mapping[str, Any],
    words: Words,
) -> dict[str, Any]:
    """Give the sections that say whether the page can be relied on, and a tile for each."""
    fairness = fairness_section(segments, list(evaluation["targets"]), _read(inputs.exposure), words)
    drift = drift_section(evaluation, read_scored(inputs.scores), words)
    monitoring = monitor_section(_read(inputs.monitor), _read(inputs.mature), words)
    return {
        "fairness": fairness,
        "drift": drift,
        "monitoring": monitoring,
        "rows_said": rows_said(meta, words),
        "trust": trust_tiles(meta, fairness, drift, monitoring, words),
    }


def _forecasts(inputs: ReportInputs, evaluation: Mapping[str, Any], words: Words) -> dict[str, Any]:
    gates = {target: one.get("gate") or {} for target, one in evaluation["targets"].items()}
    timing, value, categories = (_read(path) for path in (inputs.timing, inputs.value, inputs.next_category))
    return forecast_section(timing, value, categories, gates, words)


def _read(path: Path | None) -> dict[str, Any]:
    return read_json_if_there(path) if path is not None else {}


def _personas(found: Mapping[str, Any], said: JourneyWords, journey: JourneySettings) -> dict[str, Any]:
    names = [
        said.words.known(f"kind_{name}", name.replace("_", " ")).lower() for name in found.get("not_used", [])
    ]
    return {"cards": persona_cards(found, said, journey), "not_used": said.words.listed(names)}


def environment() -> Environment:
    """Give the templates; a blank that is not filled is an error, and everything from the data is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _rendered(content: Mapping[str, Any]) -> str:
    return environment().get_template("report.html.j2").render(content) + "\n"


def _by_sheet(drawn: list[Picture]) -> dict[str, list[dict[str, str]]]:
    """Give every picture as a data address, by sheet."""
    sheets: dict[str, list[dict[str, str]]] = {}
    for picture, image in zip(drawn, svgs(drawn), strict=True):
        data = "data:image/svg+xml;base64," + base64.b64encode(image).decode("ascii")
        # At 100 dots per inch text in the picture is as large as text on the page.
        entry = {
            "key": picture.key,
            "alt": picture.alt,
            "data": data,
            "width": f"{100 * picture.size[0]:.0f}",
        }
        sheets.setdefault(picture.sheet, []).append(entry | {"height": f"{100 * picture.size[1]:.0f}"})
    return sheets


def _cards(evaluation: Mapping[str, Any], currency: str, words: Words) -> list[dict[str, Any]]:
    settings = evaluation["settings"]
    cards = [target_card(key, one, settings, words) for key, one in evaluation["targets"].items()]
    return [*cards, action_card(evaluation.get("next_action"), currency, words)]


def _target(
    key: str, one: Mapping[str, Any], evaluation: Mapping[str, Any], segments: pd.DataFrame, words: Words
) -> dict[str, Any]:
    everybody, own = one["phases"].get("all"), segments[segments["target"] == key]
    shares = tuple(evaluation["settings"]["top_shares"])
    text = "" if everybody is None else words(
        "target_text", n=words.number(everybody["n"]), customers=words.number(everybody["customers"]),
        cutoffs=words.listed([words.date(day) for day in one["cutoffs"]]),
        rate=words.percent(everybody["base_rate"], 1),
    )  # fmt: skip
    return {
        "key": key,
        "title": words(f"target_{key}"),
        "about": words(f"about_{key}"),
        "text": text,
        "rows": phase_rows(one, evaluation["settings"]["min_cell"], words),
        "k": words.percent(min(shares)),
        "tables": full_tables(one, shares, words),
        "findings": segment_findings(
            own[~own["segment_kind"].isin(audited_kinds(own["segment_kind"]))],
            evaluation["settings"]["confidence"],
            words,
        ),
        "choice": choice_rows(one.get("selection", {}), words),
    }
