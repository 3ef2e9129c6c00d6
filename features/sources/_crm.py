"""What every CRM export has in common: contacts describe people, deals are offers that end won or lost.

An export is a snapshot: one row per contact, as it was when the export was made. When a value got into the row is
not told, only when the row was last changed: so whatever a contact says is known from then on (where that is not
told: from the newest moment in the export on). To date it earlier would let a value of today into the past. So a deal
is that of its contact by the contact's own id in the CRM (without a contact: of its account), and the customer's from
the moment on at which that contact is known to be the customer. Its amount is the last one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from itertools import pairwise
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from features.addresses import hidden
from features.contract import DAY_US
from features.pseudonyms import email_ids
from features.sources._base import Declaration
from features.sources._batches import CanonicalBatch
from features.sources._columns import Mask, as_mask
from features.sources._people import label, later, refuse_before, unlike
from features.sources._rows import ExportOptions, Exports, RawTable, places
from features.sources._typed_rows import Rows

CONTACT = ("contact_id", "created_at")
ABOUT_CONTACT = (
    "modified_at", "email", "customer_id", "account_id", "lifecycle_stage", "may_email", "no_email",
    "birth_year", "birth_date", "gender", "country", "city",
)  # fmt: skip
DEAL = ("deal_id", "created_at", "stage")
ABOUT_DEAL = ("closed_at", "amount", "contact_ids", "account_id", "is_won", "is_closed")
#: Lower bounds of the age bands, in years.
AGES = (18, 25, 35, 45, 55, 65)
_DATE = r"^[0-9]{4}-?[0-9]{2}-?[0-9]{2}$"


class CrmOptions(ExportOptions):
    """Options of the CRM kinds.

    ``won``: the kind of event that a won deal is when it closes. ``won_stages`` and ``lost_stages`` are the names of
    the stages that end a deal, in the language of the export. ``amount_known``: when the amount of a deal is known,
    as ``closed`` (the export holds the last amount, so it says nothing of the day the deal was made) or ``created``.
    ``links_known``: when it is known that an e-mail address is that of a contact, ``modified`` or ``created`` (if
    nobody ever changes the address or customer number of a contact).
    """

    won: Literal["purchase", "other"] = "purchase"
    won_stages: tuple[str, ...] = ("closed won", "closedwon", "gewonnen")
    lost_stages: tuple[str, ...] = ("closed lost", "closedlost", "verloren")
    amount_known: Literal["closed", "created"] = "closed"
    links_known: Literal["modified", "created"] = "modified"
    consent_words: dict[str, Literal["granted", "denied"]] = Field(default_factory=dict)


class Crm(Exports):
    """Reads the tables ``contacts`` and ``deals``; one of them is enough."""

    Options = CrmOptions
    options: CrmOptions
    #: What stands before the number of a contact who has no customer number.
    prefix: ClassVar[str]
    #: The export's words for whether e-mail may be sent.
    consent: ClassVar[Mapping[str, str]] = {}

    def declaration(self) -> Declaration:
        """Say what the source can produce."""
        return Declaration(tuple(sorted({"quote_request", self.options.won, "other"})), ())

    def readers(self) -> Mapping[str, Callable[[Rows], CanonicalBatch]]:
        """Give the function of each table."""
        return {"contacts": self._contacts, "deals": self._deals}

    def _contacts(self, rows: Rows) -> CanonicalBatch:
        (own, who), known = self._who(rows), self._known_us(rows)
        made = rows.moment("created_at", required=False)
        address = rows.text("email")
        email = email_ids(address, self.key)
        broken = as_mask(pc.is_valid(address)) & as_mask(pc.is_null(email))
        nameless = as_mask(pc.is_null(rows.text("customer_id")))
        rows.verdict.reject(broken & nameless, "email is not an address")
        attributes = [
            rows.attribute("consent_email", self._consent(rows), who, known),
            rows.attribute("age_band", _age_bands(rows, known), who, known, sensitive=True),
            rows.attribute("gender", pc.utf8_lower(label(rows, "gender")), who, known, sensitive=True),
        ]
        for name in ("country", "city", "lifecycle_stage"):
            attributes.append(rows.attribute(name, label(rows, name), who, known))
        since = made if self.options.links_known == "created" else known
        # The deals of a contact are its own, and become the customer's when the customer number is known.
        links = [
            rows.link(unlike(email, who), who, since),
            rows.link(unlike(own, who), who, since),
            rows.link(self._led(rows), own, since),
        ]
        return rows.result(attributes=attributes, links=links)

    def _own(self, contact_ids: pa.Array) -> pa.Array:
        """Give the id that a contact has by itself."""
        return pc.binary_join_element_wise(self.prefix, contact_ids, ":")

    def _account(self, rows: Rows) -> pa.Array:
        """Give the id of the account of each row: no number of an account is taken for that of a contact."""
        return pc.binary_join_element_wise(self.prefix, "account", rows.text("account_id"), ":")

    def _who(self, rows: Rows) -> tuple[pa.Array, pa.Array]:
        """Give the id that each contact has by itself, and who it is: the customer number, else that id."""
        own = self._own(rows.text("contact_id", required=True))
        return own, pc.coalesce(hidden(rows.text("customer_id"), self.key), own)

    def _known_us(self, rows: Rows) -> pa.Array:
        """Give when what a contact says was surely known."""
        made, changed = rows.moment("created_at"), rows.moment("modified_at", required=False)
        newest = pa.repeat(pa.scalar(self._newest, pa.int64()), rows.rows)
        # Not told when it was changed last: it may have been after anything else in the export.
        return pc.fill_null(later(made, pc.coalesce(changed, newest)), 0)

    def _consent(self, rows: Rows) -> pa.Array:
        """Read whether e-mail is allowed; a refusal goes before whatever else the contact says."""
        words = {**self.consent, **self.options.consent_words}
        stated = rows.word("may_email", words, other="") if words else pa.nulls(rows.rows, pa.string())
        stated = pc.if_else(pc.equal(stated, ""), pa.scalar(None, pa.string()), stated)
        return pc.if_else(pc.fill_null(rows.flag("no_email"), False), "denied", stated)

    def _deals(self, rows: Rows) -> CanonicalBatch:
        created = rows.moment("created_at")
        who = self._of_deal(rows)
        won, lost = self._outcome(rows)
        amount = rows.number("amount", least=0)
        early = amount if self.options.amount_known == "created" else pa.nulls(rows.rows, pa.float64())
        event = rows.event(who, created, "quote_request", value=early)
        over = won | lost
        closed = self._closed(rows, created, over)
        rows.verdict.reject(over & as_mask(pc.is_null(closed)), "closed_at of a closed deal is missing")
        if self.options.won == "purchase":
            rows.verdict.reject(won & as_mask(pc.is_null(amount)), "amount of a won deal is missing")
        kinds = pc.if_else(pa.array(won), self.options.won, "other")
        value = pc.if_else(pa.array(won), amount, pa.scalar(None, pa.float64()))
        return rows.result(
            event, extra=[rows.event(who, closed, kinds, what="close", where=over, value=value)]
        )

    def _closed(self, rows: Rows, created: pa.Array, over: Mask) -> pa.Array:
        """Read when a deal ended; of an open deal the date is only a hope, and left alone.

        A date without a time is taken as the last second of that day: before, it could not be known.
        """
        closed = rows.moment("closed_at", required=False, where=over)
        dated = pc.match_substring_regex(rows.text("closed_at"), _DATE)
        # In any zone but UTC a date is its last second already (`features.sources._moments`).
        if self.options.time_zone == "UTC":
            closed = pc.if_else(pc.fill_null(dated, False), pc.add(closed, DAY_US - 1_000_000), closed)
        refuse_before(rows, "closed_at", closed, "created_at", created)
        return closed

    def _outcome(self, rows: Rows) -> tuple[Mask, Mask]:
        """Tell won and lost deals: as the export marks them, else by the name of their stage."""
        stage = pc.utf8_lower(rows.text("stage", required=True))
        won, lost = (
            as_mask(pc.is_in(stage, value_set=pa.array([one.lower() for one in stages], pa.string())))
            for stages in (self.options.won_stages, self.options.lost_stages)
        )
        marked, ended = rows.flag("is_won"), rows.flag("is_closed")
        won = np.where(as_mask(pc.is_valid(marked)), as_mask(marked), won)
        said = as_mask(pc.is_valid(ended))
        return won, np.where(said, as_mask(ended) & ~won, lost & ~won)

    def _of_deal(self, rows: Rows) -> pa.Array:
        """Give whose deal it is: the first contact of the deal, else its account."""
        first = pc.list_element(pc.split_pattern(pc.fill_null(rows.text("contact_ids"), ""), ";"), 0)
        first = pc.utf8_trim_whitespace(first)
        first = pc.if_else(pc.equal(first, ""), pa.scalar(None, pa.string()), first)
        return pc.coalesce(self._own(first), self._account(rows))

    def _led(self, rows: Rows) -> pa.Array:
        """Give the account of each contact that is the first of it: its deals are theirs; else null."""
        place = places(self._first["account"].combine_chunks(), self._account(rows))
        first = self._first["contact_id"].combine_chunks().take(place)
        led = pc.fill_null(pc.equal(first, rows.text("contact_id")), False)
        return pc.if_else(led, self._account(rows), pa.scalar(None, pa.string()))

    @cached_property
    def _first(self) -> pa.Table:
        """The contact of each account that was made first."""
        schema = pa.schema([("account", pa.string()), ("created", pa.int64()), ("contact_id", pa.string())])
        parts = [schema.empty_table()]
        for rows in self.whole("contacts"):
            columns = [self._account(rows), rows.moment("created_at"), rows.text("contact_id", required=True)]
            parts.append(pa.table(columns, schema=schema).filter(pa.array(rows.verdict.kept)))
        contacts = pa.concat_tables(parts)
        contacts = contacts.filter(pc.is_valid(contacts["account"]))
        contacts = contacts.sort_by([(name, "ascending") for name in schema.names])
        accounts = contacts["account"].to_numpy(zero_copy_only=False).astype(str)
        _, first = np.unique(accounts, return_index=True)
        return contacts.take(pa.array(first))

    @cached_property
    def _newest(self) -> int | None:
        """The newest moment at which the export says that anything was made."""
        moments = [
            pc.max(rows.moment("created_at").filter(pa.array(rows.verdict.kept))).as_py()
            for table in ("contacts", "deals")
            for rows in self.whole(table)
        ]
        return max((moment for moment in moments if moment is not None), default=None)


def _age_bands(rows: Rows, known: pa.Array) -> pa.Array:
    """Give the age band at the moment the contact was known; null where the year of birth cannot be."""
    text = pc.utf8_slice_codeunits(rows.text("birth_date"), 0, 4)
    year = pc.if_else(pc.match_substring_regex(text, r"^[0-9]{4}$"), text, pa.scalar(None, pa.string()))
    born = pc.coalesce(rows.number("birth_year"), year.cast(pa.float64())).to_numpy(zero_copy_only=False)
    moments = pc.fill_null(known, 0).to_numpy(zero_copy_only=False).astype("datetime64[us]")
    age = moments.astype("datetime64[Y]").astype(np.int64) + 1970 - born
    names = (
        "under 18",
        *(f"{low}-{high - 1}" for low, high in pairwise(AGES)),
        f"{AGES[-1]}+",
    )
    possible = (age >= 0) & (age < 120)
    band = np.searchsorted(AGES, np.where(possible, age, 0), side="right")
    return pa.array(names).take(pa.array(band, mask=~possible))


def contacts_table(stem: str, headers: Mapping[str, str]) -> RawTable:
    """Describe the table of contacts by what the export calls its columns."""
    return RawTable(CONTACT, ABOUT_CONTACT, headers=headers, role="attributes", required=False, stem=stem)


def deals_table(stem: str, headers: Mapping[str, str]) -> RawTable:
    """Describe the table of deals by what the export calls its columns."""
    return RawTable(DEAL, ABOUT_DEAL, key=("deal_id",), headers=headers, required=False, stem=stem)
