"""Orders and their lines as a look-up: each once, however often and in whatever order they were exported."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

#: Orders as read; ``reason`` null: kept.
ORDERS = pa.schema(
    [
        pa.field("order_id", pa.string()),
        pa.field("customer", pa.string()),
        pa.field("email", pa.string()),
        pa.field("source_id", pa.string()),
        pa.field("ordered_us", pa.int64()),
        pa.field("cancelled_us", pa.int64()),
        pa.field("channel", pa.string()),
        pa.field("coupon", pa.string()),
        pa.field("discount", pa.float64()),
        pa.field("reason", pa.string()),
    ]
)
#: Order lines as read; ``key`` names the line among all orders.
LINES = pa.schema(
    [
        pa.field("order_id", pa.string()),
        pa.field("key", pa.string()),
        pa.field("category", pa.string()),
        pa.field("amount", pa.float64()),
        pa.field("off", pa.float64()),
        pa.field("kept", pa.bool_()),
    ]
)
_SKIPPED = "skipped by rule"


def line_keys(order_ids: pa.Array, line_numbers: pa.Array) -> pa.Array:
    r"""Name a line among all orders; null where either is missing.

    Examples
    --------
    >>> line_keys(pa.array(["7", None]), pa.array(["1", "1"])).to_pylist()
    ['7\x1f1', None]
    """
    return pc.binary_join_element_wise(order_ids, line_numbers, "\x1f")


def one_per_order(orders: pa.Table) -> pa.Table:
    """Keep each order once: of its copies the one that tells the most.

    One that says when the order was cancelled goes before a skipped one, that before a good one (the order was
    cancelled later), that before a bad one.

    Parameters
    ----------
    orders : table of `ORDERS`
        One row per raw row.

    Returns
    -------
    table of `ORDERS`
        One row per order_id.
    """
    skipped = pc.starts_with(orders["reason"], _SKIPPED).fill_null(False)
    good = pc.is_null(orders["reason"])
    timed = pc.and_(good, pc.is_valid(orders["cancelled_us"]))
    rank = pc.case_when(pc.make_struct(timed, skipped, good), 0, 1, 2, 3)
    ranked = orders.append_column("_rank", rank)
    by = ["_rank", *(name for name in ORDERS.names if name != "order_id")]
    return _first_of_each(ranked, "order_id", by).select(ORDERS.names)


def one_per_line(lines: pa.Table) -> dict[str, pa.Array]:
    """Keep each line that can be read once, in the order of their keys.

    Parameters
    ----------
    lines : table of `LINES`
        One row per raw row.
    """
    chosen = _first_of_each(lines.filter(lines["kept"]), "key", ["amount", "off", "category"])
    return {name: chosen[name].combine_chunks() for name in LINES.names}


def totals(orders: pa.Table, lines: dict[str, pa.Array]) -> dict[str, pa.Array]:
    """Add to each order what its lines say.

    ``total`` is the sum of their amounts, ``given`` what was given away on them and on the order, ``first_line`` the
    key of the first.
    """
    ids = orders["order_id"].combine_chunks()
    found = pc.index_in(lines["order_id"], value_set=ids, skip_nulls=True)
    known = pc.is_valid(found).to_numpy(zero_copy_only=False)
    place = found.drop_null().to_numpy(zero_copy_only=False)
    total, off = (
        np.bincount(place, weights=lines[name].to_numpy(zero_copy_only=False)[known], minlength=len(ids))
        for name in ("amount", "off")
    )
    keys = lines["key"].filter(pa.array(known))
    # The shorter number comes first, so that line 2 goes before line 10.
    order = _sorted(pa.table({"place": place, "length": pc.utf8_length(keys), "key": keys}))
    owners, firsts = np.unique(place[order], return_index=True)
    first = np.full(len(ids), -1, np.int64)
    first[owners] = order[firsts]
    return {
        **{name: orders[name].combine_chunks() for name in orders.column_names},
        "total": pa.array(total),
        "given": pc.add(orders["discount"].combine_chunks().fill_null(0.0), pa.array(off)),
        "first_line": keys.take(pa.array(first, mask=first < 0)),
    }


def _first_of_each(table: pa.Table, key: str, by: list[str]) -> pa.Table:
    """Keep per key the row that sorts first; rows without a key are left out."""
    table = table.filter(pc.is_valid(table[key]))
    if table.num_rows == 0:
        return table
    table = table.sort_by([(name, "ascending") for name in (key, *by)])
    keys = table[key].combine_chunks()
    new = pc.not_equal(keys.slice(1), keys.slice(0, len(keys) - 1))
    return table.filter(pa.concat_arrays([pa.array([True]), new]))


def _sorted(table: pa.Table) -> npt.NDArray[np.int64]:
    """Give the order of the rows by all columns."""
    keys = [(name, "ascending") for name in table.column_names]
    return np.asarray(pc.sort_indices(table, sort_keys=keys).to_numpy(), np.int64)
