"""Attributes of people, to audit with: models never see them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from models.segment_dimensions._base import UNKNOWN, Dimension, Known, Segments


def _segments(known: Known) -> dict[str, Segments]:
    given = known.customers
    return {
        attribute: as_known(known.rows, given[given["attribute"] == attribute])
        for attribute in known.audit_attributes
    }


def as_known(rows: pd.DataFrame, values: pd.DataFrame) -> Segments:
    """Give the newest value known at each row's cutoff.

    Parameters
    ----------
    rows : DataFrame
        One row per prediction: ``customer_id``, ``cutoff_us``.
    values : DataFrame
        One attribute: ``customer_id``, ``known_us``, ``value``.
    """
    left = rows[["customer_id", "cutoff_us"]].reset_index(drop=True).reset_index(names="row")
    left = left.sort_values(["cutoff_us", "row"])
    right = values[["customer_id", "known_us", "value"]].sort_values(["known_us", "customer_id", "value"])
    if right.empty:
        return np.full(len(left), UNKNOWN)
    joined = pd.merge_asof(left, right, left_on="cutoff_us", right_on="known_us", by="customer_id")
    found: Segments = joined.sort_values("row")["value"].fillna(UNKNOWN).to_numpy(dtype=str)
    return found


DIMENSION = Dimension(_segments, name={"en": "Audited attribute", "nl": "Getoetst kenmerk"}, place=90)
