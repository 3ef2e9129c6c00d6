"""Measure whether ``klantreis monitor`` is silent when nothing is wrong, and names what is.

``python -m benchmarks.monitoring PROJECT OUT.json`` takes a project over the demo shop that has run up to ``features``,
damages the raw files of the last two weeks in one way at a time, and runs ``ingest``, ``features`` and every check.
Writes what was found as JSON, and in words to standard output.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from features.contract import DAY_US
from models.json_files import write_json
from models.monitoring.memory import history, memorable
from models.monitoring.watch import watched
from pipelines import features, ingest
from pipelines.monitor import MEMORY, evidence_of
from pipelines.params import load_params

DAYS = 14


def _csv(path: Path, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    change(frame).to_csv(path, index=False)


def _late(frame: pd.DataFrame, column: str, since: str) -> pd.Series:
    return frame[column] >= since


def stops(raw: Path, since: str) -> None:
    """Let the e-mail log stop."""
    _csv(raw / "mail/mail_log.csv", lambda rows: rows[~_late(rows, "at", since)])


def web_stops(raw: Path, since: str) -> None:
    """Let the web analytics export stop."""
    for path in (raw / "ga4").glob("events_*.parquet"):
        if path.stem.removeprefix("events_") >= since.replace("-", ""):
            path.unlink()


def channel_renamed(raw: Path, since: str) -> None:
    """Call the channel ``web`` of the shop something else."""

    def change(rows: pd.DataFrame) -> pd.DataFrame:
        rows.loc[_late(rows, "ordered_at", since) & (rows["channel"] == "web"), "channel"] = "webwinkel"
        return rows

    _csv(raw / "shop/orders.csv", change)


def column_null(raw: Path, since: str) -> None:
    """Leave the category of order lines empty."""
    orders = pd.read_csv(raw / "shop/orders.csv", dtype=str, keep_default_na=False)
    late = set(orders.loc[_late(orders, "ordered_at", since), "order_id"])

    def change(rows: pd.DataFrame) -> pd.DataFrame:
        rows.loc[rows["order_id"].isin(late), "category"] = ""
        return rows

    _csv(raw / "shop/order_lines.csv", change)


def cents(raw: Path, since: str) -> None:
    """Give the prices of new orders in cents."""
    orders = pd.read_csv(raw / "shop/orders.csv", dtype=str, keep_default_na=False)
    late = set(orders.loc[_late(orders, "ordered_at", since), "order_id"])

    def change(rows: pd.DataFrame) -> pd.DataFrame:
        new = rows["order_id"].isin(late)
        for column in ("unit_price", "discount"):
            money = pd.to_numeric(rows.loc[new, column], errors="coerce")
            rows.loc[new, column] = (100 * money).round().astype("Int64").astype(str).replace("<NA>", "")
        return rows

    _csv(raw / "shop/order_lines.csv", change)


def clock_moved(raw: Path, since: str) -> None:
    """Give the moments of e-mails six hours late: another time zone."""
    _shift(raw / "mail/mail_log.csv", "at", since, 6)


def column_renamed(raw: Path, since: str) -> None:
    """Call the column ``city`` of the contacts something else."""
    _csv(raw / "crm/hubspot_contacts.csv", lambda rows: rows.rename(columns={"City": "Town"}))


def date_format(raw: Path, since: str) -> None:
    """Write the moments of new tickets the other way round."""

    def change(rows: pd.DataFrame) -> pd.DataFrame:
        new = _late(rows, "opened_at", since)
        days = pd.to_datetime(rows.loc[new, "opened_at"], errors="coerce").dt.strftime("%d/%m/%Y")
        rows.loc[new, "opened_at"] = days.fillna(rows.loc[new, "opened_at"])
        return rows

    _csv(raw / "service/tickets.csv", change)


def past_in_cents(raw: Path, since: str) -> None:
    """Export the whole past anew, in cents."""
    cents(raw, "0000")


def _shift(path: Path, column: str, since: str, hours: int) -> None:
    def change(rows: pd.DataFrame) -> pd.DataFrame:
        new = _late(rows, column, since)
        moved = pd.to_datetime(rows.loc[new, column], errors="coerce", utc=True) + pd.Timedelta(hours=hours)
        rows.loc[new, column] = moved.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
        return rows

    _csv(path, change)


FAULTS: dict[str, Callable[[Path, str], None]] = {
    "nothing": lambda raw, since: None, "a source stops (mail)": stops, "a source stops (web)": web_stops,
    "a channel is renamed": channel_renamed, "a column goes null": column_null, "amounts in cents": cents,
    "the clock is moved 6 hours": clock_moved, "a raw column is renamed": column_renamed,
    "another way to write dates": date_format, "the whole past in cents": past_in_cents,
}  # fmt: skip


def damaged(project: Path, name: str, memory: dict[str, Any]) -> dict[str, Any]:
    """Copy a project, damage its raw files, run it, and give what the checks found."""
    with tempfile.TemporaryDirectory(dir=project.parent) as folder:
        copy = Path(folder) / "shop"
        copy.mkdir()
        for part in ("conf", "data/raw"):
            shutil.copytree(project / part, copy / part)
        shutil.copy(project / "params.yaml", copy)
        end = date.fromisoformat(_until(project))
        FAULTS[name](copy / "data/raw/demo", (end - timedelta(days=DAYS)).isoformat())
        _keep_end(copy, end)
        ingest.run(copy)
        features.run(copy)
        write_json(copy / MEMORY, memory)
        return watched(evidence_of(copy, load_params(copy), None))


def _until(project: Path) -> str:
    evidence = evidence_of(project, load_params(project), None)
    return pd.Timestamp(evidence.meta["complete_until_us"], unit="us").date().isoformat()


def _keep_end(copy: Path, end: date) -> None:
    """Declare the end of the log, as a company does: else it ends where the longest source does."""
    path = copy / "conf/sources/demo.yaml"
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump(settings | {"complete_until": end.isoformat()}), encoding="utf-8")


def main(project: Path, out: Path) -> None:
    """Run every fault."""
    evidence = evidence_of(project, load_params(project), None)
    # What a run before the damage remembered of the past: up to the day on which it begins.
    since_us = int(evidence.meta["complete_until_us"]) - DAYS * DAY_US
    memory = memorable(evidence) | {"history": history(evidence, since_us)}
    found = {}
    for name in FAULTS:
        told = damaged(project, name, memory)
        findings = [
            {"check": check["name"], "severity": one["severity"], "said": one["said"]["en"]}
            for check in told["checks"]
            for one in check["findings"]
        ]
        found[name] = {
            "alarms": told["alarms"],
            "notes": told["notes"],
            "compared": told["compared"],
            "findings": findings,
        }
        write_json(out, found)
        sys.stdout.write(f"{name}: {told['alarms']} alarms, {told['notes']} notes\n")
        sys.stdout.writelines(f"    {one['severity']} {one['check']}: {one['said']}\n" for one in findings)
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
