"""The segments every prediction belongs to: phase, RFM band and audit attributes, as known at the cutoff."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.rfm import RFM_COLUMNS, rfm_bands

#: Value of a dimension where nothing is known.
UNKNOWN = "unknown"


def dimensions(
    predictions: pd.DataFrame, features: Path, customers: pd.DataFrame, audit_attributes: Sequence[str]
) -> pd.DataFrame:
    """Give the segment of every prediction along every dimension, as known at its cutoff.

    Parameters
    ----------
    predictions : DataFrame
        One row per customer and cutoff: ``customer_id``, ``cutoff_us``, ``phase``.
    features : Path
        The feature table; RFM bands are relative to all its customers at the cutoff.
    customers : DataFrame
        The canonical table of attributes: ``customer_id, attribute, value, known_us``.
    audit_attributes : sequence of str
        The attributes to look at.

    Returns
    -------
    DataFrame
        The rows of ``predictions`` in their order, columns ``phase``, ``rfm_band`` (when the feature table
        has the columns) and the attributes; ``unknown`` where nothing was known at the cutoff.
    """
    found = pd.DataFrame({"phase": predictions["phase"].astype(str).to_numpy()})
    bands = _bands(predictions, features)
    if bands is not None:
        found["rfm_band"] = bands
    for attribute in audit_attributes:
        found[attribute] = _as_known(predictions, customers[customers["attribute"] == attribute])
    return found


def _bands(predictions: pd.DataFrame, features: Path) -> NDArray[np.str_] | None:
    """Give RFM bands, relative to every customer of the feature table at the same cutoff."""
    import pyarrow.parquet as pq

    names = list(RFM_COLUMNS["purchase"])
    if not set(names) <= set(pq.read_schema(features).names):
        return None
    cutoffs = sorted(set(predictions["cutoff_us"].tolist()))
    table = pq.read_table(
        features, columns=["customer_id", "cutoff_us", *names], filters=[("cutoff_us", "in", cutoffs)]
    ).to_pandas()
    table["band"] = ""
    for _, group in table.groupby("cutoff_us", sort=True):
        table.loc[group.index, "band"] = rfm_bands(*(group[name].to_numpy() for name in names))
    key = ["customer_id", "cutoff_us"]
    joined = predictions[key].merge(table[[*key, "band"]], on=key, how="left", validate="many_to_one")
    return joined["band"].fillna(UNKNOWN).to_numpy(dtype=str)


def _as_known(predictions: pd.DataFrame, values: pd.DataFrame) -> NDArray[np.str_]:
    """Give the newest value known at each row's cutoff."""
    left = predictions[["customer_id", "cutoff_us"]].reset_index(drop=True).reset_index(names="row")
    left = left.sort_values(["cutoff_us", "row"])
    right = values[["customer_id", "known_us", "value"]].sort_values(["known_us", "customer_id", "value"])
    if right.empty:
        return np.full(len(left), UNKNOWN)
    joined = pd.merge_asof(left, right, left_on="cutoff_us", right_on="known_us", by="customer_id")
    return joined.sort_values("row")["value"].fillna(UNKNOWN).to_numpy(dtype=str)
