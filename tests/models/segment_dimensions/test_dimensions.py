from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.contract import DAY_US, EVENTS
from models.reporting.words import Words
from models.segment_dimensions import UNKNOWN, dimensions, registered

FIRST, SECOND = 100 * DAY_US, 128 * DAY_US


def rows() -> pd.DataFrame:
    cutoffs = np.repeat([FIRST, SECOND], 4)
    return pd.DataFrame({"customer_id": [1, 2, 3, 4] * 2, "cutoff_us": cutoffs, "phase": "retention"})


def event(customer: int, day: float, kind: str, category: str | None, known: float | None = None,
          until: float | None = None) -> dict[str, object]:  # fmt: skip
    at = int(day * DAY_US)
    return {
        "event_id": int(customer * 10_000 + day * 10), "customer_id": customer, "person_id": customer,
        "occurred_us": at, "known_us": at if known is None else int(known * DAY_US),
        "until_us": None if until is None else int(until * DAY_US), "kind": kind, "category": category, "source": "x",
    }  # fmt: skip


LOG = [
    event(1, 50, "purchase", "Garden"), event(1, 50, "purchase", "Kitchen"), event(1, 60, "purchase", "Kitchen"),
    event(2, 70, "product_view", "Sleep"), event(2, 71, "product_view", "Sleep"), event(2, 110, "purchase", "Garden"),
    # Told late: bought on day 80, known on day 120.
    event(3, 80, "purchase", "Living", known=120),
    # Known as hers until day 110, then as somebody else's.
    event(4, 90, "purchase", "Books", until=110),
]  # fmt: skip


def interest(folder: Path, log: list[dict[str, object]]) -> list[str]:
    features = folder / "features.parquet"
    if not features.exists():
        rows().to_parquet(features, index=False)
    path = folder / "events.parquet"
    pq.write_table(
        pa.Table.from_pylist(log, schema=pa.schema([field.with_nullable(True) for field in EVENTS])), path
    )
    empty = pd.DataFrame(columns=["customer_id", "attribute", "value", "known_us"])
    return dimensions(rows(), features, empty, [], path)["interest"].tolist()


def test_interest_is_what_was_bought_most_as_known_at_the_cutoff(tmp_path: Path) -> None:
    found = interest(tmp_path, LOG)
    assert found[:4] == ["Kitchen", "Sleep", UNKNOWN, "Books"]
    assert found[4:] == ["Kitchen", "Garden", "Living", UNKNOWN]


def test_a_later_event_changes_nothing(tmp_path: Path) -> None:
    before = interest(tmp_path, LOG)
    later = [event(customer, 128 + i, "purchase", "Toys") for i in range(9) for customer in (1, 2, 3, 4)]
    told_later = [event(1, 10 + i, "purchase", "Toys", known=129) for i in range(9)]
    assert interest(tmp_path, LOG + later + told_later) == before


def test_rows_of_the_log_in_any_order(tmp_path: Path) -> None:
    assert interest(tmp_path, LOG[::-1]) == interest(tmp_path, LOG)


def features(n: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"customer_id": np.arange(n), "cutoff_us": FIRST, "phase": "retention"})
    frame["frequency__orders"] = rng.poisson(1.5, n).astype(float)
    frame["monetary__order_value"] = rng.gamma(2, 20, n)
    frame["recency__order"] = rng.integers(0, 90, n).astype(float)
    frame["frequency__active_days__28d"] = rng.poisson(2, n).astype(float)
    frame["frequency__active_days__84d"] = frame["frequency__active_days__28d"] + rng.poisson(1, n)
    frame["channel__web_share"] = rng.random(n)
    frame["channel__store_share"] = 1 - frame["channel__web_share"]
    return frame


def test_bands_come_from_the_features_of_everybody(tmp_path: Path) -> None:
    everybody = features()
    everybody.to_parquet(tmp_path / "features.parquet", index=False)
    some = everybody.iloc[::5][["customer_id", "cutoff_us", "phase"]].reset_index(drop=True)
    empty = pd.DataFrame(columns=["customer_id", "attribute", "value", "known_us"])
    found = dimensions(some, tmp_path / "features.parquet", empty, [])
    whole = dimensions(
        everybody[["customer_id", "cutoff_us", "phase"]], tmp_path / "features.parquet", empty, []
    )
    assert list(found.columns) == ["phase", "rfm_band", "activity", "value", "channel"]
    pd.testing.assert_frame_equal(found, whole.iloc[::5].reset_index(drop=True))
    spend = everybody["frequency__orders"] * everybody["monetary__order_value"]
    top = (whole["value"] == "top").to_numpy()
    assert top.sum() == round(0.1 * (spend > 0).sum()) and spend[top].min() > spend[~top].max()
    assert ((whole["value"] == "none") == (spend == 0).to_numpy()).all()
    assert ((whole["channel"] == "web") == (everybody["channel__web_share"] >= 0.5).to_numpy()).all()
    assert (
        (whole["activity"] == "often") == (everybody["frequency__active_days__28d"] >= 4).to_numpy()
    ).all()


@pytest.mark.parametrize("language", ["en", "nl"])
def test_every_dimension_and_segment_has_words(language: str) -> None:
    words = Words(language)  # type: ignore[arg-type]
    for kind, dimension in registered().items():
        assert words.kind(kind) == dimension.name[language]
        for segment, said in dimension.words.items():
            assert words.segment(kind, segment) == said[language] != ""
        placed = sorted(dimension.words, key=lambda segment: words.place(kind, segment))
        assert placed == list(dimension.words)
    assert "(" in words.kind("gender")
