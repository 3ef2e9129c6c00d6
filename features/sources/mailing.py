"""The log of an e-mail platform: what was sent, what came of it.

What becomes what: ``sent`` is the treatment ``email_sent``; ``delivered`` and ``bounce`` are circumstances
(``email_delivered``, ``email_bounce``), not behaviour: a dead address is no sign of life, and the arrival of a
newsletter is not that of a parcel. ``open`` and ``click`` are ``email_open`` and ``email_click``; ``unsubscribe``
and ``spam`` are ``unsubscribe``, ``subscribe`` is ``subscribe``. Who unsubscribes or complains refuses e-mail from
then on (attribute ``consent_email``); who subscribes allows it; being sent a message says nothing.
Two rows of one message, event and link in the same second are one: mail programs load a picture twice. Addresses
go on only as keyed hashes, and links people clicked not at all (they often carry an address).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, field_validator

from features.fingerprint import fingerprint
from features.sources._base import Declaration
from features.sources._batches import CanonicalBatch
from features.sources._people import label, somebody
from features.sources._rows import ExportOptions, Exports, RawTable
from features.sources._typed_rows import Rows

#: Our word for an event to its kind.
KINDS = {
    "sent": "email_sent",
    "delivered": "email_delivered",
    "open": "email_open",
    "click": "email_click",
    "bounce": "email_bounce",
    "unsubscribe": "unsubscribe",
    "spam": "unsubscribe",
    "subscribe": "subscribe",
}
#: What platforms call these events, beside our words.
SYNONYMS = {
    "send": "sent", "delivery": "delivered", "opened": "open", "clicked": "click", "bounced": "bounce",
    "hard_bounce": "bounce", "soft_bounce": "bounce", "dropped": "bounce", "unsubscribed": "unsubscribe",
    "spamreport": "spam", "complaint": "spam", "subscribed": "subscribe",
}  # fmt: skip
CONSENT = {"unsubscribe": "denied", "spam": "denied", "subscribe": "granted"}


class MailingOptions(ExportOptions):
    """Options of the kind ``mailing``. ``events``: the platform's word for an event to ours."""

    events: dict[str, str] = Field(default_factory=dict)

    @field_validator("events")
    @classmethod
    def _known_events(cls, events: dict[str, str]) -> dict[str, str]:
        for word, event in events.items():
            if event not in KINDS:
                raise ValueError(f"{word}: unknown event {event!r}; allowed: {', '.join(KINDS)}")
        return events


class Mailing(Exports):
    """Reads the table ``mail_log``."""

    Options = MailingOptions
    options: MailingOptions
    tables: ClassVar[Mapping[str, RawTable]] = {
        "mail_log": RawTable(
            needed=("email", "event", "at"), optional=("message_id", "campaign", "url", "customer_id")
        )
    }

    def declaration(self) -> Declaration:
        """Say what the source can produce."""
        return Declaration(tuple(sorted(set(KINDS.values()))), ("email",))

    def readers(self) -> Mapping[str, Callable[[Rows], CanonicalBatch]]:
        """Give the function of the one table."""
        return {"mail_log": self._log}

    def _log(self, rows: Rows) -> CanonicalBatch:
        at = rows.moment("at")
        who, links = somebody(rows, self.key, at)
        words = {word: word for word in KINDS}
        event = rows.word("event", {**words, **SYNONYMS, **self.options.events}, required=True)
        kinds = pa.array(list(KINDS.values())).take(pc.index_in(event, value_set=pa.array(list(KINDS))))
        told = rows.event(
            who, at, kinds,
            channel="email", campaign=label(rows, "campaign"), event_id=_message_ids(rows, who, event, at),
        )  # fmt: skip
        consent = pa.array(list(CONSENT.values())).take(pc.index_in(event, value_set=pa.array(list(CONSENT))))
        return rows.result(told, attributes=[rows.attribute("consent_email", consent, who, at)], links=links)


def _message_ids(rows: Rows, who: pa.Array, event: pa.Array, at: pa.Array) -> npt.NDArray[np.int64]:
    """Name each row by message, person, event, link and second."""
    return fingerprint(
        {
            "table": pa.repeat("mail_log", rows.rows),
            "message": rows.text("message_id"),
            "campaign": rows.text("campaign"),
            "who": who,
            "event": event,
            "url": rows.text("url"),
            "second": pc.floor(pc.divide(at.cast(pa.float64()), 1e6)).cast(pa.int64()),
        }
    )


SOURCE = Mailing
