"""The exports: the same bytes twice, remade when they should be, with faults as counted, and without the truth."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines.demo_shop.make import make_demo
from pipelines.demo_shop.settings import DemoSettings

SETTINGS = DemoSettings(customers=500, days=112, missing_days=2)
#: The agreed columns of every file, in order.
COLUMNS = {
    "shop/orders.csv": "order_id,ordered_at,customer_id,email,channel,status,coupon_code,discount,shipping,total",
    "shop/order_lines.csv": "order_id,line_no,product_id,category,quantity,unit_price,discount",
    "shop/returns.csv": "return_id,order_id,line_no,returned_at,quantity,amount,reason",
    "crm/hubspot_deals.csv": "Record ID,Deal Name,Deal Stage,Pipeline,Amount,Create Date,Close Date,"
    "Associated Contact IDs,Deal Type",
    "mail/mail_log.csv": "message_id,campaign,email,event,at,url",
    "service/tickets.csv": "ticket_id,customer_id,email,channel,subject,message,opened_at,first_reply_at,closed_at,"
    "reopened,csat",
    "service/chats.csv": "chat_id,customer_id,browser_id,started_at,ended_at,messages,transcript",
    "feedback/surveys.csv": "response_id,customer_id,email,survey,answered_at,received_at,score,comment,language",
    "feedback/reviews.csv": "review_id,customer_id,product_id,category,posted_at,stars,text,language",
    "social/social.csv": "event_id,customer_id,email,at,type,network,campaign,text",
    "loyalty/members.csv": "card_number,customer_id,email,joined_at,tier",
    "loyalty/points.csv": "transaction_id,card_number,at,type,points,store",
    "pos/receipts.csv": "receipt_id,store,at,card_number,line_no,category,quantity,amount",
    "ads/costs.csv": "day,channel,campaign,impressions,clicks,cost",
    "decisions/decisions.csv": "decision_id,decided_at,customer_id,phase,eligible,action,propensity,policy,explore,"
    "cost,outcome,value",
    "links/merges.csv": "from_space,from_id,to_space,to_id,known_at",
}


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    assert make_demo(SETTINGS, folder / "raw", folder / "truth")
    return folder


def test_two_runs_give_the_same_bytes_and_another_seed_others(made: Path, tmp_path: Path) -> None:
    make_demo(SETTINGS, tmp_path / "raw", tmp_path / "truth")
    assert digests(tmp_path) == digests(made)
    make_demo(SETTINGS.model_copy(update={"seed": 12}), tmp_path / "other", tmp_path / "other_truth")
    one, other = digests(made / "raw"), digests(tmp_path / "other")
    # So few people have no merged accounts: that file is empty in both.
    same = {name for name in one if one[name] == other.get(name)} - {"links/merges.csv"}
    assert not same


def test_it_is_made_only_when_it_must_be(tmp_path: Path) -> None:
    small = DemoSettings(customers=100, days=84)
    raw, truth = tmp_path / "raw", tmp_path / "truth"
    assert make_demo(small, raw, truth)
    assert not make_demo(small, raw, truth)
    # A folder without its specification is half made, whoever left it.
    (raw / "spec.json").unlink()
    (raw / "left_over.csv").write_text("half")
    assert make_demo(small, raw, truth)
    assert not (raw / "left_over.csv").exists()
    assert make_demo(small.model_copy(update={"kappa": 2.0}), raw, truth)
    assert json.loads((raw / "spec.json").read_text())["settings"]["kappa"] == 2.0


def test_files_have_the_agreed_columns(made: Path) -> None:
    found = {
        path.relative_to(made / "raw").as_posix(): path.read_text(encoding="utf-8").split("\n")[0]
        for path in (made / "raw").rglob("*.csv")
    }
    contacts = found.pop("crm/hubspot_contacts.csv").split(",")
    assert found == COLUMNS
    assert {
        "Record ID",
        "Email",
        "Create Date",
        "Marketing contact status",
        "Customer number",
        "Birth year",
    } <= set(contacts)


def test_ga4_days_are_whole_but_for_those_left_out(made: Path) -> None:
    files = sorted((made / "raw/ga4").glob("events_*.parquet"))
    assert len(files) == SETTINGS.days - SETTINGS.missing_days
    table = pq.read_table(files[10])
    assert {"event_params", "items", "ecommerce", "user_id", "privacy_info"} <= set(table.column_names)
    days = set(table["event_date"].to_pylist())
    assert files[10].stem.removeprefix("events_") in days


def test_the_faults_are_counted(made: Path) -> None:
    faults = json.loads((made / "truth/truth.json").read_text())["faults"]
    for name in COLUMNS:
        with (made / "raw" / name).open(encoding="utf-8", newline="") as stream:
            rows = [tuple(row) for row in csv.reader(stream)][1:]
        told = {"repeated": 0, "broken": 0, **faults.get(name, {})}
        assert len(rows) - len(set(rows)) == told["repeated"], name
        broken = sum("31-02-2024" in row or "onbekend" in row for row in rows)
        assert broken == told["broken"], name


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_second_address_says_nothing_about_consent(tmp_path: Path) -> None:
    make_demo(SETTINGS.model_copy(update={"customers": 2_000}), tmp_path / "raw", tmp_path / "truth")
    contacts = rows_of(tmp_path / "raw/crm/hubspot_contacts.csv")
    second = [row for row in contacts if row["Email"].endswith("@werk.example")]
    assert second and {row["Marketing contact status"] for row in second} == {""}
    assert {row["Marketing contact status"] for row in contacts} == {
        "", "Marketing contact", "Non-marketing contact"}  # fmt: skip


def test_clicks_that_are_paid_are_about_those_the_web_measures(made: Path) -> None:
    clicks = sum(
        int(row["clicks"]) for row in rows_of(made / "raw/ads/costs.csv") if row["channel"] == "paid_search"
    )
    came = 0
    for file in (made / "raw/ga4").glob("*.parquet"):
        first = pq.read_table(file, columns=["event_name", "collected_traffic_source"]).to_pylist()
        came += sum(
            row["event_name"] == "session_start" and row["collected_traffic_source"]["manual_medium"] == "cpc"
            for row in first
        )
    assert 0.5 < clicks / came < 2.5


def test_people_write_in_their_own_words_and_mostly_in_dutch(made: Path) -> None:
    reviews = rows_of(made / "raw/feedback/reviews.csv")
    tickets = rows_of(made / "raw/service/tickets.csv")
    assert len({row["text"] for row in reviews}) > len(reviews) / 3
    assert len({row["message"] for row in tickets}) >= min(8, len(tickets) / 3)
    assert sum(row["language"] == "nl" for row in reviews) > 0.75 * len(reviews)


def test_nothing_of_the_truth_can_be_read_from_the_exports(made: Path) -> None:
    columns = set(pq.read_schema(made / "truth/persons.parquet").names)
    assert {"engagement", "thrift", "once"} <= columns
    shown = set(",".join(COLUMNS.values()).split(","))
    assert not shown & {"person", "engagement", "thrift", "once", "order_hazard", "lift"}
    # Numbers are given out in the order of joining: they do not tell the row of the person in the truth.
    people = (
        pq.read_table(made / "truth/persons.parquet", columns=["person", "customer_number"])
        .to_pandas()
        .dropna()
    )
    number = people["customer_number"].str[1:].astype(int)
    early = number <= 150
    assert abs(people["person"][early].corr(number[early], method="spearman")) < 0.25
