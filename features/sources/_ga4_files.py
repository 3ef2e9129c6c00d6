"""The files of a GA4 export: the days there are, and the days there are not."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from features.errors import InputError
from features.sources._batches import RawFile

logger = logging.getLogger(__name__)

_FILE = re.compile(r"^events_(intraday_|fresh_)?([0-9]{8})([^0-9].*)?\.(parquet|(json|jsonl|ndjson)(\.gz)?)$")


@dataclass(frozen=True)
class DayFile:
    """One file of the export: its day (in the time zone of the property), and whether that day is final."""

    path: Path
    day: date
    final: bool


def day_files(folder: Path, name: str) -> list[DayFile]:
    """Find the files to read, sorted by name: an intraday file only where its day has no daily file.

    Parameters
    ----------
    folder : Path
        Folder of ``events_YYYYMMDD.parquet`` (or ``.json``, ``.jsonl``, ``.gz``), and of
        ``events_intraday_YYYYMMDD`` and ``events_fresh_YYYYMMDD`` for days that are not final yet.
    name : str
        Name of the source.

    Raises
    ------
    InputError
        If there is no such file, or one whose day does not exist.
    """
    found = []
    for path in sorted(folder.glob("events_*")):
        parts = _FILE.match(path.name)
        if parts:
            found.append(DayFile(path, _day(parts[2], path.name), parts[1] is None))
    if not found:
        raise InputError(
            f"no file events_YYYYMMDD.parquet (or .json) in {folder}; change path in conf/sources/{name}.yaml"
        )
    if all(file.final for file in found):
        return found
    final = {file.day for file in found if file.final and not _is_empty(file.path)}
    return [file for file in found if file.final or file.day not in final]


def say_what_was_chosen(folder: Path, files: list[DayFile], name: str) -> None:
    """Log which intraday files are left out, and which days may not be whole."""
    chosen = {file.path.name for file in files}
    for path in sorted(folder.glob("events_*")):
        if _FILE.match(path.name) and path.name not in chosen:
            logger.info("%s: %s is not read: the daily file of that day is there, and final", name, path.name)
    open_days = sorted({file.day for file in files} - {file.day for file in files if file.final})
    if open_days:
        logger.warning(
            "%s: only an intraday file, which may not be whole, for %s; set complete_until in "
            "conf/sources/%s.yaml to the last whole day",
            name, ", ".join(day.isoformat() for day in open_days), name,
        )  # fmt: skip


def missing_days(files: list[DayFile], time_zone: str) -> list[str]:
    """Days (UTC) between the first and the last file of which (a part of) the log has no rows.

    A file holds the day of the property's time zone; a day without rows leaves a hole in every UTC day it
    touches.
    """
    days = {file.day for file in files if not _is_empty(file.path)}
    if not days:
        return []
    span = (max(days) - min(days)).days
    holes = sorted({min(days) + timedelta(days=number) for number in range(span + 1)} - days)
    zone = ZoneInfo(time_zone)
    touched = set()
    for day in holes:
        begins = datetime.combine(day, time(), zone).astimezone(UTC)
        ends = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
        touched |= {begins.date(), (ends - timedelta(microseconds=1)).date()}
    return sorted(day.isoformat() for day in touched)


def has_column(file: RawFile, column: str) -> bool:
    """Whether a Parquet file has a column; a JSON file cannot say so."""
    if file.path.suffix != ".parquet" or _is_empty(file.path):
        return False
    return column in _schema(file.path).names


def _schema(path: Path) -> pa.Schema:
    try:
        return pq.read_schema(path)
    except (pa.ArrowException, OSError):
        return pa.schema([])  # reading it says what is wrong


def _is_empty(path: Path) -> bool:
    """Whether a file holds no row: 0 bytes, or a table without rows."""
    if path.stat().st_size == 0:
        return True
    if path.suffix != ".parquet":
        return False
    try:
        return bool(pq.read_metadata(path).num_rows == 0)
    except (pa.ArrowException, OSError):
        return False  # a broken file: reading it says so


def _day(digits: str, name: str) -> date:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError as error:
        raise InputError(
            f"{name}: {digits} is not a day (YYYYMMDD); rename the file or take it away"
        ) from error


def valid_zone(time_zone: str) -> str:
    """Refuse a time zone that does not exist."""
    try:
        ZoneInfo(time_zone)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"unknown time zone {time_zone!r}; write one as Europe/Amsterdam") from error
    return time_zone
