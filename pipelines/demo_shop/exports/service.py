"""Exports of customer service and of what customers say: tickets, chats, surveys, reviews, social media."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.demo_shop.exports.baskets import catalogue, favourites
from pipelines.demo_shop.exports.files import Exports, moments, numbered
from pipelines.demo_shop.exports.people import People
from pipelines.demo_shop.log import DAY_S, Log
from pipelines.demo_shop.settings import DemoSettings
from pipelines.demo_shop.state import Floats, Ints, Mask
from pipelines.demo_shop.texts import CHATS, COMMENTS, MORE, REVIEWS, TICKETS

NOTHING = pa.scalar(None, pa.string())
MOODS = ("good", "fair", "bad")


def write_tickets(log: Log, people: People, settings: DemoSettings, out: Exports) -> None:
    """Write ``service/tickets.csv``; one of four customers is known by e-mail address only."""
    rng = out.rng(30)
    person, score = log.tickets["person"], log.tickets["csat"]
    count = len(person)
    opened = log.tickets["day"] * DAY_S + rng.integers(8 * 3_600, 18 * 3_600, size=count)
    reply = opened + np.round(np.exp(9.3 + 0.9 * rng.normal(size=count))).astype(np.int64)
    closed = reply + np.round(np.exp(10.8 + 0.9 * rng.normal(size=count))).astype(np.int64)
    end = settings.days * DAY_S
    reply, closed = np.where(reply < end, reply, -1), np.where(closed < end, closed, -1)
    subject, message = _words(TICKETS, rng.integers(len(TICKETS), size=count), people.english[person])
    rows, by_mail = pa.array(person), pa.array(rng.random(count) < 0.25)
    out.write(
        "service/tickets.csv",
        {
            "ticket_id": numbered("S", np.arange(count) + 1, 6),
            "customer_id": pc.if_else(by_mail, NOTHING, people.number.take(rows)), "email": people.email.take(rows),
            "channel": np.array(["phone", "email", "web"])[rng.integers(3, size=count)],
            "subject": subject, "message": message, "opened_at": moments(opened), "first_reply_at": moments(reply),
            "closed_at": moments(closed), "reopened": (rng.random(count) < 0.07).astype(np.int64),
            "csat": pc.if_else(pa.array((score > 0) & (closed >= 0)), pa.array(score).cast(pa.string()), NOTHING),
        },
        key="ticket_id", moment="opened_at",
    )  # fmt: skip


def write_chats(log: Log, people: People, out: Exports) -> None:
    """Write ``service/chats.csv``: by customer number where known, else by browser."""
    rng = out.rng(31)
    # A visitor who is neither known nor measured leaves a chat that is nobody's: not exported.
    named = log.start.tracked[log.chats["person"]] | (
        log.chats["second"] > people.customer_s[log.chats["person"]]
    )
    person, second = log.chats["person"][named], log.chats["second"][named]
    count = len(person)
    rows, known = pa.array(person), pa.array(second > people.customer_s[person])
    out.write(
        "service/chats.csv",
        {
            "chat_id": numbered("C", np.arange(count) + 1, 6),
            "customer_id": pc.if_else(known, people.number.take(rows), NOTHING),
            "browser_id": pc.if_else(known, NOTHING, people.browser.take(rows)),
            "started_at": moments(second), "ended_at": moments(second + rng.integers(90, 900, size=count)),
            "messages": rng.integers(2, 20, size=count),
            "transcript": pa.array([text for text, _ in CHATS]).take(pa.array(rng.integers(len(CHATS), size=count))),
        },
        key="chat_id", moment="started_at",
    )  # fmt: skip


def write_surveys(log: Log, people: People, settings: DemoSettings, out: Exports) -> None:
    """Write ``feedback/surveys.csv``: after an order, received up to days later than answered."""
    rng = out.rng(32)
    rows = np.flatnonzero(log.orders["survey"])
    person = log.orders["person"][rows]
    answered = log.orders["day"][rows] * DAY_S + rng.integers(20 * 3_600, 21 * 3_600, size=len(rows))
    late = rng.random(len(rows)) < 0.2
    received = answered + np.where(late, rng.integers(DAY_S, 6 * DAY_S, size=len(rows)), 30)
    inside = received < settings.days * DAY_S
    rows, person, answered, received = rows[inside], person[inside], answered[inside], received[inside]
    score = np.clip(
        np.round(7.6 + 0.7 * log.start.engagement[person] + 1.7 * rng.normal(size=len(rows))), 0, 10
    )
    out.count("feedback/surveys.csv", "received a day or more later", int(late[inside].sum()))
    english = people.english[person]
    words = _comment(COMMENTS, np.searchsorted([6.5, 8.5], score), english, rng)
    out.write(
        "feedback/surveys.csv",
        {
            "response_id": numbered("N", np.arange(len(rows)) + 1, 6),
            "customer_id": people.number.take(pa.array(person)),
            "email": people.email.take(pa.array(person)), "survey": pa.repeat("nps", len(rows)),
            "answered_at": moments(answered), "received_at": moments(received), "score": score.astype(np.int64),
            "comment": pc.if_else(pa.array(rng.random(len(rows)) < 0.45), words, NOTHING),
            "language": np.where(english, "en", "nl"),
        },
        key="response_id", moment="answered_at",
    )  # fmt: skip


def write_reviews(log: Log, people: People, out: Exports) -> None:
    """Write ``feedback/reviews.csv`` and ``social/social.csv``: who speaks of the shop to others."""
    rng = out.rng(33)
    review = np.flatnonzero(log.shares["sort"] == 0)
    person = log.shares["person"][review]
    posted = log.shares["day"][review] * DAY_S + rng.integers(10 * 3_600, 20 * 3_600, size=len(review))
    stars = np.clip(
        np.round(4.1 + 0.4 * log.start.engagement[person] + 0.9 * rng.normal(size=len(review))), 1, 5
    )
    product, goods = pa.array(favourites(person, people, rng)), catalogue()
    english = people.english[person]
    out.write(
        "feedback/reviews.csv",
        {
            "review_id": numbered("V", np.arange(len(review)) + 1, 6),
            "customer_id": people.number.take(pa.array(person)),
            "product_id": goods.number.take(product), "category": goods.category.take(product),
            "posted_at": moments(posted), "stars": stars.astype(np.int64),
            "text": _comment(REVIEWS, np.searchsorted([2.5, 3.5], stars), english, rng),
            "language": np.where(english, "en", "nl"),
        },
        key="review_id", moment="posted_at",
    )  # fmt: skip
    other = np.flatnonzero(log.shares["sort"] > 0)
    rows = pa.array(log.shares["person"][other])
    referral = log.shares["sort"][other] == 2
    told = log.shares["day"][other] * DAY_S + rng.integers(10 * 3_600, 20 * 3_600, size=len(other))
    by_mail = pa.array(rng.random(len(other)) < 0.2)
    network = np.where(
        referral,
        "whatsapp",
        np.array(["instagram", "facebook", "pinterest"])[rng.integers(3, size=len(other))],
    )
    out.write(
        "social/social.csv",
        {
            "event_id": numbered("D", np.arange(len(other)) + 1, 6),
            "customer_id": pc.if_else(by_mail, NOTHING, people.number.take(rows)), "email": people.email.take(rows),
            "at": moments(told), "type": np.where(referral, "referral", "share"), "network": network,
            "campaign": pc.if_else(pa.array(referral), "vriend_van", NOTHING),
            "text": pa.nulls(len(other), pa.string()),
        },
        key="event_id", moment="at",
    )  # fmt: skip


def _words(
    texts: tuple[tuple[tuple[str, str], ...], ...], pick: Ints, english: Mask
) -> tuple[pa.Array, pa.Array]:
    place = pa.array(pick * 2 + english)
    flat = [pair for both in texts for pair in both]
    return pa.array([pair[0] for pair in flat]).take(place), pa.array([pair[1] for pair in flat]).take(place)


def _comment(
    texts: dict[str, tuple[tuple[str, str], ...]], rank: Ints, english: Mask, rng: np.random.Generator
) -> pa.Array:
    """Pick a text by mood, and half of the time a word more; ``rank`` 0 is the worst."""
    out = pa.nulls(len(rank), pa.string())
    first, second, longer = rng.random((3, len(rank)))
    for place, mood in enumerate(reversed(MOODS)):
        words = _drawn(texts[mood], first, english)
        both = pc.binary_join_element_wise(words, _drawn(MORE[mood], second, english), " ")
        words = pc.if_else(pa.array(longer < 0.5), both, words)
        out = pc.if_else(pa.array(rank == place), words, out)
    return out


def _drawn(pool: tuple[tuple[str, str], ...], draw: Floats, english: Mask) -> pa.Array:
    pick = np.floor(draw * len(pool)).astype(np.int64)
    return pa.array([text for pair in pool for text in pair]).take(pa.array(pick * 2 + english))
