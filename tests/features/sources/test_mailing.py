"""The log of an e-mail platform."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

HEADER = "message_id,campaign,email,event,at,url\n"
Make = Callable[..., Any]


def one(event: str, address: str = "jan@example.nl", at: str = "2024-01-02T10:00:00Z", url: str = "") -> str:
    return f"m1,spring,{address},{event},{at},{url}\n"


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("sent", "email_sent"), ("delivered", "email_delivered"), ("Open", "email_open"), ("clicked", "email_click"),
        ("hard_bounce", "email_bounce"), ("unsubscribe", "unsubscribe"), ("spam", "unsubscribe"),
    ],
)  # fmt: skip
def test_each_event_has_its_kind(export: Make, micros: Callable[[str], int], word: str, kind: str) -> None:
    (event,) = export("mailing", {"mail_log.csv": HEADER + one(word)}).rows("events")
    assert (event["kind"], event["channel"], event["campaign"]) == (kind, "email", "spring")
    assert event["occurred_us"] == event["known_us"] == micros("2024-01-02T10:00:00")
    assert event["source_id"].startswith("email:") and "jan" not in event["source_id"]


def test_what_happens_to_a_message_is_no_behaviour(export: Make) -> None:
    from features.contract import CIRCUMSTANCES, TREATMENTS

    rows = export("mailing", {"mail_log.csv": HEADER + one("sent") + one("delivered") + one("bounce")})
    kinds = [row["kind"] for row in rows.rows("events")]
    assert kinds[0] in TREATMENTS and set(kinds[1:]) <= set(CIRCUMSTANCES)
    # The arrival of a newsletter is not that of a parcel, which journeys have a phase for.
    assert "delivery" not in kinds


def test_only_a_stated_wish_says_anything_about_consent(export: Make, micros: Callable[[str], int]) -> None:
    log = one("sent") + one("open") + one("unsubscribe", at="2024-02-01T00:00:00Z")
    log += one("spam", "piet@example.nl") + one("subscribe", "kees@example.nl")
    found = export("mailing", {"mail_log.csv": HEADER + log}).rows("attributes")
    assert [(row["attribute"], row["value"]) for row in found] == [
        ("consent_email", "denied"), ("consent_email", "denied"), ("consent_email", "granted"),
    ]  # fmt: skip
    assert found[0]["known_us"] == micros("2024-02-01T00:00:00") and not found[0]["sensitive"]


def test_an_open_counts_once_a_second_per_message_and_link(export: Make) -> None:
    rows = [
        one("open", at="2024-01-02T10:00:00.100Z"),
        one("open", "JAN@example.nl", at="2024-01-02T10:00:00.900Z"),
        one("open", at="2024-01-02T10:00:01.000Z"),
        one("click", at="2024-01-02T10:00:01.000Z", url="a"),
        one("click", at="2024-01-02T10:00:01.000Z", url="b"),
        one("open", at="2024-01-02T10:00:00.100Z").replace("m1", "m2"),
    ]
    ids = [
        row["event_id"] for row in export("mailing", {"mail_log.csv": HEADER + "".join(rows)}).rows("events")
    ]
    assert ids[0] == ids[1] and len(set(ids)) == 5


def test_malformed_rows_are_rejected_with_a_reason(export: Make) -> None:
    rows = [
        one("open", "jan at example"), one("open", ""), one("teleported"), one(""), one("open", at="soon"),
        one("open", at=""), one("open", at="2030-01-01T00:00:00Z"), one("open", at="1960-01-01T00:00:00Z"),
    ]  # fmt: skip
    reasons = export("mailing", {"mail_log.csv": HEADER + "".join(rows)}).reasons("mail_log")
    assert [(reason or "")[:27] for reason in reasons] == [
        "email is not an address", "customer is missing", "event is not one of sent, d", "event is missing",
        "at cannot be read as a date", "at is missing", "at lies in the future", "at lies before 1970",
    ]  # fmt: skip


def test_a_missing_column_is_named_with_the_key(export: Make) -> None:
    message = export("mailing", {"mail_log.csv": "email,at\nx@y.nl,2024-01-01\n"}).refused()
    assert "mail_log.csv" in message and "'event'" in message and "options.columns.mail_log.event" in message


def test_other_words_columns_delimiter_and_byte_order_mark(export: Make) -> None:
    text = "\ufeffAdres;Soort;Wanneer;Klant\njan@example.nl;geopend;02-01-2024 10:00;K1\n"
    columns = {"email": "Adres", "event": "Soort", "at": "Wanneer", "customer_id": "Klant"}
    found = export(
        "mailing",
        {"export.csv": text},
        files={"mail_log": "export.csv"},
        columns={"mail_log": columns},
        events={"geopend": "open"},
        date_format="%d-%m-%Y %H:%M",
    )
    (event,), (link,) = found.rows("events"), found.rows("links")
    assert (event["source_id"], event["kind"]) == ("K1", "email_open")
    assert (link["anonymous_source_id"][:6], link["source_id"]) == ("email:", "K1")


def test_an_unknown_word_of_the_options_is_refused(export: Make) -> None:
    message = export("mailing", {"mail_log.csv": HEADER + one("open")}, events={"x": "read"}).refused()
    assert "options.events" in message and "'read'" in message and "unsubscribe" in message


def test_a_campaign_that_holds_an_address_is_left_out(export: Make) -> None:
    row = one("open").replace("spring", "to jan@example.nl")
    (event,) = export("mailing", {"mail_log.csv": HEADER + row}).rows("events")
    assert event["campaign"] is None
