"""The canonical log by week: how many events of which kind, how full their columns, how large, at which hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.contract import DAY_US

WEEK_US = 7 * DAY_US
HOUR_US = DAY_US // 24
#: Columns of an event that a source may or may not fill.
FILLED = (
    "channel",
    "campaign",
    "session_id",
    "category",
    "value",
    "quantity",
    "duration_s",
    "rating",
    "sentiment",
)
#: Amounts are binned by their logarithm: four bins to a factor of ten, from a cent to a hundred million.
AMOUNT_BINS, AMOUNT_LEAST = 40, -8


@dataclass(frozen=True)
class WeeklyLog:
    """Counts per week, oldest first; the last week is the newest and is whole.

    Attributes
    ----------
    starts_us : int array of shape (weeks,)
        When each week begins.
    counts : DataFrame
        ``source, kind, channel, week, n`` and how many rows have each column of ``FILLED``.
    amounts : DataFrame
        ``source, kind, week, bin, n, mean_log``: money that is not 0, per bin.
    hours : DataFrame
        ``source, week, hour, n`` (UTC).
    days : dict of str to int array
        Source to the days (since 1970) that have an event, rising: of the whole log.
    """

    starts_us: npt.NDArray[np.int64]
    counts: pd.DataFrame
    amounts: pd.DataFrame
    hours: pd.DataFrame
    days: dict[str, npt.NDArray[np.int64]]

    def __len__(self) -> int:
        """Give the number of weeks."""
        return len(self.starts_us)

    def table(
        self,
        frame: pd.DataFrame,
        by: Sequence[str],
        values: Sequence[str],
        across: str | None = None,
        size: int = 1,
    ) -> tuple[list[tuple[str, ...]], npt.NDArray[np.float64]]:
        """Lay counts out as an array.

        Parameters
        ----------
        frame : DataFrame
            One of the tables above.
        by : sequence of str
            What a series is, for example ``["source", "kind"]``.
        values : sequence of str
            Columns that become bins; with ``across`` just one, spread over ``size`` bins by that column.

        Returns
        -------
        tuple of (list of keys, float array of shape (keys, weeks, bins))
        """
        columns = list(by)
        text = (
            frame[columns].fillna("").astype(str).agg("\x1f".join, axis=1)
            if len(frame)
            else pd.Series([], dtype=str)
        )
        keys, code = np.unique(text.to_numpy(dtype=object).astype(str), return_inverse=True)
        bins = size if across else len(values)
        out = np.zeros((len(keys), len(self), bins))
        week = frame["week"].to_numpy(dtype=np.int64)
        for place, name in enumerate(values):
            number = frame[name].to_numpy(dtype=np.float64)
            spot = frame[across].to_numpy(dtype=np.int64) if across else np.full(len(frame), place)
            np.add.at(out, (code, week, spot), number)
        return [tuple(str(key).split("\x1f")) for key in keys], out


def weekly_log(events: Path, until_us: int, start_us: int, weeks: int) -> WeeklyLog:
    """Count the log by week, back from its end.

    Parameters
    ----------
    events : Path
        The canonical events; of an event that stands there twice (as a browser's and as a customer's) the row
        that still holds is counted.
    until_us, start_us : int
        End and beginning of the log (midnights).
    weeks : int
        At most so many weeks.
    """
    import duckdb

    known = max(0, min(weeks, (until_us - start_us) // WEEK_US))
    starts = until_us - WEEK_US * np.arange(known, 0, -1, dtype=np.int64)
    first = int(starts[0]) if known else until_us
    filled = ", ".join(f"count({name}) AS {name}_n" for name in FILLED)
    with duckdb.connect(config={"threads": 1}) as database:
        database.execute(
            f"CREATE TEMP VIEW log AS SELECT *, (occurred_us - {first}) // {WEEK_US} AS week FROM "
            f"read_parquet('{str(events).replace(chr(39), chr(39) * 2)}') WHERE until_us IS NULL AND "
            f"occurred_us < {until_us}"
        )
        counts = database.sql(
            f"SELECT source, kind, channel, week, count(*) AS n, {filled} FROM log WHERE occurred_us >= {first} "
            "GROUP BY ALL ORDER BY ALL"
        ).df()
        amounts = database.sql(
            f"SELECT source, kind, week, greatest(0, least({AMOUNT_BINS - 1}, floor(4 * log10(abs(value))) - "
            f"({AMOUNT_LEAST}))) "
            "::INTEGER AS bin, count(*) AS n FROM log "
            f"WHERE occurred_us >= {first} AND value IS NOT NULL AND value <> 0 GROUP BY ALL ORDER BY ALL"
        ).df()
        hours = database.sql(
            f"SELECT source, week, ((occurred_us // {HOUR_US}) % 24)::INTEGER AS hour, count(*) AS n FROM log "
            f"WHERE occurred_us >= {first} GROUP BY ALL ORDER BY ALL"
        ).df()
        seen = database.sql(
            f"SELECT DISTINCT source, occurred_us // {DAY_US} AS day FROM log ORDER BY ALL"
        ).df()
    days = {str(name): one["day"].to_numpy(dtype=np.int64) for name, one in seen.groupby("source")}
    return WeeklyLog(starts, counts, amounts, hours, days)
