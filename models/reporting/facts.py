"""The facts of the report: where the data comes from, how clean it is, where customers stand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from features.contract import DAY_US, ID_SPACES
from features.settings import DORMANT, JourneySettings, LabelContract, SourceSettings
from models.reporting.words import Words

#: Days named one by one; of more, the rest is counted.
DAYS_NAMED = 6
COUNTS = ("rows_in", "kept", "quarantined", "deduplicated")


def about_data(
    meta: Mapping[str, Any], source: SourceSettings, evaluation: Mapping[str, Any], as_of: str, words: Words
) -> list[tuple[str, str]]:
    """Give source, licence, period, missing days and moments as pairs of label and text.

    Parameters
    ----------
    meta : mapping
        The content of ``data/canonical/meta.json``.
    source : SourceSettings
        Title and licence.
    evaluation : mapping
        The content of ``reports/evaluation.json``.
    as_of : str
        The day customers were scored for, or empty.
    words : Words
        Texts and dates.
    """
    first, last = words.day(meta["start_us"]), words.day(meta["complete_until_us"] - DAY_US)
    cutoffs = sorted({day for one in evaluation["targets"].values() for day in one["cutoffs"]})
    judged = words.listed([words.date(day) for day in cutoffs]) or words("not_known")
    pairs = [
        (words("source"), source.title),
        (words("licence"), source.licence or words("not_known")),
        (words("period"), words("range", low=first, high=last)),
        (words("missing_days"), missing_days(meta.get("missing_days", []), words)),
        (words("test_cutoffs"), judged),
    ]
    return [*pairs, (words("as_of"), words.date(as_of))] if as_of else pairs


def label_words(contract: LabelContract, words: Words) -> str:
    """Say what a target means here: event, horizon, gap, and for whom.

    Examples
    --------
    >>> contract = LabelContract(target="churn", horizon_days=28, active_days=56)
    >>> label_words(contract, Words("en"))[:60]
    'Churn here: no order in the 28 days after the moment of scor'
    """
    gap = words("contract_gap", days=contract.gap_days) if contract.gap_days else ""
    text = words(
        f"contract_{contract.target}",
        event=words(f"event_{contract.event}"),
        horizon=contract.horizon_days,
        gap=gap,
    )
    if contract.active_days is None:
        return text
    active = words(f"event_{contract.active_event}")
    return f"{text} {words('contract_active', event=active, days=contract.active_days)}"


def missing_days(days: list[str], words: Words) -> str:
    """Name the first missing days and count the rest.

    Examples
    --------
    >>> missing_days(["2021-01-05"], Words("en"))
    '1: 5 Jan 2021'
    """
    if not days:
        return words("missing_none")
    named = [words.date(day) for day in sorted(days)[:DAYS_NAMED]]
    more = len(days) - len(named)
    text = words.listed(named)
    if more:
        text = words("missing_more", days=", ".join(named), n=words.number(more))
    return words("missing_some", n=words.number(len(days)), days=text)


def row_counts(meta: Mapping[str, Any], words: Words) -> dict[str, Any]:
    """Give the row counts, per part of the source, per file and in all, and why rows were set aside."""
    counts = meta.get("counts", {})
    found = [one | {"part": one.get("part") or meta.get("source", "")} for one in counts.get("files", [])]
    files = [
        {"file": one["file"], "counts": [words.number(one.get(name, 0)) for name in COUNTS]} for one in found
    ]
    parts = [
        _part(name, [one for one in found if one["part"] == name], meta.get("parts", {}).get(name, {}), words)
        for name in dict.fromkeys(one["part"] for one in found)
    ]
    reasons = sorted(meta.get("quarantine_reasons", {}).items(), key=lambda pair: (-pair[1], pair[0]))
    return {
        "heads": [words(f"rows_{name.removeprefix('rows_')}") for name in COUNTS],
        "total": [words.number(counts.get(name, 0)) for name in COUNTS],
        "parts": parts,
        "files": files,
        "reasons": [(reason, words.number(count)) for reason, count in reasons],
        "missing": bool(meta.get("missing_days")),
    }


def _part(name: str, files: list[dict[str, Any]], told: Mapping[str, Any], words: Words) -> dict[str, Any]:
    """Sum the files of one part of the source."""
    kind = str(told.get("kind", "")).replace("_", " ")
    about = [kind] if kind and kind != name else []
    about.append(words("files_n", n=words.number(len(files))))
    if told.get("missing_days"):
        about.append(f"{words('missing_days').lower()} {missing_days(told['missing_days'], words)}")
    sums = [words.number(sum(one.get(count, 0) for one in files)) for count in COUNTS]
    return {"label": name, "about": " · ".join(about), "counts": sums}


def joined_ids(ids: Path | None, links: Path | None, words: Words) -> list[dict[str, str]]:
    """Count the ids of each kind, and how many of them were ever joined to another; empty for one kind of id.

    Parameters
    ----------
    ids : Path or None
        ``data/ids.parquet``.
    links : Path or None
        ``data/canonical/links.parquet``.
    words : Words
        Texts and numbers.
    """
    if ids is None or links is None or not ids.is_file() or not links.is_file():
        return []
    import pyarrow.parquet as pq

    seen: pd.DataFrame = pq.read_table(ids, columns=["id_space", "customer_id"]).to_pandas()
    told: pd.DataFrame = pq.read_table(links, columns=["anonymous_id", "customer_id"]).to_pandas()
    told = told[told["anonymous_id"] != told["customer_id"]]
    seen["joined"] = seen["customer_id"].isin(set(told["anonymous_id"]) | set(told["customer_id"]))
    if told.empty:
        return []
    rows = []
    for space in ID_SPACES:
        some = seen[seen["id_space"] == space]
        if len(some):
            rows.append(
                {
                    "label": words(f"space_{space}"),
                    "seen": words.number(len(some)),
                    "joined": words.number(int(some["joined"].sum())),
                    "share": words.percent(float(some["joined"].mean())),
                }
            )
    return rows


def phase_counts(scores: Path | None, journey: JourneySettings) -> tuple[dict[str, int], str]:
    """Count scored customers per phase, in journey order, and give the day they were scored for.

    Parameters
    ----------
    scores : Path or None
        ``data/scores.parquet``: one row per customer.
    journey : JourneySettings
        Gives the order.

    Returns
    -------
    tuple
        Phase to customers, and ``YYYY-MM-DD``; both empty when nobody was scored.
    """
    if scores is None or not scores.is_file():
        return {}, ""
    import pyarrow.parquet as pq

    names = [name for name in ("phase", "as_of") if name in pq.read_schema(scores).names]
    frame = pq.read_table(scores, columns=names).to_pandas()
    found = frame["phase"].astype(str).value_counts().to_dict()
    counts = {key: int(found[key]) for key in journey.phase_keys if key in found}
    return counts, _day(frame["as_of"].max()) if "as_of" in frame and len(frame) else ""


def journey_phases(
    journey: JourneySettings, counts: Mapping[str, int], evaluation: Mapping[str, Any], words: Words
) -> list[dict[str, Any]]:
    """Give one entry per phase: label, goal, customers now, and the observed rate of each target."""
    total = max(sum(counts.values()), 1)
    about = {one.key: (one.goal[words.language], words(f"part_{one.part}")) for one in journey.phases}
    silent = (words("reason_dormant").capitalize() + ".", "")
    entries = []
    for key in journey.phase_keys:
        found = [one["phases"].get(key) for one in evaluation["targets"].values()]
        rates = [words.percent(one["base_rate"], 1) if one else words("not_known") for one in found]
        goal, part = about.get(key, silent)
        count = counts.get(key, 0)
        entry: dict[str, Any] = {"label": words.phase(key), "goal": goal, "part": part, "rates": rates}
        entry |= {
            "n": words.number(count) if counts else words("not_known"),
            "share": words.percent(count / total) if counts else "",
            "dormant": key == DORMANT,
        }
        entries.append(entry)
    return entries


def _day(moment: Any) -> str:
    """Give the ISO day of a moment: microseconds, a timestamp, or a text that starts with the day."""
    if hasattr(moment, "item"):
        moment = moment.item()
    return str(pd.Timestamp(moment, unit="us").date()) if isinstance(moment, int) else str(moment)[:10]
