"""Looks up the feature rows that models learn from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds

from features.cutoffs import day_of
from features.errors import InputError
from features.history import Ints
from features.plan import PLAN_DIGEST


def stored_rows(features: Path, cutoff_us: int, customers: Ints) -> pa.Table:
    """Read the rows of some customers at one cutoff, by ``customer_id``.

    Parameters
    ----------
    features : Path
        The folder ``data/features.parquet``.
    cutoff_us : int
        A cutoff of the plan.
    customers : array of int64
        Pseudonyms, in any order, with repeats.

    Raises
    ------
    InputError
        If the table of that cutoff is not there.
    """
    ids = np.unique(customers)
    one = features / f"{day_of(cutoff_us)}.parquet"
    if not one.is_file():
        raise InputError(f"data/features.parquet/{one.name} is missing; run `klantreis features` again")
    wanted = ds.field("customer_id")
    chosen = (wanted >= ids[:1].sum()) & (wanted <= ids[-1:].sum()) & wanted.isin(pa.array(ids))
    # Few row groups at a time: the table of everybody need not fit in memory.
    reader = ds.dataset(one).scanner(
        filter=chosen, batch_readahead=1, fragment_readahead=1, use_threads=False
    )
    return reader.to_table().unify_dictionaries().combine_chunks()


def digest_of(features: Path) -> bytes | None:
    """Give the digest of the plan that the table was built from; None if there is no table."""
    first = next(iter(sorted(features.glob("*.parquet"))), None)
    return None if first is None else (ds.dataset(first).schema.metadata or {}).get(PLAN_DIGEST)
