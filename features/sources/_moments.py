"""Dates and times of a raw column to microseconds UTC.

A date without a time is the last second of that day by the clock of its zone: only then is what it tells surely
known. Its midnight would be too early by a day, for in Amsterdam that lies in the day before, by UTC: the cutoff with
which the day begins would see what was done in it. In UTC itself the midnight stays, since cutoffs are midnights too:
none but those of later days sees it.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from features.errors import InputError
from features.sources._columns import Column, Mask, as_mask, id_strings

#: ``date_format`` for whole numbers that count from 1970-01-01 UTC, and the microseconds in one of them.
EPOCHS = {"epoch_s": 1_000_000, "epoch_ms": 1_000, "epoch_us": 1}
_ZONED = r"(?i)[0-9](Z| ?UTC|[+-][0-9]{2}:?[0-9]{2})$"
#: A date without a time, as text; and what a format has that reads a time.
_DATE = r"^\s*[0-9]{4}-?[0-9]{2}-?[0-9]{2}\s*$"
_CLOCK = re.compile(r"%[HIMSfpcXTR]")
#: From the first to the last second of a day by the clock.
_LAST_SECOND_US = 86_399_000_000
_LIMIT_US = 2**62


def to_micros(
    column: Column, date_format: str | None, time_zone: str, *, where: str = "occurred"
) -> tuple[npt.NDArray[np.int64], Mask]:
    """Turn a column of moments into microseconds since 1970 UTC.

    Parameters
    ----------
    column : array
        Text, dates, timestamps or whole numbers, one per row.
    date_format : str or None
        As in ``strptime``, or one of `EPOCHS`; None: ISO 8601.
    time_zone : str
        Name (IANA) of the zone of moments that do not name their own. A moment that the clock shows twice
        (summer time ends) is taken as the first; one that the clock skips (summer time begins) as the first
        moment after. A date without a time: see above.
    where : str
        What the column is, for the message.

    Returns
    -------
    array of int64, array of bool
        The moments, and the rows where none could be read (0 there).

    Examples
    --------
    >>> moments, unread = to_micros(pa.array(["2024-07-01 12:00", "soon"]), None, "Europe/Amsterdam")
    >>> pd.Timestamp(moments[0], unit="us").isoformat(), unread.tolist()
    ('2024-07-01T10:00:00', [False, True])
    """
    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if date_format in EPOCHS:
        return _from_epoch(column, EPOCHS[date_format])
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        return _from_timestamps(column, time_zone)
    if (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)) and date_format is None:
        raise InputError(
            f"{where} holds numbers ({column.type}): say what they count with options.date_format "
            f"({', '.join(EPOCHS)}, or for example '%Y%m%d')"
        )
    return _from_text(id_strings(column), date_format, time_zone)


def check_zone(time_zone: str) -> str:
    """Refuse a time zone that does not exist."""
    try:
        pd.Timestamp(0).tz_localize(time_zone)
    except Exception as error:
        raise ValueError(
            f"{time_zone!r} is not a time zone; allowed: names such as Europe/Amsterdam"
        ) from error
    return time_zone


def _from_epoch(column: pa.Array, unit_us: int) -> tuple[npt.NDArray[np.int64], Mask]:
    text = id_strings(column)
    readable = as_mask(pc.match_substring_regex(text, r"^-?[0-9]{1,18}$"))
    numbers = pc.if_else(pa.array(readable), text, "0").cast(pa.int64()).to_numpy(zero_copy_only=False)
    far = np.abs(numbers) > _LIMIT_US // unit_us
    moments = np.where(far, 0, numbers) * unit_us
    return moments, ~readable | far


def _from_timestamps(column: pa.Array, time_zone: str) -> tuple[npt.NDArray[np.int64], Mask]:
    zoned = pa.types.is_timestamp(column.type) and column.type.tz is not None
    kind = pa.timestamp("us", column.type.tz if zoned else None)
    moments = column.cast(kind, safe=False).cast(pa.int64())
    unread = as_mask(pc.is_null(moments))
    found = moments.fill_null(0).to_numpy(zero_copy_only=False)
    if pa.types.is_date(column.type) and time_zone != "UTC":
        found = found + _LAST_SECOND_US
    return (found if zoned else _localise(found, time_zone)), unread


def _from_text(text: pa.Array, date_format: str | None, time_zone: str) -> tuple[npt.NDArray[np.int64], Mask]:
    """Parse every distinct text once."""
    encoded = pc.dictionary_encode(text)
    uniques = encoded.dictionary
    if len(uniques) == 0:
        return np.zeros(len(text), np.int64), np.ones(len(text), bool)
    words = pd.Series(uniques.to_numpy(zero_copy_only=False).astype(object))
    zoned = np.zeros(len(words), bool)
    if date_format is None:
        zoned = as_mask(pc.match_substring_regex(uniques, _ZONED))
        words = words.str.replace(re.compile(r" ?UTC$", re.IGNORECASE), "Z", regex=True)
    elif "%z" in date_format:
        zoned = np.ones(len(words), bool)
    bare = np.full(len(words), date_format is not None and not _CLOCK.search(date_format))
    if date_format is None:
        bare = as_mask(pc.match_substring_regex(uniques, _DATE))
    bare &= time_zone != "UTC"
    moments = np.zeros(len(words), np.int64)
    unread = np.ones(len(words), bool)
    for own_zone in (False, True):
        chosen = zoned == own_zone
        if chosen.any():
            found, bad = _parse(words[chosen], date_format)
            found = found + np.where(bare[chosen] & ~bad, _LAST_SECOND_US, 0)
            moments[chosen] = found if own_zone else _localise(found, time_zone)
            unread[chosen] = bad
    indices = encoded.indices
    missing = as_mask(pc.is_null(indices))
    places = indices.fill_null(0).to_numpy(zero_copy_only=False)
    return np.where(missing, 0, moments[places]), unread[places] | missing


def _parse(words: pd.Series[Any], date_format: str | None) -> tuple[npt.NDArray[np.int64], Mask]:
    parsed = pd.to_datetime(words, format=date_format or "ISO8601", errors="coerce", utc=True)
    micros = parsed.dt.tz_localize(None).to_numpy().astype("datetime64[us]")
    unread = np.isnat(micros)
    return np.where(unread, 0, micros.astype(np.int64)), np.asarray(unread)


def _localise(moments: npt.NDArray[np.int64], time_zone: str) -> npt.NDArray[np.int64]:
    """Read wall-clock moments in a zone."""
    if time_zone == "UTC" or len(moments) == 0:
        return moments
    wall = pd.DatetimeIndex(moments.astype("datetime64[us]"))
    first = np.ones(len(wall), bool)  # of two moments with one name the first: summer time
    local = wall.tz_localize(time_zone, ambiguous=first, nonexistent="shift_forward")
    return np.asarray(
        local.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[us]").astype(np.int64)
    )
