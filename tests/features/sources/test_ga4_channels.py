"""Where a visit came from: GA4's default grouping, per session, as far as it was known."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.contract import CHANNELS
from features.settings import SourceSettings
from features.sources import open_source
from features.sources._ga4_channels import judged
from features.sources._ga4_sessions import Firsts
from features.sources._ga4_words import GROUPS

NOON_US = 1_609_502_400_000_000
PAGE = "https://www.shop.nl/hats?x=1"
Told = Callable[..., list[tuple[str, str | None]]]


def channel(source: str | None, medium: str | None, campaign: str | None = None) -> str | None:
    words = [pa.array([word], pa.string()) for word in (None, source, medium, campaign, "www.shop.nl")]
    found: str | None = judged(*words)[0][0].as_py()
    return found


@pytest.mark.parametrize(
    ("source", "medium", "wanted"),
    [
        ("(direct)", "(none)", "direct"),
        ("google", "organic", "organic_search"),
        ("google", "cpc", "paid_search"),
        ("search.yahoo.com", "referral", "organic_search"),
        ("analytics.google.com", "referral", "referral"),
        ("facebook", "paid_social", "social"),
        ("m.facebook.com", "cpc", "social"),
        ("l.instagram.com", "referral", "social"),
        ("t.co", "referral", "social"),
        ("youtube.com", "cpv", "display"),
        ("youtube.com", "referral", "social"),
        ("newsletter_may", "video", "social"),
        ("some-network", "display", "display"),
        ("some-network", "cpm", "display"),
        ("spotify", "audio", "display"),
        ("tradetracker", "affiliate", "affiliate"),
        ("Partners", "affiliates", "affiliate"),
        ("klaviyo", "E-mail", "email"),
        ("Facebook", "email", "email"),
        ("email", "campaign", "email"),
        ("spring", "sms", "sms"),
        ("app", "mobilepush", "push"),
        ("firebase", "notification", "push"),
        ("beslist.nl", "referral", "referral"),
        ("beslist.nl", "cpc", "paid_search"),
        ("chatgpt.com", "referral", "referral"),
        ("someblog.nl", "referral", "referral"),
        ("somewhere", "flyer", "other"),
        ("shop.nl", "referral", None),
        ("blog.shop.nl", "referral", None),
        ("notshop.nl", "referral", "referral"),
        (None, None, None),
    ],
)
def test_the_default_grouping(source: str | None, medium: str | None, wanted: str | None) -> None:
    assert channel(source, medium) == wanted


def test_cross_network_is_told_by_the_campaign() -> None:
    assert channel("google", "(not set)", "PMax cross-network NL") == "paid_search"


def test_groups_of_ga4_are_channels_of_the_contract() -> None:
    assert set(GROUPS.values()) <= set(CHANNELS)


def row(second: int, session: int | None = 7, user: str = "u.1", **fields: Any) -> dict[str, Any]:
    words = {"page_location": PAGE, **fields.pop("said", {})}
    params = [{"key": key, "value": {"string_value": word, "int_value": None}} for key, word in words.items()]
    if session is not None:
        params.append({"key": "ga_session_id", "value": {"string_value": None, "int_value": session}})
    return {
        "event_name": "page_view",
        "event_timestamp": NOON_US + second * 1_000_000,
        "user_pseudo_id": user,
        "event_params": params,
        **fields,
    }


def write(folder: Path, day: str, rows: Sequence[dict[str, Any]]) -> None:
    (folder / "raw").mkdir(exist_ok=True)
    names = {name: None for one in rows for name in one}
    table = pa.Table.from_pylist([{**names, **one} for one in rows])
    pq.write_table(table, folder / "raw" / f"events_{day}.parquet")


@pytest.fixture
def told(tmp_path: Path) -> Told:
    """Give (channel, campaign) of every row in the folder, by moment."""

    def tell(*rows: dict[str, Any]) -> list[tuple[str, str | None]]:
        if rows:
            write(tmp_path, "20210101", rows)
        rhythm = {"step_days": 7, "churn_horizon_days": 7, "readiness_horizon_days": 7}
        text = {"kind": "ga4", "title": "t", "path": ["raw"], "rhythm": rhythm, "id_key": "public"}
        source = open_source(
            "web", SourceSettings.model_validate_json(json.dumps(text)), tmp_path, now_us=2**51
        )
        found = [
            (event["occurred_us"], event["source_id"], event["channel"], event["campaign"])
            for file in source.raw_files()
            for batch in source.batches(file)
            for event in source.canonical(batch).events.to_pylist()
        ]
        return [(one[2], one[3]) for one in sorted(found, key=lambda one: one[:2])]

    return tell


MAILED = {"source": "news", "medium": "email", "campaign": "spring"}
FIRST = {"source": "google", "medium": "organic", "name": "(organic)"}


def test_a_session_keeps_its_first_source_from_then_on(told: Told) -> None:
    assert told(
        row(0, traffic_source=FIRST),
        row(1, said=MAILED, traffic_source=FIRST),
        row(2, traffic_source=FIRST),
        row(3, said={"source": "bing", "medium": "organic"}, traffic_source=FIRST),
        row(4, session=8, traffic_source=FIRST),
        row(5, session=None, said=MAILED, traffic_source=FIRST),
        row(6, user="u.2"),
    ) == [
        ("organic_search", None),  # nothing later may change what was known then: the user's first source
        ("email", "spring"), ("email", "spring"), ("email", "spring"),
        ("organic_search", None), ("email", "spring"), ("other", None),
    ]  # fmt: skip


def test_a_later_row_changes_no_earlier_one(told: Told) -> None:
    rows = [row(0), row(5, said=MAILED), row(6)]
    before = told(*rows)
    after = told(*rows, row(7, said={"source": "bing", "medium": "cpc"}), row(8, session=9, said=MAILED))
    assert after[:3] == before


def test_how_a_session_is_spread_over_files_does_not_matter(tmp_path: Path, told: Told) -> None:
    rng = np.random.default_rng(5)
    sources = [MAILED, {"source": "bing", "medium": "cpc"}, {"source": "shop.nl", "medium": "referral"}, {}]
    rows = [
        row(int(second), int(rng.integers(3)), f"u.{rng.integers(2)}", said=sources[rng.integers(4)])
        for second in rng.permutation(60)
    ]
    before = told(*rows)
    assert len(set(before)) == 3
    write(tmp_path, "20210101", rows[40:][::-1])
    write(tmp_path, "20210102", rows[:40])
    assert told() == before


def test_the_shop_itself_is_no_source(told: Told) -> None:
    own = {"source": "shop.nl", "medium": "referral"}
    first = {**own, "name": None}
    rows = [
        row(0, said=own),
        row(1, said=MAILED),
        row(2, traffic_source=first),
        row(3, 9, traffic_source=first),
    ]
    assert told(*rows) == [
        ("other", None), ("email", "spring"), ("email", "spring"), ("direct", None),
    ]  # fmt: skip


def test_todays_export_says_it_per_session(told: Told) -> None:
    last, collected = "session_traffic_source_last_click", "collected_traffic_source"
    crossed = {"default_channel_group": "Paid Social", "source": "ig", "medium": "x", "campaign_name": "may"}
    found = told(
        row(0) | {last: {"cross_channel_campaign": crossed}, collected: None},
        row(1) | {last: {"manual_campaign": {"source": "a", "medium": "sms", "campaign_name": "b"}}},
        row(2) | {last: {"google_ads_campaign": {"campaign_id": "1", "campaign_name": "brand"}}},
        row(3, 8) | {last: None, collected: {"manual_source": "a", "manual_medium": "affiliate"}},
    )
    assert found == [("social", "may"), ("sms", "b"), ("paid_search", "brand"), ("affiliate", None)]


def test_what_was_collected_and_a_click_id(told: Told) -> None:
    collected = {"manual_source": None, "manual_medium": None, "manual_campaign_name": "x", "gclid": "abc"}
    found = told(
        row(0, 1, collected_traffic_source=collected),
        row(1, 2, said={"gclid": "abc", "source": "google", "medium": "organic"}),
        row(2, 3, said={"source": "news", "medium": "email", "campaign": "jan@shop.nl"}),
    )
    assert found == [("paid_search", "x"), ("paid_search", None), ("email", None)]


def test_an_app_without_a_source_is_the_app(told: Told) -> None:
    assert told(row(0, platform="ANDROID"), row(1, 8, platform="WEB")) == [("app", None), ("other", None)]


def test_the_first_of_a_key_is_the_same_however_rows_are_split() -> None:
    rng = np.random.default_rng(3)
    rows = pa.table(
        {
            "key": rng.integers(0, 40, 500),
            "moment": rng.integers(0, 30, 500),
            "channel": rng.choice(["direct", "email", "social"], 500),
            "campaign": rng.choice(["a", "b"], 500),
        },
        schema=Firsts.SCHEMA,
    )
    keys, moments = rng.integers(0, 50, 200), rng.integers(0, 30, 200)
    whole, parts = Firsts([rows]), Firsts([rows.slice(300), rows.slice(0, 120), rows.slice(120, 180)])
    for column in ("channel", "campaign"):
        one, other = (each.words(column, each.at(keys, moments)) for each in (whole, parts))
        assert one.equals(other) and 0 < one.null_count < 200
    assert (whole.later(keys, moments) == parts.later(keys, moments)).all()


def test_without_any_first_nothing_is_known() -> None:
    nothing = Firsts([])
    keys = np.array([1, 2])
    assert nothing.at(keys, keys).tolist() == [-1, -1] and not nothing.later(keys, keys).any()
    assert nothing.words("channel", nothing.at(keys, keys)).to_pylist() == [None, None]
