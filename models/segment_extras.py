"""What is known of predictions besides the outcome: the champion's probabilities, and the money each row brought."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from features.errors import InputError
from models.newest_rows import schema_of
from models.segments import CHAMPION, MONEY

KEY = ["customer_id", "cutoff_us"]
#: Label of the value target: net money in its window, missing where that has not passed.
MONEY_COLUMN = "value__label"


def with_champion(predictions: pd.DataFrame, champion: Path | pd.DataFrame) -> pd.DataFrame:
    """Add what the champion predicted of the same rows, as the column ``champion``.

    Parameters
    ----------
    predictions : DataFrame
        One row per customer and cutoff: ``customer_id``, ``cutoff_us`` and more.
    champion : Path or DataFrame
        Parquet (or its content) with the columns ``customer_id`` (int64), ``cutoff_us`` (int64) and ``p`` (in [0, 1]),
        one row per customer and cutoff in any order; more columns and more rows are left aside. A row it lacks is
        missing (NaN) and takes no part in the comparison.

    Raises
    ------
    InputError
        If a column is missing, a row is there twice, or a probability lies outside [0, 1].

    Examples
    --------
    >>> rows = pd.DataFrame({"customer_id": [1, 2], "cutoff_us": [0, 0], "p": [0.3, 0.4]})
    >>> theirs = pd.DataFrame({"customer_id": [2], "cutoff_us": [0], "p": [0.9]})
    >>> with_champion(rows, theirs)["champion"].tolist()
    [nan, 0.9]
    """
    where = champion if isinstance(champion, Path) else "the champion's predictions"
    frame = pq.read_table(champion).to_pandas() if isinstance(champion, Path) else champion
    missing = [name for name in (*KEY, "p") if name not in frame]
    if missing:
        raise InputError(f"{where}: columns {missing} are missing; found {list(frame.columns)}")
    p = frame["p"].to_numpy(dtype=np.float64)
    if (bad := ~((p >= 0) & (p <= 1))).any():
        raise InputError(
            f"{where}: p must lie in [0, 1]; {int(bad.sum())} row(s) do not, the first has {p[bad][0]}"
        )
    if frame.duplicated(KEY).any():
        raise InputError(
            f"{where}: {int(frame.duplicated(KEY).sum())} row(s) repeat a customer and cutoff; keep one"
        )
    joined = predictions[KEY].merge(frame[[*KEY, "p"]], on=KEY, how="left", validate="many_to_one")
    return predictions.assign(**{CHAMPION: joined["p"].to_numpy()})


def with_money(predictions: pd.DataFrame, labels: Path) -> pd.DataFrame:
    """Add the net money that each row brought, as the column ``money``; NaN where it is not known (yet).

    Parameters
    ----------
    predictions : DataFrame
        One row per customer and cutoff: ``customer_id``, ``cutoff_us`` and more.
    labels : Path
        The label table of the project, with ``value__label``; without that column nothing is added.
    """
    if predictions.empty or MONEY_COLUMN not in schema_of(labels).names:
        return predictions
    wanted = [("cutoff_us", "in", sorted(set(predictions["cutoff_us"].tolist())))]
    known = pq.read_table(labels, columns=[*KEY, MONEY_COLUMN], filters=wanted).to_pandas()
    joined = predictions[KEY].merge(known, on=KEY, how="left", validate="many_to_one")
    return predictions.assign(**{MONEY: joined[MONEY_COLUMN].to_numpy(dtype=np.float64)})
