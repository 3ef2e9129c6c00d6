"""The segments in which a challenger may not be worse, for the rows at hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from features.errors import InputError
from models.json_files import read_json_if_there
from models.segment_dimensions import Known, registered


def guarded_segments(root: Path, rows: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Give the segment of every row along the guarded dimensions, as known at its cutoff.

    Parameters
    ----------
    root : Path
        The project folder, with the canonical tables.
    rows : DataFrame
        One row per customer and cutoff.
    names : sequence of str
        Files of ``models/segment_dimensions``.

    Returns
    -------
    DataFrame
        The same rows; no column where nothing is guarded, or the source gives no attributes.

    Raises
    ------
    InputError
        If a name is no dimension.
    """
    known = registered()
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InputError(
            f"promotion.guarded in params.yaml names {unknown[0]!r}, which is no segment dimension; allowed: "
            f"{', '.join(known)}"
        )
    attributes = root / "data/canonical/customers.parquet"
    if rows.empty or not attributes.is_file():
        return pd.DataFrame(index=rows.index)
    meta = read_json_if_there(root / "data/canonical/meta.json")
    given = pd.read_parquet(attributes, columns=["customer_id", "attribute", "value", "known_us"])
    about = Known(
        rows, root / "data/features.parquet", given, tuple(meta.get("audit_attributes", ())),
        _if_there(root / "data/canonical/events.parquet"), _if_there(root / "artifacts/personas/personas.json"),
    )  # fmt: skip
    columns = {
        kind or name: np.asarray(segments, dtype=str)
        for name in names
        for kind, segments in known[name].segments(about).items()
    }
    return pd.DataFrame(columns, index=rows.index)


def _if_there(path: Path) -> Path | None:
    return path if path.exists() else None
