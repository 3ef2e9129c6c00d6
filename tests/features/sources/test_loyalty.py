"""The loyalty programme: members, points, whose card it is, and what is quarantined."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

MEMBERS = "card_number,customer_id,email,joined_at,tier\n"
POINTS = "transaction_id,card_number,at,type,points,store\n"
MEMBER = MEMBERS + "900,K1,jan@example.nl,2024-01-02,gold\n"


def test_a_member_joins_and_says_whose_card_and_address_it_is(
    export: Callable[..., Any], micros: Callable[[str], int]
) -> None:
    members = MEMBER + "901,,jan@example.nl,2024-01-03,\n902,K3,,2024-01-04,\n"
    club = export("loyalty", {"members.csv": members, "points.csv": POINTS})
    assert [(row["source_id"], row["kind"], row["channel"]) for row in club.rows("events")] == [
        ("card:900", "subscribe", "store"),
        ("card:901", "subscribe", "store"),
        ("card:902", "subscribe", "store"),
    ]
    links = [(row["anonymous_source_id"], row["source_id"], row["known_us"]) for row in club.rows("links")]
    address = next(one for one, other, _ in links if other == "card:901")
    assert address.startswith("email:") and "jan" not in address
    assert sorted(links) == sorted(
        [
            ("card:900", "K1", micros("2024-01-02")),
            (address, "K1", micros("2024-01-02")),
            (address, "card:901", micros("2024-01-03")),
            ("card:902", "K3", micros("2024-01-04")),
        ]
    )


def test_a_card_is_the_customers_from_when_it_was_linked(
    export: Callable[..., Any], micros: Callable[[str], int]
) -> None:
    """The number was filled in after joining: neither the card nor the tier may carry it before."""
    members = MEMBERS.replace("tier", "linked_at,tier,tier_since") + (
        "900,K1,jan@example.nl,2024-01-02,2024-02-05,gold,2024-01-10\n"
        "901,K2,,2024-01-03,,gold,2024-03-10\n902,K3,,2024-01-04,2023-12-31,,\n"
    )
    club = export("loyalty", {"members.csv": members, "points.csv": POINTS})
    links = [
        (row["anonymous_source_id"].split(":")[0], row["source_id"], row["known_us"])
        for row in club.rows("links")
    ]
    assert sorted(links) == [
        ("card", "K1", micros("2024-02-05")),
        ("card", "K2", micros("2024-01-03")),  # not told: since they joined
        ("card", "K3", micros("2024-01-04")),  # no card is anybody's before it was given out
        ("email", "K1", micros("2024-02-05")),
    ]
    assert [row["known_us"] for row in club.rows("events")] == [
        micros(day) for day in ("2024-01-02", "2024-01-03", "2024-01-04")
    ]
    assert [(row["source_id"], row["known_us"]) for row in club.rows("attributes")] == [
        ("K1", micros("2024-02-05")),
        ("K2", micros("2024-03-10")),
    ]


def test_the_newest_link_tells_when_the_export_was_made(
    export: Callable[..., Any], micros: Callable[[str], int]
) -> None:
    members = MEMBERS.replace("tier", "tier,linked_at") + (
        "900,K1,,2024-01-02,gold,\n901,K2,,2024-01-03,,2024-04-01\n"
    )
    club = export("loyalty", {"members.csv": members, "points.csv": POINTS})
    assert [row["known_us"] for row in club.rows("attributes")] == [micros("2024-04-01")]


def test_points_are_earned_and_spent_whatever_their_sign(export: Callable[..., Any]) -> None:
    rows = (
        "1,900,2024-01-05,Earn,120,Utrecht\n2,900,2024-01-06,redeem,-50,Utrecht\n3,900,2024-01-07,spaar,1,x\n"
    )
    club = export("loyalty", {"members.csv": MEMBER, "points.csv": POINTS + rows}, types={"spaar": "earn"})
    assert [(row["kind"], row["quantity"], row["value"]) for row in club.rows("events")[1:]] == [
        ("loyalty_earn", 120.0, None),
        ("loyalty_redeem", 50.0, None),
        ("loyalty_earn", 1.0, None),
    ]


def test_where_it_happened_is_told_by_channel_then_by_store(export: Callable[..., Any]) -> None:
    points = POINTS.replace("\n", ",channel\n") + (
        "1,900,2024-01-05,earn,1,Utrecht,\n2,900,2024-01-05,earn,1,,\n3,900,2024-01-05,earn,1,Breda,APP\n"
        "4,900,2024-01-05,earn,1,,till\n5,900,2024-01-05,earn,1,,kiosk\n"
    )
    club = export("loyalty", {"members.csv": MEMBER, "points.csv": points}, channels={"till": "store"})
    found = [row["channel"] for row in club.rows("events")]
    assert found == ["store", "store", "web", "app", "store", "other"]


def test_todays_tier_is_not_known_before_the_export_was_made(
    export: Callable[..., Any], micros: Callable[[str], int]
) -> None:
    points = POINTS + "1,900,2024-03-05,earn,120,Utrecht\n2,900,2034-03-05,earn,120,Utrecht\n"
    club = export("loyalty", {"members.csv": MEMBER, "points.csv": points})
    assert [(row["value"], row["known_us"]) for row in club.rows("attributes")] == [
        ("gold", micros("2024-03-05"))
    ]
    since = (
        MEMBERS.replace("tier", "tier,tier_since")
        + "900,K1,,2024-01-02,gold,2024-02-01\n901,,,2024-01-02,gold,\n"
    )
    club = export("loyalty", {"members.csv": since, "points.csv": points})
    assert [(row["source_id"], row["known_us"]) for row in club.rows("attributes")] == [
        ("K1", micros("2024-02-01"))
    ]


def test_a_moment_of_linking_that_cannot_be_read_is_quarantined(export: Callable[..., Any]) -> None:
    members = MEMBERS.replace("tier", "linked_at") + "900,K1,,2024-01-02,soon\n"
    club = export("loyalty", {"members.csv": members, "points.csv": POINTS})
    assert club.reasons("members") == ["linked_at cannot be read as a date"]


@pytest.mark.parametrize(
    ("table", "row", "reason"),
    [
        ("members", ",K1,,2024-01-02,gold", "card_number is missing"),
        ("members", "900,K1,,,gold", "joined_at is missing"),
        ("members", "900,K1,,2024-13-02,gold", "joined_at cannot be read as a date"),
        ("points", "1,,2024-01-05,earn,1,x", "card_number is missing"),
        ("points", "1,900,2024-01-05,,1,x", "type is missing"),
        ("points", "1,900,2024-01-05,burn,1,x", "type is not one of earn, redeem"),
        ("points", "1,900,2024-01-05,earn,many,x", "points is not a number"),
        ("points", "1,900,2024-01-05,earn,,x", "points is missing"),
        ("points", "1,900,2024-01-05,earn,1e13,x", "quantity is impossibly large"),
        ("points", "1,900,0,earn,1,x", "at cannot be read as a date"),
    ],
)
def test_a_bad_row_is_quarantined(table: str, row: str, reason: str, export: Callable[..., Any]) -> None:
    files = {"members.csv": MEMBER, "points.csv": POINTS}
    files[f"{table}.csv"] += row + "\n"
    club = export("loyalty", files)
    assert club.reasons(table)[-1] == reason
    assert len(club.rows("events")) == 1


def test_a_word_for_points_that_means_nothing_is_refused(export: Callable[..., Any]) -> None:
    club = export("loyalty", {"members.csv": MEMBER, "points.csv": POINTS}, types={"burn": "spend"})
    assert "options.types.burn" in club.refused()
