"""Export of the e-mail platform: every message sent, and what came of it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.demo_shop.effects import ACTIONS
from pipelines.demo_shop.exports.files import Exports, moments, numbered
from pipelines.demo_shop.exports.people import People
from pipelines.demo_shop.log import DAY_S, Log
from pipelines.demo_shop.state import Ints
from pipelines.demo_shop.texts import SITE

UTC = "%Y-%m-%dT%H:%M:%SZ"
SENT_S = 6 * 3_600 + 300


def write_mail_log(log: Log, people: People, out: Exports) -> None:
    """Write ``mail/mail_log.csv``, in the order in which things happened."""
    rng = out.rng(20)
    mails = log.mails
    count = len(mails["person"])
    sent = mails["day"] * DAY_S + SENT_S + rng.integers(0, 1_500, size=count)
    clicked = np.flatnonzero(mails["click_s"] >= 0)
    opened = np.flatnonzero(mails["open_day"] >= 0)
    at = mails["open_day"] * DAY_S + 7 * 3_600 + rng.integers(0, 14 * 3_600, size=count)
    at = np.where(mails["open_day"] == mails["day"], np.maximum(at, sent + 60), at)
    # Who clicks has opened the message just before.
    at = np.where(mails["click_s"] >= 0, mails["click_s"] - 40, at)
    bounced, arrived = np.flatnonzero(mails["bounced"]), np.flatnonzero(~mails["bounced"].astype(bool))
    gone = np.flatnonzero(mails["unsubscribed"])
    spam = rng.random(len(gone)) < 0.06
    parts = [
        (np.arange(count), sent, "sent"), (arrived, sent[arrived] + 4, "delivered"),
        (bounced, sent[bounced] + 9, "bounce"), (opened, at[opened], "open"),
        (clicked, mails["click_s"][clicked], "click"),
        (gone[~spam], sent[gone[~spam]] + 7_200, "unsubscribe"), (gone[spam], sent[gone[spam]] + 7_200, "spam"),
    ]  # fmt: skip
    row = np.concatenate([rows for rows, _, _ in parts])
    second = np.concatenate([moment for _, moment, _ in parts])
    word = np.concatenate([np.full(len(rows), name) for rows, _, name in parts])
    order = np.lexsort((row, second))
    row, second, word = row[order], second[order], word[order]
    url = np.where(word == "click", f"{SITE}/actie?utm_source=nieuwsbrief&utm_medium=email", "")
    out.write(
        "mail/mail_log.csv",
        {
            "message_id": numbered("M", row + 1, 8),
            "campaign": campaign_names(mails["action"][row], mails["week"][row]),
            "email": people.email.take(pa.array(mails["person"][row])), "event": word,
            "at": moments(second, UTC, "utc"),
            "url": url,
        },
        key="message_id", moment="at", share=0.0001,
    )  # fmt: skip


def campaign_names(action: Ints, week: Ints) -> pa.Array:
    """Name the campaign: the action, or the shop's own newsletter, and the week."""
    names = pa.array(["nieuwsbrief", *(f"{word}_actie" for word in ACTIONS[1:])]).take(pa.array(action))
    return pc.binary_join_element_wise(names, pa.array(week + 1).cast(pa.string()), "_w")
