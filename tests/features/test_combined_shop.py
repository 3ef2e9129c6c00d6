"""A shop of several exports, whole: whose address is whose, what was said last, which rows are the same."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from features.ingest import ingest
from features.settings import SourceSettings

NOW_US = int(datetime(2024, 6, 1, tzinfo=UTC).timestamp()) * 1_000_000
RHYTHM = {"step_days": 7, "churn_horizon_days": 7, "readiness_horizon_days": 7}
LINKS = "from_space,from_id,to_space,to_id,known_at\n"
COSTS = "day,channel,campaign,impressions,cost\n"
ORDERS = "order_id,ordered_at,customer_id,email,coupon_code,discount,country\n"
LINES = "order_id,line_no,category,quantity,unit_price\n"
Told = dict[str, Any]


class Shop:
    """Parts by name; ``ingest`` writes them out and reads them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.parts: dict[str, Any] = {}

    def part(self, kind: str, files: dict[str, str], /, **options: Any) -> None:
        folder = self.folder / "raw" / kind
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
        self.parts[kind] = {"kind": kind, "folder": kind, "options": {"time_zone": "UTC", **options}}

    def visits(self, *rows: str, **options: Any) -> None:
        mapping = {"columns": {"customer": "who", "occurred": "when"}, "constants": {"kind": "page_view"}}
        text = "\n".join(("who,when", *rows)) + "\n"
        self.part("table", {"visits.csv": text}, files="*.csv", **mapping, **options)

    def ingest(self) -> Told:
        text = {"kind": "combined", "title": "t", "path": ["raw"], "id_key": "public", "rhythm": RHYTHM}
        text["options"] = {"parts": self.parts}
        settings = SourceSettings.model_validate_json(json.dumps(text))
        out = self.folder / "canonical"
        return ingest("shop", settings, self.folder, out, self.ids, now_us=NOW_US, threads=1)

    @property
    def ids(self) -> Path:
        return self.folder / "ids.parquet"

    def table(self, name: str) -> list[Told]:
        rows: list[Told] = pq.read_table(self.folder / "canonical" / f"{name}.parquet").to_pylist()
        return rows


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def consents(shop: Shop, mails: str, links: str) -> list[str]:
    """Give what was known of the consent of the customer, in the order of knowing."""
    shop.visits("K1,2024-01-01T10:00:00")
    shop.part("mailing", {"mail_log.csv": "message_id,email,customer_id,event,at\n" + mails})
    shop.part("links", {"links.csv": LINKS + links})
    shop.ingest()
    customer = next(
        row["customer_id"] for row in pq.read_table(shop.ids).to_pylist() if row["source_id"] == "K1"
    )
    rows = [row for row in shop.table("customers") if row["customer_id"] == customer]
    return [row["value"] for row in rows if row["attribute"] == "consent_email"]


def test_an_old_yes_that_is_learnt_late_does_not_take_a_newer_no_back(shop: Shop) -> None:
    mails = "1,old@shop.nl,,subscribe,2024-01-02T10:00:00\n2,,K1,unsubscribe,2024-01-05T10:00:00\n"
    assert consents(shop, mails, "email,old@shop.nl,customer,K1,2024-01-09T10:00:00\n") == ["denied"]


def test_a_newer_no_of_an_address_goes_before_the_yes_of_the_customer(shop: Shop) -> None:
    mails = (
        "1,old@shop.nl,,unsubscribe,2024-01-02T10:00:00\n"
        "2,,K1,subscribe,2024-01-05T10:00:00\n"
        "3,old@shop.nl,,spam,2024-01-07T10:00:00\n"
    )
    found = consents(shop, mails, "email,old@shop.nl,customer,K1,2024-01-09T10:00:00\n")
    assert found == ["granted", "denied"]


@pytest.mark.parametrize("words", [("subscribe", "unsubscribe"), ("unsubscribe", "subscribe")])
def test_of_yes_and_no_at_one_moment_the_no_stands(shop: Shop, words: tuple[str, str]) -> None:
    mails = "".join(f"{word},,K1,{word},2024-01-05T10:00:00\n" for word in words)
    assert consents(shop, mails, "email,a@shop.nl,customer,K2,2024-01-09T10:00:00\n") == ["denied"]


def test_an_address_as_customer_number_is_the_same_person_everywhere_and_shown_nowhere(shop: Shop) -> None:
    who = "Jan@Shop.nl"
    shop.visits(f"{who},2024-01-01T10:00:00")
    shop.part(
        "web_shop",
        {
            "orders.csv": ORDERS + f"o1,2024-01-02T10:00:00,{who},jan@shop.nl,jan%40shop.nl,1,NL\n",
            "order_lines.csv": LINES + "o1,1,voor jan@shop.nl,1,10\n",
        },
    )
    shop.part(
        "loyalty",
        {
            "members.csv": f"card_number,customer_id,email,joined_at,tier\n9,{who},,2024-01-02T12:00:00,jan@shop.nl\n",
            "points.csv": "transaction_id,card_number,at,type,points\n1,9,2024-01-03T10:00:00,earn,5\n",
        },
    )
    shop.part(
        "decision_log",
        {
            "decisions.csv": f"decided_at,customer_id,eligible,action,phase\n2024-01-04,{who},none,none,jan@shop.nl\n"
        },
        actions=["none"],
    )
    shop.part("ad_costs", {"costs.csv": COSTS + "2024-01-01,email,aan jan@shop.nl,5,10\n"})
    shop.part("links", {"links.csv": LINKS + f"browser,b1,customer,{who},2024-01-05T10:00:00\n"})
    shop.ingest()
    tables = {name: shop.table(name) for name in ("events", "customers", "links", "decisions", "costs")}
    seen = json.dumps(tables) + json.dumps(pq.read_table(shop.ids).to_pylist())
    assert "shop.nl" not in seen.lower()
    still = [row for row in tables["events"] if row["until_us"] is None]
    assert len({row["customer_id"] for row in still}) == 1
    assert Counter(row["kind"] for row in still) == Counter(
        ("page_view", "purchase", "discount", "subscribe", "loyalty_earn")
    )
    assert tables["decisions"][0]["customer_id"] == still[0]["customer_id"]


def test_rows_that_repeat_are_counted_as_such_whatever_they_tell(shop: Shop) -> None:
    shop.visits("K1,2024-01-01T10:00:00")
    order = "o1,2024-01-02T10:00:00,K1,,,,NL\n"
    lines = LINES + "o1,1,a,1,10\n"
    shop.part(
        "web_shop",
        {"orders.csv": ORDERS + order * 2, "orders_2.csv": ORDERS + order, "order_lines.csv": lines},
    )
    link = "browser,b1,customer,K1,2024-01-05T10:00:00\n"
    shop.part("links", {"links.csv": LINKS + link * 2})
    spent = "2024-01-01,email,spring,5,10\n"
    other = "2024-01-01,email,spring,6,10\n"
    shop.part("ad_costs", {"costs.csv": COSTS + spent * 2 + other, "costs_2.csv": COSTS + spent + other})
    counts = shop.ingest()["counts"]
    found = {row["file"]: (row["rows_in"], row["kept"], row["deduplicated"]) for row in counts["files"]}
    assert found["web_shop/orders.csv"] == (2, 1, 1)
    assert found["web_shop/orders_2.csv"] == (1, 0, 1)
    assert found["links/links.csv"] == (2, 1, 1)
    assert found["ad_costs/costs.csv"] == (3, 2, 1)
    assert found["ad_costs/costs_2.csv"] == (2, 0, 2)
    assert [row["amount"] for row in shop.table("costs")] == [20.0]


def test_a_source_that_keeps_repeated_rows_keeps_all_it_spent(shop: Shop) -> None:
    shop.visits("K1,2024-01-01T10:00:00")
    spent = "2024-01-01,email,spring,5,10\n"
    shop.part("ad_costs", {"costs.csv": COSTS + spent * 2}, duplicates="keep")
    shop.ingest()
    assert [row["amount"] for row in shop.table("costs")] == [20.0]
