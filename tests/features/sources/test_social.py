"""Social media and referrals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

HEADER = "event_id,customer_id,email,at,type,network,campaign,text\n"
Make = Callable[..., Any]


def test_each_type_has_its_kind_and_channel(export: Make) -> None:
    rows = [
        "1,K1,,2024-01-02,share,instagram,summer,Heel blij met deze winkel",
        "2,K1,,2024-01-02,mention,x,,Slechte service",
        "3,K1,,2024-01-02,follow,instagram,,",
        "4,K1,,2024-01-02,referral,whatsapp,friends,",
    ]
    events = export("social", {"social.csv": HEADER + "\n".join(rows) + "\n"}).rows("events")
    assert [(event["kind"], event["channel"], event["campaign"]) for event in events] == [
        ("share", "social", "summer"), ("other", "social", None), ("other", "social", None),
        ("referral", "referral", "friends"),
    ]  # fmt: skip
    assert events[0]["sentiment"] > 0 > events[1]["sentiment"] and events[2]["sentiment"] is None


def test_words_and_networks_of_ones_own(export: Make) -> None:
    rows = "1,K1,,2024-01-02,repost,nieuwsbrief,,\n2,K1,,2024-01-02,mention,,,\n"
    options = {"types": {"repost": "share", "mention": "share"}, "channels": {"nieuwsbrief": "email"}}
    found = export("social", {"social.csv": HEADER + rows}, **options)
    assert [(event["kind"], event["channel"]) for event in found.rows("events")] == [
        ("share", "email"), ("share", "social"),
    ]  # fmt: skip
    declared = found.source.declaration()
    assert set(declared.channels) >= {"email", "social", "referral"} and "share" in declared.kinds


def test_malformed_rows_are_rejected_with_a_reason(export: Make) -> None:
    rows = [
        ("1,,,2024-01-02,share,x,,", "customer is missing"),
        ("2,,jan,2024-01-02,share,x,,", "email is not an address"),
        ("3,K1,,ooit,share,x,,", "at cannot be read as a date"),
        ("4,K1,,2024-01-02,poke,x,,", "type is not one of share, mention, follow, referral"),
        ("5,K1,,2024-01-02,,x,,", "type is missing"),
        ("6,,jan@example.nl,2024-01-02,share,x,,", None),
    ]
    found = export("social", {"social.csv": HEADER + "\n".join(row for row, _ in rows) + "\n"})
    assert found.reasons("social") == [reason for _, reason in rows]


def test_rows_without_an_id_are_told_apart_by_all_they_say(export: Make) -> None:
    rows = ",K1,,2024-01-02,share,x,,\n,K1,,2024-01-02,share,instagram,,\n,K1,,2024-01-02,share,x,,\n"
    ids = [event["event_id"] for event in export("social", {"social.csv": HEADER + rows}).rows("events")]
    assert ids[0] == ids[2] != ids[1]


def test_missing_columns_and_wrong_options_are_named(export: Make) -> None:
    message = export("social", {"social.csv": "customer_id,at\nK1,2024-01-01\n"}).refused()
    assert "'type'" in message and "options.columns.social.type" in message
    message = export("social", {"social.csv": HEADER}, types={"repost": "retweet"}).refused()
    assert "options.types" in message and "retweet" in message
