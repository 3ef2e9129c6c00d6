"""The five days up to the purchase of ten random buyers, traced by hand against the raw export.

Everything expected here is worked out from the raw Parquet files with plain SQL and loops; nothing of the adapter is
used but its result.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml

from features.ingest import ingest
from features.plan import Plan
from features.planning import make_plan
from features.settings import CutoffSettings, FeatureSettings, JourneySettings, SourceSettings
from features.table import build

pytestmark = pytest.mark.real_data
DAY_US = 86_400_000_000
#: By hand: what each event of the sample is to a shop.
KIND = {
    "page_view": "page_view", "scroll": "content_view", "view_item_list": "content_view",
    "select_item": "content_view", "view_search_results": "search", "view_item": "product_view",
    "add_to_cart": "cart_add", "begin_checkout": "checkout", "add_shipping_info": "checkout",
    "add_payment_info": "checkout", "purchase": "purchase", "view_promotion": "ad_impression",
    "select_promotion": "ad_click", "user_engagement": "other", "session_start": "other", "first_visit": "other",
    "click": "other",
}  # fmt: skip
UNSAID = (None, "", "(not set)", "<Other>", "(data deleted)", "Not available in demo dataset")


@dataclass
class World:
    """Ten buyers among other users: the raw rows of all their days, and what ingest made of them."""

    raw: dict[str, list[dict[str, Any]]]
    events: pd.DataFrame
    plan: Plan
    log: Any
    customer: dict[str, int]

    def bought(self, user: str) -> int:
        """The moment of the first purchase."""
        return min(int(row["moment"]) for row in self.raw[user] if row["name"] == "purchase")

    def features(self, user: str, cutoff_us: int) -> dict[str, Any] | None:
        plan = self.plan.model_copy(update={"as_of_us": cutoff_us, "cutoffs": {}})
        table, _ = build(self.log, plan)
        found = [row for row in table.to_pylist() if row["customer_id"] == self.customer[user]]
        return found[0] if found else None


@pytest.fixture(scope="module")
def world(data_dir: Path, repo: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("ga4_paths")
    (folder / "raw").mkdir()
    db = duckdb.connect()
    db.execute("set threads = 1")
    files = sorted((data_dir / "ga4_sample").glob("events_*.parquet"))
    every = f"read_parquet({[str(file) for file in files]})"
    people = db.sql(f"select distinct user_pseudo_id, event_name = 'purchase' from {every}").fetchall()
    rng = np.random.default_rng(20201127)
    buyers = sorted(rng.choice(sorted(user for user, buys in people if buys), 10, replace=False).tolist())
    others = rng.choice(sorted({user for user, _ in people} - set(buyers)), 200, replace=False).tolist()
    db.execute("create table chosen as select unnest(?) as who", [[*buyers, *others]])
    for file in files:
        rows = f"select * from '{file}' where user_pseudo_id in (select who from chosen)"
        db.execute(f"copy ({rows}) to '{folder / 'raw' / file.name}' (format parquet)")

    def param(key: str) -> str:
        return f"list_filter(event_params, lambda one: one.key = '{key}')[1].value.int_value"

    found = db.execute(
        "select user_pseudo_id, event_timestamp, event_name, items, ecommerce.transaction_id, "
        f"ecommerce.purchase_revenue_in_usd, {param('ga_session_id')}, {param('engagement_time_msec')} "
        f"from {every} where user_pseudo_id in (select unnest(?)) order by all",
        [buyers],
    ).fetchall()
    names = ("user", "moment", "name", "items", "order", "revenue", "session", "msec")
    raw: dict[str, list[dict[str, Any]]] = {user: [] for user in buyers}
    for values in found:
        row = dict(zip(names, values, strict=True))
        raw[row["user"]].append(row)
    return _ingested(folder, repo, raw)


def _ingested(folder: Path, repo: Path, raw: dict[str, list[dict[str, Any]]]) -> World:
    text = yaml.safe_load((repo / "conf" / "sources" / "ga4.yaml").read_text(encoding="utf-8"))
    source = SourceSettings.model_validate_json(json.dumps({**text, "path": ["raw"], "id_key": "public"}))
    canonical, ids = folder / "canonical", folder / "ids.parquet"
    meta = ingest("ga4", source, folder, canonical, ids, now_us=2**51, threads=1)
    customer = {
        row["source_id"].removeprefix("browser:"): row["customer_id"]
        for row in pq.read_table(ids).to_pylist()
    }
    journey = yaml.safe_load((repo / "conf" / "journeys" / "five_phase.yaml").read_text(encoding="utf-8"))
    families = FeatureSettings(families=("recency", "frequency"), windows_days=(7, 28))
    plan = make_plan(
        meta,
        families,
        CutoffSettings(),
        (),
        JourneySettings.model_validate(journey, strict=False),
        source.rhythm,
    )
    log = pq.read_table(canonical / "events.parquet")
    mine = log.filter(np.isin(log["customer_id"].to_numpy(), [customer[user] for user in raw]))
    return World(raw, mine.to_pandas(), plan, mine, customer)


def kind_by_hand(row: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    """An order with the transaction of an earlier one is the same order, told again."""
    if row["name"] == "purchase" and row["order"] not in UNSAID:
        tellings = [
            one["moment"] for one in rows if one["name"] == "purchase" and one["order"] == row["order"]
        ]
        if row["moment"] > min(tellings):
            return "other"
    return KIND[row["name"]]


def category_by_hand(row: dict[str, Any]) -> str | None:
    """The last part of the category of the dearest item that has one."""
    best, word = -1.0, None
    for item in row["items"] or []:
        price = item["price_in_usd"] if item["price_in_usd"] is not None else item["price"]
        worth = (price or 0.0) * (item["quantity"] or 0)
        if item["item_category"] not in UNSAID and worth > best:
            best, word = worth, item["item_category"]
    if word is None:
        return None
    return [part for part in re.split(r"(?<! )/(?! )", word) if part][-1]


def numbered(sessions: list[Any]) -> list[int]:
    """Number sessions in the order in which they come."""
    order: dict[Any, int] = {}
    return [order.setdefault(session, len(order) + 1) for session in sessions]


def test_the_path_to_the_purchase_is_that_of_the_raw_export(world: World) -> None:
    lengths = []
    for user, rows in world.raw.items():
        bought = world.bought(user)
        start = (bought // DAY_US - 4) * DAY_US
        by_hand = sorted(
            (
                (row["moment"], kind_by_hand(row, rows), row["session"], category_by_hand(row),
                 row["revenue"] if kind_by_hand(row, rows) == "purchase" else None,
                 None if row["msec"] is None else row["msec"] / 1000)
                for row in rows if start <= row["moment"] <= bought
            ),
            key=repr,
        )  # fmt: skip
        mine = world.events[world.events["customer_id"] == world.customer[user]]
        mine = mine[mine["occurred_us"].between(start, bought)]
        columns = ["occurred_us", "kind", "session_id", "category", "value", "duration_s"]
        path = mine[columns].astype(object).where(mine[columns].notna(), None)
        # Events of one moment have no order of their own: the session goes last in the comparison.
        found = sorted(
            path.itertuples(index=False, name=None), key=lambda one: (one[0], one[1], repr(one[3:]))
        )
        wanted = sorted(by_hand, key=lambda one: (one[0], one[1], repr(one[3:])))
        assert [(*one[:2], *one[3:]) for one in found] == [(*one[:2], *one[3:]) for one in wanted], user
        assert numbered([one[2] for one in found]) == numbered([one[2] for one in wanted]), user
        assert found[-1][0] == bought and "purchase" in [one[1] for one in found if one[0] == bought]
        lengths.append(len(found))
    assert min(lengths) >= 2 and sum(lengths) > 200, lengths


def test_the_features_right_after_the_purchase(world: World) -> None:
    for user, rows in world.raw.items():
        cutoff = (world.bought(user) // DAY_US + 1) * DAY_US
        seen = [(row["moment"], kind_by_hand(row, rows)) for row in rows if row["moment"] < cutoff]
        found = world.features(user, cutoff)
        assert found is not None
        assert found["frequency__orders"] == len({moment for moment, kind in seen if kind == "purchase"})
        for kind, name in (("purchase", "order"), ("product_view", "product_view"), ("search", "search")):
            days = [(cutoff - moment) / DAY_US for moment, one in seen if one == kind]
            # Nothing seen: as long ago as anybody looks back.
            assert found[f"recency__{name}"] == pytest.approx(min(days, default=730.0), rel=1e-5), (
                user,
                kind,
            )
        for kind in ("cart_add", "page_view", "checkout"):
            in_week = [moment for moment, one in seen if one == kind and moment >= cutoff - 7 * DAY_US]
            assert found[f"frequency__{kind}__7d"] == len(in_week), (user, kind)
        # Just bought, and nothing looked at on a later day: the order keeps them, no matter what came before it.
        assert found["phase"] == "retention"


def test_the_phase_on_the_morning_of_the_purchase(world: World) -> None:
    phases = []
    for user, rows in world.raw.items():
        cutoff = world.bought(user) // DAY_US * DAY_US
        seen = [(row["moment"], KIND[row["name"]]) for row in rows if row["moment"] < cutoff]
        found = world.features(user, cutoff)
        phases.append(phase_by_hand(seen, cutoff))
        assert (None if found is None else found["phase"]) == phases[-1], user
    assert {None} < set(phases)


def phase_by_hand(seen: list[tuple[int, str]], cutoff: int) -> str | None:
    """Read conf/journeys/five_phase.yaml aloud for somebody who never ordered."""
    if not seen:
        return None

    def count(days: int, *kinds: str) -> int:
        return sum(moment >= cutoff - days * DAY_US for moment, kind in seen if kind in kinds)

    if count(14, "cart_add", "checkout"):
        return "decision"
    if (
        count(14, "product_view", "search")
        or count(14, "page_view") >= 8
        or count(14, "ad_click", "content_view") >= 2
    ):
        return "consideration"
    own = ("page_view", "content_view", "search", "product_view", "ad_click", "other")
    return "awareness" if count(28, *own) else "dormant"
