"""The champion is judged on newer cutoffs only where it cannot know what happened."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from features.contract import DAY_US
from features.settings import LabelContract
from models.bundle import PhaseModel, estimators, save
from models.estimators._base import Rows
from models.promotion.champion_today import champion_today
from models.settings import TrainSettings

COLUMNS = ("recency__order",)


def saved(folder: Path) -> Path:
    """A model of labels at day 100 over 28 days: from day 128 on it foresees."""
    x = np.arange(60, dtype=np.float32)[:, None]
    fitted = estimators()["logistic"].fit(
        Rows(x, (x[:, 0] > 30).astype(np.float32), COLUMNS), {"penalty": 1.0}, TrainSettings()
    )
    contract = LabelContract(target="churn", horizon_days=28)
    members = (("logistic", 1.0, fitted),)
    model = PhaseModel(
        contract, "decision", "logistic", True, "", members, (100 * DAY_US,), 30, 30, 30, 30, 7
    )
    save(model, folder, "five_phase")
    return folder


def rows(day: int) -> pd.DataFrame:
    return pd.DataFrame({"customer_id": [3, 1, 9], "cutoff_us": day * DAY_US, "y": 1.0})


def features(path: Path, day: int, column: str = COLUMNS[0]) -> Path:
    table = pd.DataFrame({"customer_id": [1, 2, 3], "cutoff_us": day * DAY_US, "phase": "decision"})
    table.assign(**{column: np.array([0, 10, 59], np.float32)}).to_parquet(path, index=False)
    return path


def test_from_the_day_on_which_its_last_outcome_was_known(tmp_path: Path) -> None:
    model = saved(tmp_path / "model")
    known = champion_today(model, features(tmp_path / "f.parquet", 128), rows(128))
    assert known["customer_id"].tolist() == [3, 1], "who is not in the table is left out"
    assert known["p"][0] > 0.9 > 0.1 > known["p"][1]
    flattered = champion_today(model, features(tmp_path / "f.parquet", 127), rows(127))
    assert flattered.empty and list(flattered) == ["customer_id", "cutoff_us", "y", "p"]


def test_without_its_columns_or_the_table_nothing_is_judged(tmp_path: Path) -> None:
    model = saved(tmp_path / "model")
    assert champion_today(model, features(tmp_path / "f.parquet", 128, "other"), rows(128)).empty
    assert champion_today(model, tmp_path / "none.parquet", rows(128)).empty
