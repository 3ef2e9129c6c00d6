"""Social media and word of mouth: shares, mentions, followers, referrals.

What becomes what: ``share`` is ``share`` and ``referral`` (a friend brought in) is ``referral``, on the channel of that
name. A ``mention`` is ``other``: it is public talk, but as often blame as praise (its sentiment says which), so it does
not count as recommending us; ``follow`` is ``other`` too: it is not the sign-up that ``subscribe`` stands for.
``options.types`` says otherwise. The sentiment of the text goes on, the text does not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, Literal

import pyarrow.compute as pc
from pydantic import Field

from features.sources._base import Declaration
from features.sources._batches import CanonicalBatch
from features.sources._people import FeedbackOptions, feeling, label, somebody
from features.sources._rows import Exports, RawTable
from features.sources._typed_rows import Rows

KINDS = {"share": "share", "mention": "other", "follow": "other", "referral": "referral"}
Kind = Literal["share", "referral", "subscribe", "ad_click", "content_view", "other"]


class SocialOptions(FeedbackOptions):
    """Options of the kind ``social``. ``types``: the export's word for what happened to its kind."""

    types: dict[str, Kind] = Field(default_factory=dict)


class Social(Exports):
    """Reads the table ``social``."""

    Options = SocialOptions
    options: SocialOptions
    tables: ClassVar[Mapping[str, RawTable]] = {
        "social": RawTable(
            needed=("at", "type"),
            optional=("event_id", "customer_id", "email", "network", "campaign", "text", "language"),
            key=("event_id",),
        )
    }

    def declaration(self) -> Declaration:
        """Say what the source can produce."""
        kinds = {*KINDS.values(), *self.options.types.values()}
        return Declaration(
            tuple(sorted(kinds)), tuple(sorted({"referral", *self.options.declared("social")}))
        )

    def readers(self) -> Mapping[str, Callable[[Rows], CanonicalBatch]]:
        """Give the function of the one table."""
        return {"social": self._told}

    def _told(self, rows: Rows) -> CanonicalBatch:
        at = rows.moment("at")
        who, links = somebody(rows, self.key, at)
        kinds = rows.word("type", {**KINDS, **self.options.types}, required=True)
        # Networks are social unless the option says otherwise ({whatsapp: referral, newsletter: email}).
        channel = rows.word("network", self.options.channels, other="social").fill_null("social")
        event = rows.event(
            who, at, kinds,
            channel=pc.if_else(pc.fill_null(pc.equal(kinds, "referral"), False), "referral", channel),
            campaign=label(rows, "campaign"),
            sentiment=feeling(rows, self.options.sentiment, "text"),
        )  # fmt: skip
        return rows.result(event, links=links)


SOURCE = Social
