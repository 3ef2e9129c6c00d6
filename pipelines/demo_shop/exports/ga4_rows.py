"""The nested rows of the GA4 export, built as whole columns."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.demo_shop.exports.baskets import Baskets, Catalogue
from pipelines.demo_shop.exports.files import START_S
from pipelines.demo_shop.exports.people import People
from pipelines.demo_shop.exports.web_events import (
    CART,
    CHECKOUT,
    ITEM,
    LIST,
    NAMES,
    PAGE,
    PURCHASE,
    SEARCH,
    SOURCES,
    START,
    WebEvents,
    WebSessions,
)
from pipelines.demo_shop.state import CATEGORIES, Ints, Mask
from pipelines.demo_shop.texts import CITIES, SHOP, SITE

NOTHING = pa.scalar(None, pa.string())
KEYS = (
    "ga_session_id",
    "ga_session_number",
    "page_location",
    "page_title",
    "engagement_time_msec",
    "session_engaged",
)
#: Pages by number: home, the categories, a product, the cart, the account.
PAGES = (
    "/",
    *(f"/{category}" for category in CATEGORIES),
    "/zoeken",
    "/winkelwagen",
    "/afrekenen",
    "/account",
)
TITLES = (
    "Home",
    *(category.capitalize() for category in CATEGORIES),
    "Zoeken",
    "Winkelwagen",
    "Afrekenen",
    "Account",
)


def event_rows(
    *, rows: Ints, stamp: Ints, user: pa.Array, browser: pa.Array, sessions: WebSessions, events: WebEvents,
    baskets: Baskets, goods: Catalogue, people: People, mobile: Mask, transaction: pa.Array,
) -> pa.Table:  # fmt: skip
    """Give one row per event in the schema of the BigQuery export (the columns that GA4 fills for a web shop)."""
    session, name = events.session[rows], events.name[rows]
    person = sessions.owner[session]
    first_s = (START_S + sessions.first_s[session]) * 1_000_000
    phone = (sessions.device[session] == 1) ^ mobile[person]
    source, medium = _sources(sessions.source[session])
    of_first, medium_first = _sources(sessions.first_source[session])
    campaign = pc.if_else(
        pa.array(sessions.source[session] >= 7), pc.binary_join_element_wise(source, "2024", "_"), NOTHING
    )
    asked = sessions.rows["person"][session] % 50 != 7
    consent = pc.if_else(pa.array(asked), pa.scalar("Yes"), NOTHING)
    manual = pa.StructArray.from_arrays(
        [campaign, source, medium, pa.nulls(len(rows), pa.string())],
        ["manual_campaign_name", "manual_source", "manual_medium", "gclid"],
    )
    last_click = pa.StructArray.from_arrays(
        [pa.StructArray.from_arrays([campaign, source, medium], ["campaign_name", "source", "medium"])],
        ["manual_campaign"],
    )
    columns = {
        "event_date": pc.strftime(pa.array(stamp // 1_000_000, pa.timestamp("s")), format="%Y%m%d"),
        "event_timestamp": pa.array(stamp), "event_name": pa.array(NAMES).take(pa.array(name)),
        "event_params": _params(session, name, sessions, events, rows),
        "event_bundle_sequence_id": pa.array(rows + 1), "user_id": user, "user_pseudo_id": browser,
        "privacy_info": pa.StructArray.from_arrays(
            [consent, consent, pa.repeat("No", len(rows))],
            ["analytics_storage", "ads_storage", "uses_transient_token"],
        ),
        "user_first_touch_timestamp": pa.array(first_s),
        "device": pa.StructArray.from_arrays(
            [pa.array(np.where(phone, "mobile", "desktop")), pa.array(np.where(phone, "iOS", "Windows")),
             pa.array(np.where(people.english[person], "en-gb", "nl-nl"))],
            ["category", "operating_system", "language"],
        ),
        "geo": pa.StructArray.from_arrays(
            [pa.repeat("Europe", len(rows)), pa.repeat("Netherlands", len(rows)),
             pa.array(CITIES).take(pa.array(person % len(CITIES)))],
            ["continent", "country", "city"],
        ),
        "traffic_source": pa.StructArray.from_arrays(
            [medium_first, pa.repeat("(not set)", len(rows)), of_first], ["medium", "name", "source"]
        ),
        "collected_traffic_source": pa.StructArray.from_arrays(
            manual.flatten(), fields=list(manual.type), mask=pa.array(name != START)
        ),
        "session_traffic_source_last_click": last_click,
        "is_active_user": pa.array(sessions.rows["depth"][session] > 0),
        "stream_id": pa.repeat("7204911", len(rows)), "platform": pa.repeat("WEB", len(rows)),
        "ecommerce": _ecommerce(session, name, sessions, baskets, transaction),
        "items": _items(session, name, sessions, events, rows, baskets, goods),
    }  # fmt: skip
    return pa.table(columns)


def _sources(source: Ints) -> tuple[pa.Array, pa.Array]:
    place = pa.array(source)
    return pa.array([one[0] for one in SOURCES]).take(place), pa.array([one[1] for one in SOURCES]).take(
        place
    )


def _params(session: Ints, name: Ints, sessions: WebSessions, events: WebEvents, rows: Ints) -> pa.Array:
    """``event_params``: the same six keys on every event, text or whole number."""
    count, keys = len(session), len(KEYS)
    page = np.select(
        [name == SEARCH, name == CART, name >= CHECKOUT, name >= LIST],
        [
            len(CATEGORIES) + 1,
            len(CATEGORIES) + 2,
            len(CATEGORIES) + 3,
            1 + events.product[rows] % len(CATEGORIES),
        ],
        np.where((name == PAGE) & (rows % 3 > 0), 1 + rows % len(CATEGORIES), 0),
    )
    words = pa.array([SITE + path for path in PAGES] + [f"{title} | {SHOP}" for title in TITLES] + ["0", "1"])
    text = np.full((count, keys), -1)
    text[:, 2], text[:, 3] = page, len(PAGES) + page
    text[:, 5] = 2 * len(PAGES) + (sessions.rows["depth"][session] > 0)
    whole = np.full((count, keys), -1, dtype=np.int64)
    whole[:, 0] = START_S + sessions.rows["second"][session]
    whole[:, 1] = sessions.number[session]
    whole[:, 4] = np.where(name >= PAGE, 1_000 * events.gap_s[rows], 0)
    strings = words.take(pa.array(text.ravel(), mask=text.ravel() < 0))
    numbers = pa.array(whole.ravel(), mask=whole.ravel() < 0)
    empty = pa.nulls(count * keys, pa.float64())
    value = pa.StructArray.from_arrays(
        [strings, numbers, empty, empty], ["string_value", "int_value", "float_value", "double_value"]
    )
    key = pa.array(KEYS).take(pa.array(np.tile(np.arange(keys), count)))
    entries = pa.StructArray.from_arrays([key, value], ["key", "value"])
    return pa.ListArray.from_arrays(pa.array(np.arange(count + 1, dtype=np.int32) * keys), entries)


def _ecommerce(
    session: Ints, name: Ints, sessions: WebSessions, baskets: Baskets, transaction: pa.Array
) -> pa.StructArray:
    """``ecommerce``: filled for purchases only."""
    order = np.maximum(sessions.order[session], 0)
    bought = pa.array(name != PURCHASE)
    lines = np.bincount(baskets.order, minlength=len(baskets.total))
    pieces = np.bincount(baskets.order, weights=baskets.quantity, minlength=len(baskets.total)).astype(
        np.int64
    )

    def only(values: NDArray[np.generic]) -> pa.Array:
        return pa.array(values[order], mask=(name != PURCHASE))

    return pa.StructArray.from_arrays(
        [only(pieces), only(baskets.total), only(np.where(baskets.total < 50, 4.95, 0.0)), only(lines),
         pc.if_else(bought, NOTHING, transaction)],
        ["total_item_quantity", "purchase_revenue", "shipping_value", "unique_items", "transaction_id"],
    )  # fmt: skip


def _items(
    session: Ints,
    name: Ints,
    sessions: WebSessions,
    events: WebEvents,
    rows: Ints,
    baskets: Baskets,
    goods: Catalogue,
) -> pa.Array:
    """``items``: the product looked at or put in the cart; all lines of an order with the purchase."""
    order = sessions.order[session]
    first = np.searchsorted(baskets.order, np.maximum(order, 0), side="left")
    last = np.searchsorted(baskets.order, np.maximum(order, 0), side="right")
    whole = (name == PURCHASE) & (order >= 0)
    product = events.product[rows]
    number = np.where(whole, last - first, (name >= ITEM) & (product >= 0))
    offsets = np.concatenate([[0], np.cumsum(number)])
    event = np.repeat(np.arange(len(name)), number)
    within = np.arange(len(event)) - offsets[event]
    line = np.minimum(first[event] + within, max(len(baskets.product) - 1, 0))
    of_line = whole[event]
    what = np.where(of_line, baskets.product[line], product[event])
    quantity = np.where(of_line, baskets.quantity[line], 1)
    price = np.where(of_line, baskets.price[line], goods.price[what])
    place = pa.array(what)
    items = pa.StructArray.from_arrays(
        [
            goods.number.take(place),
            goods.name.take(place),
            goods.category.take(place),
            pa.array(price),
            pa.array(quantity),
        ],
        ["item_id", "item_name", "item_category", "price", "quantity"],
    )
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), items)
