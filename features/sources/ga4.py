"""Google Analytics 4: the daily Parquet files of the BigQuery export, ``events_YYYYMMDD.parquet``.

One row is one event; the customer is ``user_pseudo_id``. A session is the user with ``ga_session_id``. The
category is that of the item with the highest price x quantity (without quantities: the first). Older exports
lack columns or fields: what is absent is null.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, field_validator

from features.contract import KINDS
from features.errors import InputError
from features.fingerprint import fingerprint
from features.settings import Name, Settings
from features.sources._base import Declaration, Source
from features.sources._batches import (
    STAGED_ATTRIBUTES,
    STAGED_LINKS,
    CanonicalBatch,
    RawBatch,
    RawFile,
    Verdict,
)
from features.sources._columns import Mask, as_mask, fill_table, id_strings
from features.sources._files import require_columns
from features.sources._ga4_words import CHANNEL_RULES, KINDS_OF, NOTHING
from features.sources._nested import dig, dig_struct, first_per_row, items_of

_DAY_FILE = re.compile(r"^events_([0-9]{8})([^0-9].*)?\.parquet$")
_NEEDED = ("event_timestamp", "event_name", "user_pseudo_id")
#: What makes two rows the same event.
_SAME = ("user_pseudo_id", "event_name", "event_timestamp", "event_bundle_sequence_id", "event_params")


class Ga4Options(Settings):
    """Options of the kind ``ga4``.

    ``kinds`` adds to or overrides the shipped table of event names; ``attributes`` names fields that
    describe the customer; ``money`` chooses between the amounts in dollars and those in the currency of the
    shop.
    """

    kinds: dict[str, str] = Field(default_factory=dict)
    attributes: dict[Name, str] = Field(
        default_factory=lambda: {"device": "device.category", "continent": "geo.continent"}
    )
    sensitive: tuple[Name, ...] = ()
    money: Literal["usd", "local"] = "usd"
    duplicates: Literal["drop", "keep"] = "drop"

    @field_validator("kinds")
    @classmethod
    def _known_kinds(cls, kinds: dict[str, str]) -> dict[str, str]:
        for event, kind in kinds.items():
            if kind not in KINDS:
                raise ValueError(f"unknown kind {kind!r} for {event!r}; allowed: {', '.join(KINDS)}")
        return kinds


class Ga4(Source):
    """Reads the daily files of a GA4 export."""

    Options = Ga4Options
    whole_row = False

    def declaration(self) -> Declaration:
        """Say what the tables of words can produce."""
        kinds = {**KINDS_OF, **self.options.kinds}
        channels = {channel for _, _, channel in CHANNEL_RULES}
        return Declaration(tuple(sorted({*kinds.values(), "other"})), tuple(sorted({*channels, "other"})))

    def raw_files(self) -> tuple[RawFile, ...]:
        """Find the daily files, sorted by day."""
        self.duplicates = self.options.duplicates
        found = sorted(path for path in self.folder.glob("events_*.parquet") if _DAY_FILE.match(path.name))
        if not found:
            raise InputError(
                f"no file events_YYYYMMDD.parquet in {self.folder}; change path in "
                f"conf/sources/{self.name}.yaml"
            )
        return tuple(RawFile(path, path.name, "events") for path in found)

    def missing_days(self) -> list[str]:
        """Days between the first and the last file that have no file, or one of 0 bytes."""
        days = {_day_of(file.name) for file in self.raw_files() if file.path.stat().st_size}
        if not days:
            return []
        span = (max(days) - min(days)).days
        every = {min(days) + timedelta(days=number) for number in range(span + 1)}
        return sorted(day.isoformat() for day in every - days)

    def canonical(self, batch: RawBatch) -> CanonicalBatch:
        """Turn a raw batch into a canonical batch."""
        raw, rows = batch.data, batch.data.num_rows
        require_columns(
            raw.column_names, dict.fromkeys(_NEEDED, f"path in conf/sources/{self.name}.yaml"), batch.file
        )
        users = id_strings(raw["user_pseudo_id"].combine_chunks())
        moments = raw["event_timestamp"].combine_chunks().cast(pa.int64())
        occurred = moments.fill_null(0).to_numpy(zero_copy_only=False)
        names = raw["event_name"].combine_chunks().cast(pa.string())
        kinds = self._kinds(names)
        verdict = Verdict(rows)
        self.check_rows(verdict, users, occurred, as_mask(pc.is_null(moments)))
        verdict.reject(as_mask(pc.is_null(names)), "event_name is missing")
        category, promotion = _top_item(raw)
        treated = pc.is_in(kinds, value_set=pa.array(["ad_impression", "ad_click"]))
        events = self.events(
            rows,
            {
                "source_id": users,
                "event_id": fingerprint({name: raw[name] for name in _SAME if name in raw.column_names}),
                "occurred_us": occurred,
                "known_us": occurred,
                "kind": kinds,
                "channel": _channels(raw),
                "campaign": pc.if_else(treated, promotion, pa.scalar(None, pa.string())),
                "session_id": _sessions(raw, users),
                "category": category,
                "value": self._values(raw, kinds, verdict),
                "quantity": dig(raw, "ecommerce.total_item_quantity", pa.float64()),
            },
            verdict,
        )
        keep = verdict.kept
        return CanonicalBatch(
            verdict.reasons(),
            events.filter(pa.array(keep)),
            batch.rows[keep],
            self._attributes(raw, users, occurred, keep),
            _links(raw, users, occurred, keep),
        )

    def _kinds(self, names: pa.Array) -> pa.Array:
        table = {**KINDS_OF, **self.options.kinds}
        places = pc.index_in(names, value_set=pa.array(list(table)))
        return pc.fill_null(pa.array(list(table.values())).take(places), "other")

    def _values(self, raw: pa.Table, kinds: pa.Array, verdict: Verdict) -> pa.Array:
        """Give the amount of purchases and, below zero, of returns; null where GA4 was not told."""
        ending = "_in_usd" if self.options.money == "usd" else ""
        bought = dig(raw, f"ecommerce.purchase_revenue{ending}", pa.float64())
        if ending:
            bought = pc.coalesce(bought, dig(raw, "event_value_in_usd", pa.float64()))
        returned = pc.negate(pc.abs(dig(raw, f"ecommerce.refund_value{ending}", pa.float64())))
        purchase, refund = pc.equal(kinds, "purchase"), pc.equal(kinds, "return")
        verdict.reject(
            as_mask(pc.and_kleene(purchase, pc.invert(pc.is_finite(bought)))), "value is not a number"
        )
        verdict.reject(as_mask(pc.and_kleene(purchase, pc.less(bought, 0.0))), "value is negative")
        verdict.reject(
            as_mask(pc.and_kleene(refund, pc.invert(pc.is_finite(returned)))), "value is not a number"
        )
        nothing = pa.scalar(None, pa.float64())
        return pc.if_else(purchase, bought, pc.if_else(refund, returned, nothing))

    def _attributes(
        self, raw: pa.Table, users: pa.Array, known: npt.NDArray[np.int64], keep: Mask
    ) -> pa.Table:
        """Give consent (as the tag saw it) and the attributes asked for, each time it was seen."""
        fields = {
            "consent_analytics": "privacy_info.analytics_storage",
            "consent_ads": "privacy_info.ads_storage",
            **self.options.attributes,
        }
        parts = [STAGED_ATTRIBUTES.empty_table()]
        for name, path in fields.items():
            values = _something(dig(raw, path, pa.string()))
            given = pa.array(keep & as_mask(pc.is_valid(values)))
            columns = {
                "source_id": users.filter(given),
                "attribute": name,
                "value": values.filter(given),
                "known_us": pa.array(known).filter(given),
                "sensitive": name in self.options.sensitive,
            }
            parts.append(fill_table(STAGED_ATTRIBUTES, len(columns["value"]), columns))
        return pa.concat_tables(parts)


def _day_of(name: str) -> date:
    found = _DAY_FILE.match(name)
    assert found is not None
    try:
        return date(int(found[1][:4]), int(found[1][4:6]), int(found[1][6:]))
    except ValueError as error:
        raise InputError(
            f"{name}: {found[1]} is not a day (YYYYMMDD); rename the file or take it away"
        ) from error


def _something(words: pa.Array) -> pa.Array:
    """Turn what GA4 writes where it knows nothing into null."""
    nothing = pc.is_in(words, value_set=pa.array(NOTHING))
    return pc.if_else(nothing, pa.scalar(None, pa.string()), words)


def _channels(raw: pa.Table) -> pa.Array:
    """Name the channel by medium and source of the user's first visit."""
    medium = pc.fill_null(dig(raw, "traffic_source.medium", pa.string()), "")
    source = pc.fill_null(dig(raw, "traffic_source.source", pa.string()), "")
    pairs = pc.dictionary_encode(pc.binary_join_element_wise(medium, source, "\n"))
    words = []
    for pair in pairs.dictionary.to_pylist():
        of_medium, _, of_source = pair.partition("\n")
        fitting = (
            channel
            for medium_rule, source_rule, channel in CHANNEL_RULES
            if re.search(medium_rule, of_medium, re.IGNORECASE)
            and re.search(source_rule, of_source, re.IGNORECASE)
        )
        words.append(next(fitting, "other"))
    return pa.array(words, pa.string()).take(pairs.indices)


def _sessions(raw: pa.Table, users: pa.Array) -> pa.Array:
    """Make one number of user and ``ga_session_id``; null without one."""
    params, rows = items_of(raw, "event_params")
    nothing = pa.nulls(raw.num_rows, pa.int64())
    if params is None:
        return nothing
    keys = dig_struct(params, ["key"], pa.string())
    chosen = np.flatnonzero(as_mask(pc.equal(keys, "ga_session_id")))
    session = first_per_row(
        dig_struct(params, ["value", "int_value"], pa.int64()), rows, chosen, raw.num_rows
    )
    return pc.if_else(
        pc.is_null(session), nothing, pa.array(fingerprint({"user": users, "session": session}))
    )


def _top_item(raw: pa.Table) -> tuple[pa.Array, pa.Array]:
    """Give category and promotion of the item with the highest price x quantity among those that have one."""
    items, rows = items_of(raw, "items")
    if items is None:
        return pa.nulls(raw.num_rows, pa.string()), pa.nulls(raw.num_rows, pa.string())
    price = pc.coalesce(
        dig_struct(items, ["price_in_usd"], pa.float64()), dig_struct(items, ["price"], pa.float64())
    )
    worth = pc.multiply(price, dig_struct(items, ["quantity"], pa.float64())).fill_null(0.0)
    order = np.argsort(-worth.to_numpy(zero_copy_only=False), kind="stable")
    found = []
    for field in ("item_category", "promotion_name"):
        words = _something(dig_struct(items, [field], pa.string()))
        said = as_mask(pc.is_valid(words))
        found.append(first_per_row(words, rows, order[said[order]], raw.num_rows))
    return found[0], found[1]


def _links(raw: pa.Table, users: pa.Array, known: npt.NDArray[np.int64], keep: Mask) -> pa.Table:
    """Link the browser to the id the user logged in with, where the export has one."""
    own = _something(id_strings(dig(raw, "user_id", pa.string())))
    given = pa.array(keep & as_mask(pc.is_valid(own)))
    columns = {
        "anonymous_source_id": users.filter(given),
        "source_id": own.filter(given),
        "known_us": pa.array(known).filter(given),
    }
    return fill_table(STAGED_LINKS, len(columns["source_id"]), columns)


SOURCE = Ga4
