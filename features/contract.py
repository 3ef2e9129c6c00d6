"""The canonical tables: columns, types, units and allowed values.

Times are int64 microseconds since 1970-01-01 UTC, named ``*_us``. Money is in one currency per source.
"""

from __future__ import annotations

import pyarrow as pa

DAY_US = 86_400_000_000
#: ``until_us`` where it is null, inside the kernel: later than any moment.
NEVER = 2**63 - 1

#: What a customer does. Only these count as customer behaviour.
BEHAVIOUR = (
    "page_view", "product_view", "search", "content_view", "ad_click", "email_open", "email_click",
    "store_visit", "cart_add", "cart_remove", "checkout", "quote_request", "purchase", "return",
    "product_use", "ticket_open", "chat", "review", "survey", "referral", "share", "loyalty_earn",
    "loyalty_redeem", "subscribe", "unsubscribe", "other",
)  # fmt: skip
#: What WE do to the customer. Never counted as behaviour.
TREATMENTS = ("ad_impression", "email_sent", "discount")
#: What happens around the customer: neither a choice of theirs nor a marketing action of ours.
CIRCUMSTANCES = ("delivery", "ticket_close", "email_delivered", "email_bounce")
#: The closed vocabulary of ``events.kind``; the position is the code used inside the kernel.
KINDS = BEHAVIOUR + TREATMENTS + CIRCUMSTANCES
#: The closed vocabulary of ``events.channel``; anything else becomes ``other`` at ingest.
CHANNELS = (
    "web", "app", "store", "email", "mail", "phone", "chat", "sms", "push", "social", "display",
    "paid_search", "organic_search", "referral", "affiliate", "direct", "partner", "other",
)  # fmt: skip

EVENTS = pa.schema(
    [
        pa.field("event_id", pa.int64(), nullable=False, metadata={"meaning": "hash of the raw row"}),
        pa.field("customer_id", pa.int64(), nullable=False, metadata={"meaning": "pseudonym"}),
        pa.field("person_id", pa.int64(), nullable=False, metadata={"meaning": "partition key, see below"}),
        pa.field("occurred_us", pa.int64(), nullable=False, metadata={"meaning": "when it happened"}),
        pa.field("known_us", pa.int64(), nullable=False, metadata={"meaning": "when we learnt of it"}),
        pa.field("until_us", pa.int64(), metadata={"meaning": "known so until then; null = still"}),
        pa.field("kind", pa.string(), nullable=False, metadata={"meaning": "one of KINDS"}),
        pa.field("channel", pa.string(), metadata={"meaning": "one of CHANNELS"}),
        pa.field("campaign", pa.string(), metadata={"meaning": "campaign name or type"}),
        pa.field("session_id", pa.int64(), metadata={"meaning": "web session or shop basket"}),
        pa.field("category", pa.string(), metadata={"meaning": "product category"}),
        pa.field("value", pa.float64(), metadata={"meaning": "money; negative for a return"}),
        pa.field("quantity", pa.float64(), metadata={"meaning": "number of items"}),
        pa.field("duration_s", pa.float64(), metadata={"meaning": "time spent, seconds"}),
        pa.field("rating", pa.float64(), metadata={"meaning": "as given, see rating_scale"}),
        pa.field("rating_scale", pa.string(), metadata={"meaning": "nps (0-10) or stars (1-5)"}),
        pa.field("sentiment", pa.float64(), metadata={"meaning": "-1..1, null when unsure"}),
        pa.field("source", pa.string(), nullable=False, metadata={"meaning": "name of the source"}),
    ]
)
"""One row per event and owner. Rows of kind ``purchase`` are order lines: the purchase rows of one customer at
one moment are ONE order (count distinct moments, never rows).

Identity is told by time: an event of a browser that is linked to a customer at moment k stands here twice, with
one ``event_id``: as the browser's, known until k (``until_us``), and as the customer's, known from k. At a cutoff
t the rows with ``known_us <= t`` and (``until_us`` null or ``> t``) hold, so a link made tomorrow rewrites
nothing. ``person_id`` is equal for all ids that were ever linked: engines partition by it and never split it."""

#: The order in which ingest writes events: whoever reads on finds whole persons.
PERSON_ORDER = ("person_id", "customer_id", "occurred_us", "event_id", "known_us")

#: One row per customer and attribute value. ``sensitive`` attributes audit fairness and are refused as features.
CUSTOMERS = pa.schema(
    [
        pa.field("customer_id", pa.int64(), nullable=False),
        pa.field("attribute", pa.string(), nullable=False),
        pa.field("value", pa.string(), nullable=False),
        pa.field("known_us", pa.int64(), nullable=False),
        pa.field("sensitive", pa.bool_(), nullable=False),
    ]
)

#: What an id of a source can be the id of; later ones know more about who somebody is.
ID_SPACES = ("browser", "email", "card", "customer")

#: One row per identity link, as it was known at the time: from ``known_us`` on, what ``anonymous_id`` does is done
#: by ``customer_id``; the first link also claims what was done before it. A link to itself ends the one before.
LINKS = pa.schema(
    [
        pa.field("anonymous_id", pa.int64(), nullable=False),
        pa.field("customer_id", pa.int64(), nullable=False),
        pa.field("known_us", pa.int64(), nullable=False),
    ]
)

#: One row per decision: one choice of action for one customer.
DECISIONS = pa.schema(
    [
        pa.field("decision_id", pa.int64(), nullable=False),
        pa.field("customer_id", pa.int64(), nullable=False),
        pa.field("decided_us", pa.int64(), nullable=False),
        pa.field("phase", pa.string(), metadata={"meaning": "as logged; null if the log has none"}),
        pa.field("eligible", pa.list_(pa.string()), nullable=False),
        pa.field("action", pa.string(), nullable=False, metadata={"meaning": "incl. none"}),
        pa.field("propensity", pa.float64(), metadata={"meaning": "of the chosen action; null if unknown"}),
        pa.field("policy", pa.string(), nullable=False),
        pa.field("explore", pa.bool_(), metadata={"meaning": "null if unknown"}),
        pa.field("cost", pa.float64(), nullable=False, metadata={"meaning": "money, of the chosen action"}),
        pa.field("outcome", pa.float64(), metadata={"meaning": "1 = success, 0 = not, null = not matured"}),
        pa.field("value", pa.float64(), metadata={"meaning": "money in the outcome window, before cost"}),
    ]
)

#: Every rejected raw row, whole (``raw`` is the row as JSON).
QUARANTINE = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("file", pa.string(), nullable=False),
        pa.field("row", pa.int64(), nullable=False, metadata={"meaning": "1 = first data row of the file"}),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("raw", pa.string(), nullable=False),
    ]
)

#: What we spent, one row per day, channel and campaign; not tied to a customer.
COSTS = pa.schema(
    [
        pa.field("day_us", pa.int64(), nullable=False, metadata={"meaning": "midnight UTC of the day"}),
        pa.field("channel", pa.string(), nullable=False, metadata={"meaning": "one of CHANNELS"}),
        pa.field("campaign", pa.string()),
        pa.field("amount", pa.float64(), nullable=False, metadata={"meaning": "money"}),
        pa.field("source", pa.string(), nullable=False),
    ]
)

#: The one table that joins pseudonyms to the ids of the source. Keep it where the raw exports are kept.
IDS = pa.schema(
    [
        pa.field(
            "source_id",
            pa.string(),
            nullable=False,
            metadata={"meaning": "browser:123; customers bare"},
        ),
        pa.field("id_space", pa.string(), nullable=False, metadata={"meaning": "one of ID_SPACES"}),
        pa.field("customer_id", pa.int64(), nullable=False),
    ]
)
