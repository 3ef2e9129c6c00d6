"""The items of a GA4 event: which of them the event is about, and its category."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.sources._columns import as_mask
from features.sources._ga4_channels import something
from features.sources._ga4_words import COUNTED
from features.sources._nested import Params, dig, dig_struct, first_per_row, items_of

#: From the broadest to the deepest.
LEVELS = ("item_category", "item_category2", "item_category3", "item_category4", "item_category5")


def top_item(raw: pa.Table, field: str, separator: str) -> tuple[pa.Array, pa.Array]:
    """Give category and promotion of each row.

    They are those of the item with the highest price x quantity among those that have one (without quantities:
    the first).

    Parameters
    ----------
    raw : table
        Raw rows.
    field : str
        Field of ``items`` that names the category; ``deepest``: the last of the five levels that says something.
    separator : str
        What parts a category written as a path; the last part is taken. Empty: the words as they are.

    Examples
    --------
    >>> cheap = {"item_category": "Home/Hats/", "price": 5.0, "quantity": 1}
    >>> dear = {"item_category": "Home/Men's / Unisex/", "price": 4.0, "quantity": 2}
    >>> top_item(pa.table({"items": [[cheap, dear], None]}), "item_category", "/")[0].to_pylist()
    ["Men's / Unisex", None]
    """
    items, rows = items_of(raw, "items")
    if items is None or not len(items):
        return pa.nulls(raw.num_rows, pa.string()), pa.nulls(raw.num_rows, pa.string())
    price = pc.coalesce(
        dig_struct(items, ["price_in_usd"], pa.float64()), dig_struct(items, ["price"], pa.float64())
    )
    worth = pc.multiply(price, dig_struct(items, ["quantity"], pa.float64())).fill_null(0.0)
    order = np.argsort(-worth.to_numpy(zero_copy_only=False), kind="stable")
    fields = LEVELS[::-1] if field == "deepest" else (field,)
    category = pc.coalesce(*(something(dig_struct(items, [one], pa.string())) for one in fields))
    promotion = something(dig_struct(items, ["promotion_name"], pa.string()))
    found = []
    for words in (_last_part(category, separator), promotion):
        said = as_mask(pc.is_valid(words))
        found.append(first_per_row(words, rows, order[said[order]], raw.num_rows))
    return found[0], found[1]


def goods_of(
    raw: pa.Table, params: Params, kinds: pa.Array, campaign: pa.Array, category: tuple[str, str]
) -> dict[str, pa.Array]:
    """Give category, quantity and campaign: of a treatment the promotion, else that of the visit.

    Parameters
    ----------
    raw : table
        Raw rows.
    params : Params
        Their parameters.
    kinds, campaign : array of string
        Kind of each event and campaign of the visit.
    category : (str, str)
        Field and separator, see `top_item`.
    """
    words, promotion = top_item(raw, *category)
    promotion = pc.coalesce(promotion, something(params.text("promotion_name")), campaign)
    treated = pc.is_in(kinds, value_set=pa.array(["ad_impression", "ad_click"]))
    counted = pc.is_in(kinds, value_set=pa.array(COUNTED))
    quantity = dig(raw, "ecommerce.total_item_quantity", pa.float64())
    return {
        "category": words,
        "quantity": pc.if_else(counted, quantity, pa.scalar(None, pa.float64())),
        "campaign": pc.if_else(treated, promotion, campaign),
    }


def _last_part(words: pa.Array, separator: str) -> pa.Array:
    """Take the last part of each path; a separator between blanks belongs to the words."""
    if not separator:
        return words
    encoded = pc.dictionary_encode(words)
    parting = re.compile(rf"(?<! ){re.escape(separator)}(?! )")
    last = []
    for path in encoded.dictionary.to_pylist():
        parts = [part.strip() for part in parting.split(path) if part.strip()]
        last.append(parts[-1] if parts else None)
    return pa.array(last, pa.string()).take(encoded.indices)
