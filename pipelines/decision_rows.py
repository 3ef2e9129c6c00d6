"""Decisions as a source reads them back: the log of tomorrow, from experiments and from scoring."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.contract import DECISIONS
from features.pseudonyms import spaced

CUSTOMER = "customer_id"
#: Ids of the source, and the moment in words beside the number.
LOG = pa.schema([
    pa.field(one.name, pa.string() if one.name in ("decision_id", CUSTOMER) else one.type) for one in DECISIONS
]).append(pa.field("decided_at", pa.string()))  # fmt: skip


def ids_of_the_source(ids: pa.Array, spaces: NDArray[np.object_]) -> pa.Array:
    """Write ids as the source ``decision_log`` wants them: ``browser:123``, those of customers bare."""
    for space in sorted(set(spaces) - {"customer"}):
        ids = pc.if_else(pa.array(spaces == space), spaced(ids, space), ids)
    return ids


def decided_at(moments_us: pa.Array) -> pa.Array:
    """Write moments (microseconds, UTC) in words; whole seconds read back the same with and without a fraction."""
    written = pc.strftime(moments_us.cast(pa.timestamp("us")), "%Y-%m-%dT%H:%M:%SZ")
    return pc.replace_substring_regex(written, r"\.\d+Z$", "Z")
