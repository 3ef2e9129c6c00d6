"""Customer service: tickets and chats.

What becomes what: a ticket is ``ticket_open`` when it was opened, with the sentiment of its message and the class of
its subject; when closed it is a ``ticket_close`` too, known when it was closed, with the seconds that the customer
waited (until it was closed, or with ``waiting_until: first_reply`` until the first answer), how often it was opened
(2 = reopened once) as quantity, and the satisfaction score (1-5) as rating. With a column ``rated_at`` the score is a
``survey`` at that moment instead. A chat is ``chat``, known when it ended, with its length and number of messages.
Subjects, messages and transcripts go no further; of a transcript, which holds both sides, no sentiment is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import ClassVar, Literal

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from features.sources._base import Declaration
from features.sources._batches import CanonicalBatch
from features.sources._columns import as_mask
from features.sources._people import FeedbackOptions, feeling, label, refuse_before, seconds, somebody
from features.sources._rows import Exports, RawTable
from features.sources._typed_rows import Rows, Told

#: Channels that need no translation.
USUAL = ("phone", "email", "chat", "web", "app", "store", "social", "mail")
#: Class of a subject by the beginnings of its words, Dutch and English; the first class that fits holds.
SUBJECTS: dict[str, tuple[str, ...]] = {
    "complaint": ("klacht", "ontevreden", "complain", "dissatisf"),
    "return": ("retour", "ruil", "terugstur", "terugbetal", "return", "refund", "exchang"),
    "delivery": ("lever", "bezorg", "pakket", "verzend", "track", "deliver", "parcel", "package", "shipping"),
    "payment": ("betal", "factu", "rekening", "ideal", "pay", "invoice", "billing", "charge"),
    "warranty": ("garantie", "kapot", "defect", "stuk", "reparat", "warrant", "broken", "repair"),
    "account": ("account", "inlog", "wachtwoord", "abonnement", "login", "password", "subscription", "privacy"),
    "order": ("bestel", "order", "annul", "cancel"),
    "product": ("product", "artikel", "maat", "advies", "voorraad", "item", "size", "advice", "stock"),
}  # fmt: skip


class ServiceOptions(FeedbackOptions):
    """Options of the kind ``service``.

    ``subjects``: class to beginnings of words that tell it, instead of the built-in ones. A column ``category`` goes
    before: there the export itself says the class.
    """

    subjects: dict[str, tuple[str, ...]] = Field(default_factory=lambda: dict(SUBJECTS))
    waiting_until: Literal["closed", "first_reply"] = "closed"


class Service(Exports):
    """Reads the tables ``tickets`` and ``chats``; one of them is enough."""

    Options = ServiceOptions
    options: ServiceOptions
    tables: ClassVar[Mapping[str, RawTable]] = {
        "tickets": RawTable(
            needed=("ticket_id", "opened_at"),
            optional=(
                "customer_id", "email", "browser_id", "channel", "category", "subject", "message", "language",
                "first_reply_at", "closed_at", "reopened", "csat", "rated_at",
            ),
            key=("ticket_id",),
            required=False,
        ),
        "chats": RawTable(
            needed=("chat_id", "started_at"),
            optional=("customer_id", "email", "browser_id", "ended_at", "messages"),
            key=("chat_id",),
            required=False,
        ),
    }  # fmt: skip

    def declaration(self) -> Declaration:
        """Say what the source can produce."""
        kinds = ("chat", "survey", "ticket_close", "ticket_open")
        return Declaration(kinds, tuple(sorted({*self.options.declared(*USUAL), "chat"})))

    def readers(self) -> Mapping[str, Callable[[Rows], CanonicalBatch]]:
        """Give the function of each table."""
        return {"tickets": self._tickets, "chats": self._chats}

    def _tickets(self, rows: Rows) -> CanonicalBatch:
        opened = rows.moment("opened_at")
        who, links = somebody(rows, self.key, opened, browser=True)
        common = {
            "channel": rows.word("channel", self.options.words(*USUAL), other="other"),
            "category": pc.coalesce(label(rows, "category"), self._classes(rows)),
        }
        mood = feeling(rows, self.options.sentiment, "message")
        event = rows.event(who, opened, "ticket_open", sentiment=mood, **common)
        return rows.result(event, extra=self._later(rows, who, opened, common), links=links)

    def _later(self, rows: Rows, who: pa.Array, opened: pa.Array, common: dict[str, pa.Array]) -> list[Told]:
        """Tell what came after the opening: the closing, and the score if the export says when it was given."""
        closed = rows.moment("closed_at", required=False)
        replied = rows.moment("first_reply_at", required=False)
        rated = rows.moment("rated_at", required=False)
        for name, moments in (("closed_at", closed), ("first_reply_at", replied), ("rated_at", rated)):
            refuse_before(rows, name, moments, "opened_at", opened)
        times = pc.add(rows.number("reopened", least=0), 1.0)
        score = rows.number("csat", least=1, most=5)
        nothing = pa.nulls(rows.rows, pa.float64())
        own_moment = rows.has("rated_at")
        close = rows.event(
            who, closed, "ticket_close", what="close", where=as_mask(pc.is_valid(closed)),
            duration_s=seconds(opened, closed if self.options.waiting_until == "closed" else replied),
            quantity=times, rating=nothing if own_moment else score, rating_scale="stars", **common,
        )  # fmt: skip
        if not own_moment:
            return [close]
        given = as_mask(pc.and_(pc.is_valid(rated), pc.is_valid(score)))
        survey = rows.event(
            who, rated, "survey", what="rating", where=given, rating=score, rating_scale="stars", **common
        )
        return [close, survey]

    def _chats(self, rows: Rows) -> CanonicalBatch:
        started, ended = rows.moment("started_at"), rows.moment("ended_at", required=False)
        refuse_before(rows, "ended_at", ended, "started_at", started)
        who, links = somebody(rows, self.key, started, browser=True)
        event = rows.event(
            who, started, "chat",
            known=ended, channel="chat", duration_s=seconds(started, ended),
            quantity=rows.number("messages", least=0),
        )  # fmt: skip
        return rows.result(event, links=links)

    def _classes(self, rows: Rows) -> pa.Array:
        """Read the class of each subject; null where no word tells it. The subject itself goes no further."""
        encoded = pc.dictionary_encode(pc.utf8_lower(rows.text("subject")))
        subjects, classes = encoded.dictionary, pa.nulls(len(encoded.dictionary), pa.string())
        for name, beginnings in self.options.subjects.items():
            pattern = rf"(?:^|[^\pL])(?:{'|'.join(re.escape(one.lower()) for one in beginnings)})"
            fits = pc.and_(pc.match_substring_regex(subjects, pattern), pc.is_null(classes))
            classes = pc.if_else(fits, name, classes)
        return classes.take(encoded.indices)


SOURCE = Service
