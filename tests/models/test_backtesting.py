from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from features.contract import DAY_US
from features.settings import LabelContract
from models.backtesting import baselines, newest_test_cutoffs, out_of_time
from models.learnt import learnt
from models.panel import Panel
from models.settings import LightGBMSettings, TrainSettings

CONTRACT = LabelContract(target="churn", horizon_days=28, min_positives=40, min_negatives=40)
SETTINGS = TrainSettings(num_threads=1, lightgbm=LightGBMSettings(max_rounds=40, patience=10))
Make = Callable[..., Panel]


def test_newest_cutoffs_that_can_be_judged(make_panel: Make) -> None:
    panel = make_panel()
    unlabelled = replace(panel, y=np.where(panel.cutoff_us == 7 * 14 * DAY_US, np.nan, panel.y))
    assert newest_test_cutoffs(unlabelled, CONTRACT, 2) == [5 * 14 * DAY_US, 6 * 14 * DAY_US]
    # The first two cutoffs have no matured label before them.
    assert newest_test_cutoffs(panel, CONTRACT, 99)[0] == 2 * 14 * DAY_US


def test_the_table_has_one_row_per_customer_at_risk(make_panel: Make) -> None:
    panel = make_panel()
    table = out_of_time(panel, CONTRACT, SETTINGS, baselines(), 2)
    baseline_names = ["p_base_rate", "p_one_cutoff_lightgbm", "p_recency", "p_rfm_logistic"]
    names = ["customer_id", "cutoff_us", "phase", "y", "p", *baseline_names]
    assert table.column_names == names
    newest = panel.cutoff_us >= 6 * 14 * DAY_US
    assert table.num_rows == int((newest & ~panel.in_phase("dormant")).sum())
    assert "dormant" not in table["phase"].to_pylist()
    keys = list(zip(table["cutoff_us"].to_pylist(), table["customer_id"].to_pylist(), strict=True))
    assert keys == sorted(set(keys))
    for name in names[4:]:
        p = table[name].to_numpy()
        assert ((p > 0) & (p < 1)).all()


def test_dormant_can_be_part_of_the_task(make_panel: Make) -> None:
    table = out_of_time(make_panel(), CONTRACT, SETTINGS, {}, 1, include_dormant=True)
    assert "dormant" in table["phase"].to_pylist()
    assert table.num_rows == 300


def test_later_rows_change_no_bit(make_panel: Make) -> None:
    panel = make_panel()
    test = 5 * 14 * DAY_US
    short = panel.take(panel.cutoff_us <= test)
    full = replace(
        panel, y=np.where((panel.cutoff_us > 3 * 14 * DAY_US) & (panel.cutoff_us < test), 0, panel.y)
    )
    assert out_of_time(short, CONTRACT, SETTINGS, baselines(), [test]).equals(
        out_of_time(full, CONTRACT, SETTINGS, baselines(), [test])
    )


def test_a_log_too_short_gives_an_empty_table(make_panel: Make) -> None:
    table = out_of_time(make_panel(cutoffs=2), CONTRACT, SETTINGS, baselines(), 3)
    assert table.num_rows == 0
    assert "p_rfm_logistic" in table.column_names


@pytest.mark.parametrize(
    ("dropped", "left"),
    [
        ("monetary__order_value", ["p_base_rate", "p_recency"]),
        ("recency__order", ["p_base_rate"]),
    ],
)
def test_a_baseline_without_its_columns_is_left_out_and_logged(
    make_panel: Make, dropped: str, left: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    panel = make_panel()
    kept = [place for place, name in enumerate(panel.columns) if name != dropped]
    panel = replace(panel, x=panel.x[:, kept], columns=tuple(panel.columns[place] for place in kept))
    for cutoffs in (1, []):
        table = out_of_time(panel, CONTRACT, SETTINGS, baselines(), cutoffs)
        assert [name for name in table.column_names if name.startswith("p_")] == left
    assert f"it needs column '{dropped}'" in caplog.text


def test_the_file_says_what_was_learnt_at_each_cutoff(make_panel: Make, tmp_path: Path) -> None:
    panel = make_panel()
    nobody = replace(panel, y=np.where(panel.cutoff_us < 4 * 14 * DAY_US, 0, panel.y))
    table = out_of_time(nobody, CONTRACT, SETTINGS, {}, [5 * 14 * DAY_US, 7 * 14 * DAY_US])
    pq.write_table(table, tmp_path / "out_of_time.parquet")
    first, last = learnt(tmp_path / "out_of_time.parquet")
    assert first["cutoff_us"] == 5 * 14 * DAY_US and first["candidate"] == "pooled base_rate"
    assert first["reason"].startswith("not eligible: 0 positives") and last["candidate"] != "pooled base_rate"
