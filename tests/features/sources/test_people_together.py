"""CRM, mail, service, feedback and social as parts of one shop, read with the settings that ship."""

from __future__ import annotations

import importlib.util
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from features.contract import EVENTS
from features.ingest import ingest
from features.settings import SourceSettings

NOW_US = int(datetime(2024, 6, 1, tzinfo=UTC).timestamp()) * 1_000_000
FIXTURES = Path(__file__).parent / "fixtures"
FOLDERS = {
    "crm": "hubspot", "mail": "mailing", "service": "service", "feedback": "feedback", "social": "social",
}  # fmt: skip


def fixture(kind: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"together_{kind}", FIXTURES / f"{kind}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, repo: Path) -> Path:
    """A project in which every part of my_shop.yaml that is about people has its export."""
    folder = tmp_path_factory.mktemp("together")
    for name, kind in FOLDERS.items():
        (folder / "data/raw/my_shop" / name).mkdir(parents=True)
        fixture(kind).write(folder / "data/raw/my_shop" / name)
    text = yaml.safe_load((repo / "conf/sources/my_shop.yaml").read_text(encoding="utf-8"))
    settings = SourceSettings.model_validate_json(json.dumps({**text, "id_key": "public"}, default=str))
    ingest(
        "my_shop", settings, folder, folder / "canonical", folder / "ids.parquet", now_us=NOW_US, threads=1
    )
    return folder


def rows(shop: Path, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(shop / f"{table}.parquet").to_pylist()
    return found


def test_every_row_is_accounted_for(shop: Path) -> None:
    counts = json.loads((shop / "canonical/meta.json").read_text())["counts"]
    for key in ("rows_in", "kept", "quarantined", "deduplicated"):
        assert counts[key] == sum(fixture(kind).COUNTS[key] for kind in FOLDERS.values())


def test_no_address_name_or_text_is_in_any_file_that_ingest_writes(shop: Path) -> None:
    tables = [
        path for path in [*(shop / "canonical").glob("*.parquet"), shop / "ids.parquet"]
        if path.name != "quarantine.parquet"
    ]  # fmt: skip
    assert len(tables) >= 6
    written = b"".join(path.read_bytes() for path in tables) + (shop / "canonical/meta.json").read_bytes()
    said = written.decode("latin-1").lower() + json.dumps(
        [pq.read_table(path).to_pylist() for path in tables]
    )
    for kind in FOLDERS.values():
        for secret in fixture(kind).SECRETS:
            assert secret.lower() not in said.lower(), f"{secret!r} of {kind}"


def test_rejected_rows_show_no_address(shop: Path) -> None:
    raw = json.dumps(rows(shop, "canonical/quarantine"))
    addresses = [one for kind in FOLDERS.values() for one in fixture(kind).SECRETS if one.count("@") == 1]
    assert addresses and not [one for one in addresses if one in raw and "." in one.split("@")[1]]


def test_what_an_address_did_is_what_its_customer_did(shop: Path) -> None:
    """The unsubscribed piet@ is the contact hubspot:102; jan@ is K1 since a ticket, survey or share said so."""
    ids = {row["source_id"]: row["customer_id"] for row in rows(shop, "ids")}
    events = rows(shop, "canonical/events")
    bounced = [row for row in events if row["kind"] == "email_bounce" and row["until_us"] is None]
    assert [row["customer_id"] for row in bounced] == [ids["hubspot:102"]]
    surveys = [row for row in events if row["kind"] == "survey" and row["until_us"] is None]
    assert {row["customer_id"] for row in surveys} == {ids["K1"]}
    assert len({row["person_id"] for row in surveys}) == 1


def test_refusals_hold_for_the_customer(shop: Path) -> None:
    ids = {row["source_id"]: row["customer_id"] for row in rows(shop, "ids")}
    consent = [row for row in rows(shop, "canonical/customers") if row["attribute"] == "consent_email"]
    newest = {row["customer_id"]: row["value"] for row in sorted(consent, key=lambda row: row["known_us"])}
    assert ids["K1"] not in newest and newest[ids["hubspot:102"]] == "denied"


def test_waiting_and_sentiment_reach_the_events(shop: Path) -> None:
    events = rows(shop, "canonical/events")
    assert pq.read_schema(shop / "canonical/events.parquet").equals(EVENTS)
    closed = [row for row in events if row["kind"] == "ticket_close" and row["duration_s"]]
    assert closed and all(row["duration_s"] == 86_400.0 for row in closed)
    moods = [row["sentiment"] for row in events if row["sentiment"] is not None]
    assert min(moods) < 0 < max(moods) and all(-1 <= mood <= 1 for mood in moods)


def test_a_deal_is_the_customers_only_when_the_crm_was_told_the_number(shop: Path) -> None:
    """Contact 101 asked and bought in January; that they are K1 stands in a row changed on 1 February."""
    ids = {row["source_id"]: row["customer_id"] for row in rows(shop, "ids")}
    changed = int(datetime(2024, 2, 1, 9, tzinfo=UTC).timestamp()) * 1_000_000
    own, customer = ids["hubspot:101"], ids["K1"]
    deals = [
        row for row in rows(shop, "canonical/events")
        if row["source"] == "crm" and row["customer_id"] in (own, customer)
    ]  # fmt: skip
    before = [row for row in deals if row["known_us"] < changed]
    after = [row for row in deals if row["known_us"] >= changed]
    assert {row["kind"] for row in before} == {"quote_request", "other"}
    assert {(row["customer_id"], row["until_us"]) for row in before} == {(own, changed)}
    assert {(row["customer_id"], row["known_us"], row["until_us"]) for row in after} == {
        (customer, changed, None)
    }
    assert len(before) == len(after) == 3
