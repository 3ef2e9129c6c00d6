"""Google Analytics 4: the daily files of the BigQuery export, ``events_YYYYMMDD.parquet`` (or ``.json``).

One row is one event of a browser (``user_pseudo_id``), linked to the customer by ``user_id``. A session is the
browser with ``ga_session_id``. ``duration_s`` is the time GA4 measured since its event before
(``engagement_time_msec``): over a session they add up to the time spent. GA4 calls a session engaged, not a bounce,
after 10 seconds, a second page or a key event: all three stand in the events. Older exports lack columns or
fields: what is absent is null.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, field_validator

from features.contract import KINDS
from features.fingerprint import fingerprint
from features.settings import Name, Settings
from features.sources import _ga4_channels as touch
from features.sources._base import Declaration, Source
from features.sources._batches import CanonicalBatch, RawBatch, RawFile, Verdict
from features.sources._columns import as_mask
from features.sources._files import parquet_batches, require_columns
from features.sources._ga4_files import day_files, has_column, missing_days, say_what_was_chosen, valid_zone
from features.sources._ga4_items import goods_of
from features.sources._ga4_json import json_batches
from features.sources._ga4_measures import amounts_of, seconds_of
from features.sources._ga4_people import attributes, links, people_of, refused
from features.sources._ga4_sessions import Firsts, first_rows, order_keys, session_keys
from features.sources._ga4_words import CHANNEL_RULES, GROUPS, KINDS_OF
from features.sources._nested import Params, dig

_NEEDED = ("event_timestamp", "event_name", "user_pseudo_id")
#: What makes two rows the same event.
_SAME = (
    "user_pseudo_id", "event_name", "event_timestamp", "event_bundle_sequence_id", "event_params",
    "batch_event_index", "batch_ordering_id", "batch_page_id",
)  # fmt: skip
#: What `Ga4.firsts` reads of each file: for the orders, and for the sessions.
_OF_ORDERS = ("user_pseudo_id", "user_id", "event_timestamp", "event_name", "ecommerce", "privacy_info")
_OF_SESSIONS = ("event_params", "collected_traffic_source", "device")
_SESSION_SOURCE = "session_traffic_source_last_click"
#: No GA4 property is older: a moment before is not in microseconds, or the clock of a device was wrong.
_EARLIEST_US = 1_262_304_000_000_000


class Ga4Options(Settings):
    """Options of the kind ``ga4``.

    ``kinds`` adds to or overrides the shipped table of event names; ``attributes`` names fields that
    describe the customer; ``money`` chooses between the amounts in dollars and those in the currency of the
    shop; ``category`` names the field of ``items``, ``category_separator`` what parts its levels;
    ``time_zone`` is that of the property: its days are those of the files.
    """

    kinds: dict[str, str] = Field(default_factory=dict)
    attributes: dict[Name, str] = Field(
        default_factory=lambda: {"device": "device.category", "continent": "geo.continent"}
    )
    sensitive: tuple[Name, ...] = ()
    money: Literal["usd", "local"] = "usd"
    category: Literal[
        "item_category", "item_category2", "item_category3", "item_category4", "item_category5", "deepest",
        "item_brand", "item_name",
    ] = "item_category"  # fmt: skip
    category_separator: str = ""
    time_zone: str = "UTC"
    duplicates: Literal["drop", "keep"] = "drop"

    @field_validator("kinds")
    @classmethod
    def _known_kinds(cls, kinds: dict[str, str]) -> dict[str, str]:
        for event, kind in kinds.items():
            if kind not in KINDS:
                raise ValueError(f"unknown kind {kind!r} for {event!r}; allowed: {', '.join(KINDS)}")
        return kinds

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, time_zone: str) -> str:
        return valid_zone(time_zone)


class Ga4(Source):
    """Reads the daily files of a GA4 export."""

    Options = Ga4Options
    whole_row = False
    events_only = True

    def declaration(self) -> Declaration:
        """Say what the tables of words can produce."""
        kinds = {**KINDS_OF, **self.options.kinds}
        channels = {*(rule[-1] for rule in CHANNEL_RULES), *GROUPS.values(), "app", "other"}
        return Declaration(tuple(sorted({*kinds.values(), "other"})), tuple(sorted(channels)))

    def raw_files(self) -> tuple[RawFile, ...]:
        """Find the daily files, sorted by name; an intraday file only where its day has no daily one."""
        self.duplicates = self.options.duplicates
        say_what_was_chosen(self.folder, day_files(self.folder, self.name), self.name)
        return self._files

    def missing_days(self) -> list[str]:
        """Days between the first and the last file that have no file, or only one without rows."""
        return list(self._missing)

    def batches(self, file: RawFile) -> Iterator[RawBatch]:
        """Read one file in batches."""
        return parquet_batches(file) if file.path.suffix == ".parquet" else json_batches(file)

    def canonical(self, batch: RawBatch) -> CanonicalBatch:
        """Turn a raw batch into a canonical batch.

        Besides the batch only `firsts` counts, which is the same however the rows are split over files.
        """
        raw = batch.data
        require_columns(
            raw.column_names, dict.fromkeys(_NEEDED, f"path in conf/sources/{self.name}.yaml"), batch.file
        )
        params = Params(raw)
        people, customers = people_of(raw, self.key)
        moments = raw["event_timestamp"].combine_chunks().cast(pa.int64())
        occurred = moments.fill_null(0).to_numpy(zero_copy_only=False)
        verdict = self._verdict(raw, people, moments, occurred)
        kinds = self._kinds(raw, people, occurred)
        sessions = session_keys(params, people)
        channel, campaign = self._touches(raw, params, sessions, occurred)
        events = self.events(
            raw.num_rows,
            {
                "source_id": people,
                "event_id": fingerprint({name: raw[name] for name in _SAME if name in raw.column_names}),
                "occurred_us": occurred,
                "known_us": occurred,
                "kind": kinds,
                "channel": channel,
                "session_id": sessions,
                "duration_s": seconds_of(params),
                **goods_of(
                    raw, params, kinds, campaign, (self.options.category, self.options.category_separator)
                ),
                "value": amounts_of(raw, params, kinds, self.options.money, verdict),
            },
            verdict,
        )
        keep = verdict.kept
        fields = self.options.attributes
        return CanonicalBatch(
            verdict.reasons(),
            events.filter(pa.array(keep)),
            batch.rows[keep],
            attributes=attributes(raw, fields, self.options.sensitive, people, keep),
            links=links(people, customers, occurred, keep),
        )

    @cached_property
    def firsts(self) -> tuple[Firsts, Firsts]:
        """The first source of each session, and the first telling of each order, over all files."""
        sources, orders = [], []
        for file in self._files:
            told = has_column(file, _SESSION_SOURCE)
            for raw in self._raw(file, _OF_ORDERS if told else _OF_ORDERS + _OF_SESSIONS):
                people, _ = people_of(raw, self.key)
                moments, nothing = (
                    dig(raw, "event_timestamp", pa.int64()),
                    pa.nulls(raw.num_rows, pa.string()),
                )
                orders.append(first_rows(order_keys(raw, people), moments, nothing, nothing))
                if told:
                    continue  # the export itself says where each session came from
                params = Params(raw)
                channel, campaign = touch.of_event(raw, params, touch.own_hosts(raw, params))
                keys = session_keys(params, people)
                keys = pc.if_else(pc.is_valid(channel), keys, pa.scalar(None, pa.int64()))
                sources.append(first_rows(keys, moments, channel, campaign))
        return Firsts(sources), Firsts(orders)

    @cached_property
    def _missing(self) -> list[str]:
        """Found once: every file of the export is opened for it."""
        return missing_days(day_files(self.folder, self.name), self.options.time_zone)

    @property
    def _files(self) -> tuple[RawFile, ...]:
        found = day_files(self.folder, self.name)
        return tuple(RawFile(file.path, file.path.name, "events") for file in found)

    def _raw(self, file: RawFile, columns: tuple[str, ...]) -> Iterator[pa.Table]:
        is_parquet = file.path.suffix == ".parquet"
        yield from (
            batch.data
            for batch in (parquet_batches(file, columns=columns) if is_parquet else json_batches(file))
        )

    def _verdict(
        self, raw: pa.Table, people: pa.Array, moments: pa.Array, occurred: npt.NDArray[np.int64]
    ) -> Verdict:
        verdict = Verdict(raw.num_rows)
        nobody = as_mask(pc.is_null(people))
        verdict.reject(
            nobody & refused(raw), "no user_pseudo_id: the visitor refused analytics (a ping without cookies)"
        )
        verdict.reject(nobody, "no user_pseudo_id")
        self.check_rows(verdict, people, occurred, as_mask(pc.is_null(moments)))
        verdict.reject(
            occurred < _EARLIEST_US, "event_timestamp lies before 2010: not in microseconds, or a wrong clock"
        )
        names = pc.fill_null(dig(raw, "event_name", pa.string()), "")
        verdict.reject(as_mask(pc.equal(pc.utf8_trim_whitespace(names), "")), "event_name is missing")
        return verdict

    def _kinds(self, raw: pa.Table, people: pa.Array, occurred: npt.NDArray[np.int64]) -> pa.Array:
        """Name the kind of each event; an order that is told again (same user, same transaction) is no order.

        Tags that fire twice and thank-you pages that are opened again do this; GA4's reports leave them out too.
        """
        table = {**KINDS_OF, **self.options.kinds}
        names = pc.dictionary_encode(dig(raw, "event_name", pa.string()))
        words = [table.get((name or "").strip(), "other") for name in names.dictionary.to_pylist()]
        kinds = pc.fill_null(pa.array(words, pa.string()).take(names.indices), "other")
        if self.options.duplicates == "keep" or table["purchase"] != "purchase":
            return kinds
        keys = order_keys(raw, people)
        again = as_mask(pc.is_valid(keys))
        if again.any():
            again &= self.firsts[1].later(keys.fill_null(0).to_numpy(zero_copy_only=False), occurred)
        return pc.if_else(pa.array(again), pa.scalar("other"), kinds)

    def _touches(
        self, raw: pa.Table, params: Params, sessions: pa.Array, occurred: npt.NDArray[np.int64]
    ) -> tuple[pa.Array, pa.Array]:
        """Give channel and campaign: of the session, else of the row, else of the user's first visit."""
        hosts = touch.own_hosts(raw, params)
        found = [touch.of_session(raw, hosts)]
        if found[0][0].null_count:
            keys = sessions.fill_null(0).to_numpy(zero_copy_only=False)
            first = self.firsts[0]
            places = np.where(as_mask(pc.is_valid(sessions)), first.at(keys, occurred), -1)
            found.append((first.words("channel", places), first.words("campaign", places)))
            found.append(touch.of_event(raw, params, hosts))
            found.append(touch.of_user(raw, hosts))
        return touch.first_told(found, raw)


SOURCE = Ga4
