"""The segment table beside the champion, with money, and in a world without differences."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import synthetic

from features.errors import InputError
from models.evaluation_files import read_segments, write_segments
from models.metrics.value_captured import value_captured
from models.segment_extras import with_champion, with_money
from models.segment_schema import SCHEMA_VERSION
from models.segments import SEGMENT_LIFT, segment_lift
from models.settings import EvaluationSettings

SETTINGS = EvaluationSettings(resamples=60, top_shares=(0.1,))


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return synthetic.predictions()


def judged(rows: pd.DataFrame, **kinds: np.ndarray) -> pd.DataFrame:
    return segment_lift("readiness", rows, pd.DataFrame({"phase": rows["phase"], **kinds}), SETTINGS)


def everybody(frame: pd.DataFrame, metric: str) -> pd.Series:
    return frame[(frame["segment_kind"] == "all") & (frame["metric"] == metric)].iloc[0]


def test_without_champion_and_money_there_is_nothing_of_them(rows: pd.DataFrame) -> None:
    frame = judged(rows)
    assert frame.filter(like="champion").isna().all().all()
    assert not frame["metric"].str.startswith("value_captured").any()


def test_the_difference_from_the_champion_is_paired(rows: pd.DataFrame) -> None:
    near = np.clip(rows["p"] + 0.01 * np.random.default_rng(2).normal(size=len(rows)), 0, 1)
    frame = judged(rows.assign(champion=near))
    for metric in ("roc_auc", "log_loss", "pr_auc"):
        one = everybody(frame, metric)
        assert one["champion_difference"] == pytest.approx(one["value"] - one["champion"])
        apart = one["champion_difference_high"] - one["champion_difference_low"]
        assert 0 < apart < 0.4 * (one["high"] - one["low"])


def test_a_worse_champion_is_beaten_and_the_same_one_is_not(rows: pd.DataFrame) -> None:
    worse = everybody(judged(rows.assign(champion=rows["p_recency"])), "roc_auc")
    assert worse["champion_difference_low"] > 0
    same = everybody(judged(rows.assign(champion=rows["p"])), "roc_auc")
    assert same["champion_difference"] == 0 and abs(same["champion_difference_low"]) < 1e-3


def test_rows_that_the_champion_lacks_take_no_part(rows: pd.DataFrame) -> None:
    theirs = rows[rows["cutoff_us"] > synthetic.CUTOFFS[0]]
    theirs = (
        theirs[["customer_id", "cutoff_us"]].assign(p=theirs["p_rfm_logistic"]).sample(frac=1, random_state=1)
    )
    beside = with_champion(rows, theirs)
    assert beside["champion"].notna().sum() == 3000
    late = rows[rows["cutoff_us"] > synthetic.CUTOFFS[0]]
    slow = judged(late.assign(champion=late["p_rfm_logistic"]))
    found = everybody(judged(beside), "roc_auc")
    assert found["champion_difference"] == everybody(slow, "roc_auc")["champion_difference"]
    assert found["n"] == 4500


def test_predictions_of_a_champion_are_checked(rows: pd.DataFrame, tmp_path: Path) -> None:
    theirs = rows[["customer_id", "cutoff_us", "p"]]
    for bad, words in (
        (theirs.drop(columns="p"), r"columns \['p'\] are missing"),
        (theirs.assign(p=1.5), "p must lie in"),
        (pd.concat([theirs, theirs.iloc[:1]]), r"1 row\(s\) repeat a customer"),
    ):
        bad.to_parquet(tmp_path / "champion.parquet")
        with pytest.raises(InputError, match=words):
            with_champion(rows, tmp_path / "champion.parquet")


def test_value_captured_counts_rows_whose_money_is_known(rows: pd.DataFrame, tmp_path: Path) -> None:
    labels = rows[["customer_id", "cutoff_us"]].assign(value__label=rows["y"] * (rows["customer_id"] % 50))
    labels.loc[rows["cutoff_us"] == synthetic.CUTOFFS[-1], "value__label"] = np.nan
    labels.sample(frac=1, random_state=3).to_parquet(tmp_path / "labels.parquet", index=False)
    beside = with_money(rows, tmp_path / "labels.parquet")
    one = everybody(judged(beside), "value_captured10")
    known = beside[beside["money"].notna()]
    assert one["n"] == len(known) == 3000 and one["customers"] == 1500
    slow = value_captured(known["y"], known["p"], known["money"], 0.1)
    assert one["value"] == pytest.approx(slow, rel=1e-12) and one["low"] < slow < one["high"]
    labels[["customer_id", "cutoff_us"]].to_parquet(tmp_path / "bare.parquet")
    assert "money" not in with_money(rows, tmp_path / "bare.parquet")


def test_where_nothing_differs_little_is_found(rows: pd.DataFrame) -> None:
    rng = np.random.default_rng(4)
    alike = rows.assign(phase="one")
    found = []
    for _ in range(4):
        kinds = {f"kind {k}": rng.integers(0, 4, 1500).astype(str) for k in range(3)}
        frame = judged(alike, **{name: np.tile(one, 3) for name, one in kinds.items()})
        tested = frame[frame["q_value"].notna() & (frame["phase"] == "all")]
        found += [(one["q_value"] <= 0.05).any() for _, one in tested.groupby("metric")]
    assert len(found) == 4 * 8 and np.mean(found) <= 0.15


def test_files_have_a_version_and_the_csv_one_row_for_a_small_group(
    rows: pd.DataFrame, tmp_path: Path
) -> None:
    frame = judged(rows, vip=np.where(rows["customer_id"] < 10_020, "yes", "no"))
    write_segments(tmp_path, frame)
    schema = pq.read_schema(tmp_path / "segment_lift.parquet")
    assert schema.metadata[b"version"].decode() == SCHEMA_VERSION and schema.metadata[b"schema"]
    assert read_segments(tmp_path / "segment_lift.parquet").equals(
        frame.astype(read_segments(tmp_path / "segment_lift.parquet").dtypes)
    )
    written = pd.read_csv(tmp_path / "segment_lift.csv", keep_default_na=False)
    assert list(written.columns) == SEGMENT_LIFT.names
    small = written[(written["phase"] == "all") & (written["segment"] == "yes")]
    assert len(small) == 1 and small["note"].iloc[0].startswith("too small")
    assert (written["note"] == "").sum() == (frame["note"] == "").sum()


def test_every_column_is_in_the_documentation() -> None:
    text = (Path(__file__).parents[3] / "docs/segment-lift.md").read_text(encoding="utf-8")
    for field in SEGMENT_LIFT:
        assert f"| `{field.name}` |" in text, field.name
    assert f"version {SCHEMA_VERSION}" in text
