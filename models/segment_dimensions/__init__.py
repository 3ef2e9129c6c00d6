"""The segments every prediction belongs to, as known at its cutoff: one file per dimension.

A file in this folder defines ``DIMENSION`` (see `models.segment_dimensions._base`); its name is the name of the
dimension. Nothing else has to be changed: evaluation, the segment table, the pictures and the words follow.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from features.discovery import discover
from models.segment_dimensions._base import OTHER, UNKNOWN, Dimension, Known

__all__ = ["OTHER", "UNKNOWN", "Dimension", "Known", "dimensions", "registered"]


@cache
def registered() -> dict[str, Dimension]:
    """Give every dimension by name, in the order people read them.

    Examples
    --------
    >>> list(registered())[:2]
    ['rfm_band', 'activity']
    """
    found = discover(sys.modules[__name__], "DIMENSION")
    return dict(sorted(found.items(), key=lambda item: (item[1].place, item[0])))


def dimensions(
    predictions: pd.DataFrame,
    features: Path,
    customers: pd.DataFrame,
    audit_attributes: Sequence[str],
    events: Path | None = None,
    personas: Path | None = None,
) -> pd.DataFrame:
    """Give the segment of every prediction along every dimension, as known at its cutoff.

    Parameters
    ----------
    predictions : DataFrame
        One row per customer and cutoff: ``customer_id``, ``cutoff_us``, ``phase``.
    features : Path
        The feature table; bands are relative to all its customers at the cutoff.
    customers : DataFrame
        The canonical table of attributes: ``customer_id, attribute, value, known_us``.
    audit_attributes : sequence of str
        The attributes to look at, for auditing only.
    events : Path, optional
        The canonical events; without them there is no interest.
    personas : Path, optional
        ``artifacts/personas/personas.json``; without it there are no personas.

    Returns
    -------
    DataFrame
        The rows of ``predictions`` in their order, columns ``phase``, every dimension that the data can tell, and
        the attributes; ``unknown`` where nothing was known at the cutoff.
    """
    known = Known(predictions, features, customers, tuple(audit_attributes), events, personas)
    columns = {"phase": predictions["phase"].astype(str).to_numpy(dtype=str)}
    for name, dimension in registered().items():
        for kind, segments in dimension.segments(known).items():
            columns[kind or name] = np.asarray(segments, dtype=str)
    return pd.DataFrame(columns)
