"""Score files as spreadsheets leave them, and how long they are kept."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from features.contract import DAY_US
from features.cutoffs import midnight_us
from features.errors import InputError
from features.plan import Plan
from features.settings import LabelContract
from pipelines.kept_scores import _forget
from pipelines.paths import Project
from pipelines.score_files import _frame, read_scores
from pipelines.score_list import _place


def any_plan(**known: Any) -> Plan:
    return Plan.model_construct(**known)


def written(folder: Path, *lines: str) -> Path:
    path = folder / "scores.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("head", "row"),
    [
        ("customer_id,id_space,phase,p_ready,is_control", "{},customer,decision,0.25,false"),
        ("customer_id;id_space;phase;p_ready;is_control", "{};customer;decision;0,25;ONWAAR"),
    ],
)
def test_words_for_nothing_are_ids_and_a_decimal_comma_is_read(tmp_path: Path, head: str, row: str) -> None:
    ids = ["NA", "None", "null", "007"]
    frame = _frame(written(tmp_path, head, *(row.format(one) for one in ids)))
    assert frame["customer_id"].tolist() == ids and frame["p_ready"].tolist() == [0.25] * 4
    assert frame["is_control"].tolist() == [False] * 4


def test_a_prediction_that_is_no_number_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="column 'p_ready' holds 'hoog', which is no number"):
        _frame(written(tmp_path, "customer_id,phase,p_ready", "1,decision,0.5", "2,decision,hoog"))


@pytest.mark.parametrize("day", ["30-06-2025", "20250630"])
def test_a_day_that_a_spreadsheet_wrote_anew_is_said(tmp_path: Path, day: str) -> None:
    path = written(tmp_path, "customer_id;phase;p_ready;as_of;model_version", f"1;decision;0,5;{day};ab")
    with pytest.raises(InputError, match=f"as_of '{day}' is not written YYYY-MM-DD"):
        read_scores(Project(tmp_path), any_plan(), path)


def test_scores_stay_until_their_longest_horizon_is_over_for_a_month(tmp_path: Path) -> None:
    contracts = (
        LabelContract(target="order", horizon_days=84, horizons_days=(28, 84), gap_days=7),
        LabelContract(target="churn", horizon_days=28),
    )
    end = midnight_us(date(2025, 6, 30))
    plan = any_plan(contracts=contracts, complete_until_us=end)
    days = [0, 77, 84 + 7 + 31, 84 + 7 + 32, 300]
    for back in days:
        day = date.fromordinal(date(2025, 6, 30).toordinal() - back)
        assert midnight_us(day) == end - back * DAY_US
        (tmp_path / f"{day.isoformat()}_ab.parquet").write_bytes(b"")
    names = sorted(one.name for one in tmp_path.iterdir())
    _forget(tmp_path, plan, 5)
    assert sorted(one.name for one in tmp_path.iterdir()) == names, "at least so many stay"
    _forget(tmp_path, plan, 1)
    assert sorted(one.name for one in tmp_path.iterdir()) == names[2:]


def test_a_folder_is_no_place_for_scores(tmp_path: Path) -> None:
    (tmp_path / "out.csv").mkdir()
    with pytest.raises(InputError, match="is a folder; name a file"):
        _place(None, tmp_path / "out.csv")
