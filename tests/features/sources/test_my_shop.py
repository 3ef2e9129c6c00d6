"""The example ``conf/sources/my_shop.yaml``: what its parts tell comes together in one customer."""

from __future__ import annotations

import importlib.util
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from features.ingest import ingest
from features.settings import SourceSettings

NOW_US = int(datetime(2024, 6, 1, tzinfo=UTC).timestamp()) * 1_000_000
FOLDERS = {
    "shop": "web_shop",
    "till": "point_of_sale",
    "loyalty": "loyalty",
    "advertising": "ad_costs",
    "decisions": "decision_log",
}


def write(kind: str, folder: Path) -> None:
    path = Path(__file__).parent / "fixtures" / f"{kind}.py"
    spec = importlib.util.spec_from_file_location(f"fixture_{kind}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    folder.mkdir(parents=True)
    module.write(folder)


@pytest.fixture
def settings(repo: Path) -> SourceSettings:
    text = yaml.safe_load((repo / "conf" / "sources" / "my_shop.yaml").read_text(encoding="utf-8"))
    return SourceSettings.model_validate_json(json.dumps(text | {"id_key": "public"}, default=str))


def run(settings: SourceSettings, root: Path) -> dict[str, Any]:
    return ingest(
        "my_shop", settings, root, root / "canonical", root / "ids.parquet", now_us=NOW_US, threads=1
    )


def table(root: Path, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(root / "canonical" / f"{name}.parquet").to_pylist()
    return rows


def test_what_was_bought_in_the_shop_and_on_the_web_is_of_one_customer(
    settings: SourceSettings, tmp_path: Path
) -> None:
    for folder, kind in FOLDERS.items():
        write(kind, tmp_path / "data" / "raw" / "my_shop" / folder)
    meta = run(settings, tmp_path)
    ids = pq.read_table(tmp_path / "ids.parquet").to_pylist()
    own = next(row["customer_id"] for row in ids if row["source_id"] == "K1")
    bought = {
        (row["source"], row["channel"])
        for row in table(tmp_path, "events")
        if row["customer_id"] == own and row["kind"] == "purchase"
    }
    assert bought == {("shop", "web"), ("till", "store")}
    assert {row["action"] for row in table(tmp_path, "decisions") if row["customer_id"] == own} == {"coupon"}
    tiers = [row for row in table(tmp_path, "customers") if row["attribute"] == "loyalty_tier"]
    assert [(row["value"], row["customer_id"]) for row in tiers] == [("gold", own)]
    assert sum(row["amount"] for row in table(tmp_path, "costs")) == pytest.approx(12.5 + 3 + 900)
    assert meta["actions"] == ["none", "newsletter", "coupon", "service_call"]
    assert {file["file"] for file in meta["counts"]["files"]} == {
        "shop/orders.csv", "shop/order_lines.csv", "shop/returns.csv", "till/receipts.csv", "loyalty/members.csv",
        "loyalty/points.csv", "advertising/costs.csv", "decisions/decisions.csv",
    }  # fmt: skip


def test_parts_that_are_not_there_are_left_out(settings: SourceSettings, tmp_path: Path) -> None:
    write("web_shop", tmp_path / "data" / "raw" / "my_shop" / "shop")
    meta = run(settings, tmp_path)
    assert not meta["has_decisions"] and table(tmp_path, "costs") == table(tmp_path, "decisions") == []
    assert {row["source"] for row in table(tmp_path, "events")} == {"shop"}
