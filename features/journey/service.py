"""What customers say and ask: tickets and waiting, ratings, tone, recommendations; and the mails they get."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from features.contract import DAY_US
from features.history import Floats, Ints, Mask
from features.journey.log import Log, Moments, last_before
from features.journey.scopes import Scopes

#: Counts of one kind of event: measure, kind.
PLAIN = (
    ("product_views", "product_view"), ("sign_ups", "subscribe"), ("tickets", "ticket_open"),
    ("reviews", "review"), ("referrals", "referral"), ("shares", "share"),
)  # fmt: skip
#: A ticket that closes later than this after the customer's last ticket was opened belongs to none we know.
TICKET_US = 90 * DAY_US
#: An open or click later than this is not counted for the mail.
MAIL_US = 28 * DAY_US


def plain_measures(log: Log, scopes: Scopes) -> Iterator[tuple[str, Floats]]:
    """Count events of one kind per scope and customer."""
    for name, kind in PLAIN:
        yield name, scopes.per_customer(log.moments.take(log.of(kind)))


def service_measures(log: Log, scopes: Scopes) -> Iterator[tuple[str, Floats]]:
    """Give hours waited per ticket, and the ratings of service (stars of anything but a review)."""
    opened, hours = waiting(log)
    yield "tickets_waited", scopes.per_customer(opened)
    yield "hours_waited", scopes.per_customer(opened, hours)
    rated = np.isfinite(log.rating)
    served = rated & ~log.nps & ~log.of("review")
    yield from _pair(log, scopes, served, "satisfaction_answers", "satisfied", log.rating >= 4)


def waiting(log: Log) -> tuple[Moments, Floats]:
    """Give for each ticket that was closed when it was opened, and the hours waited.

    A ``duration_s`` on the closing is the waiting time; else it is the time from the customer's last opened
    ticket. Of a ticket whose opening is not known the moment is that of the closing.
    """
    closing = np.flatnonzero(log.of("ticket_close"))
    opened, closed = log.moments.take(log.of("ticket_open")), log.moments.take(closing)
    place = last_before(opened, closed, TICKET_US)
    began = closed.us.copy()
    began[place >= 0] = opened.us[place[place >= 0]]
    told = log.duration[closing]
    seconds = np.where(told > 0, told, (closed.us - began) / 1e6)
    waited = (told > 0) | (place >= 0)
    return Moments(closed.row[waited], began[waited]), seconds[waited] / 3600


def feedback_measures(log: Log, scopes: Scopes) -> Iterator[tuple[str, Floats]]:
    """Give answers to "would you recommend us", stars of reviews, and the tone of what was written."""
    rated = np.isfinite(log.rating)
    asked = rated & log.nps
    # NPS: promoters (9, 10) minus detractors (0-6), of all answers.
    yield from _pair(log, scopes, asked, "nps_answers", "nps_balance",
                     (log.rating >= 9).astype(np.float64) - (log.rating <= 6))  # fmt: skip
    reviewed = rated & ~log.nps & log.of("review")
    yield from _pair(log, scopes, reviewed, "rated_reviews", "review_stars", log.rating)
    yield from _pair(log, scopes, np.isfinite(log.sentiment), "toned", "tone", log.sentiment)


def mail_measures(log: Log, scopes: Scopes) -> Iterator[tuple[str, Floats]]:
    """Give mails sent, and how many were opened and clicked (a click opens).

    An open or click counts for the last mail of that campaign that was sent to the customer before it.
    """
    sent_event = np.flatnonzero(log.of("email_sent"))
    # One row per customer and campaign instead of per customer.
    width = int(log.campaign.max(initial=-1)) + 2
    pair = log.moments.row * width + log.campaign + 1
    order = np.lexsort((log.moments.us[sent_event], pair[sent_event]))
    sent = Moments(pair[sent_event][order], log.moments.us[sent_event][order])
    mails = log.moments.take(sent_event)
    yield "mails", scopes.per_customer(mails)
    for name, kinds in (("mails_opened", ("email_open", "email_click")), ("mails_clicked", ("email_click",))):
        event = np.flatnonzero(log.of(*kinds))
        place = last_before(sent, Moments(pair[event], log.moments.us[event]), MAIL_US)
        hit = np.zeros(len(sent_event))
        hit[order[place[place >= 0]]] = 1.0
        yield name, scopes.per_customer(mails, hit)


def _pair(
    log: Log, scopes: Scopes, keep: Mask, below: str, above: str, values: Floats | Mask | Ints
) -> Iterator[tuple[str, Floats]]:
    moments = log.moments.take(keep)
    yield below, scopes.per_customer(moments)
    yield above, scopes.per_customer(moments, np.asarray(values, dtype=np.float64)[keep])
