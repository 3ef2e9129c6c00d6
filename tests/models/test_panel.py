from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.errors import InputError
from features.plan import PLAN_DIGEST
from models.panel import load_panel, panel_of

PHASES = ("decision", "dormant")
KEYS = {"customer_id": [1, 2, 1], "cutoff_us": [0, 0, 7]}


def features(**change: object) -> pa.Table:
    columns = {
        **KEYS,
        "phase": pa.array(["decision", "dormant", "decision"]).dictionary_encode(),
        "days_in_phase": pa.array([1, 2, 3], pa.float32()),
        "recency__order": pa.array([3, 90, 5], pa.float32()),
    }
    return pa.table({**columns, **change})


def labels(**change: object) -> pa.Table:
    columns = {
        **KEYS,
        "churn__population": [True, False, True],
        "churn__label": pa.array([1.0, None, 0.0], pa.float32()),
        "other__label": [9, 9, 9],
    }
    return pa.table({**columns, **change})


def test_files_become_a_panel_with_phases_as_columns(tmp_path: Path) -> None:
    pq.write_table(features(), tmp_path / "features.parquet")
    pq.write_table(labels(), tmp_path / "labels.parquet")
    panel = load_panel(tmp_path / "features.parquet", tmp_path / "labels.parquet", "churn", PHASES)
    assert panel.columns == ("days_in_phase", "recency__order", "journey__is_decision", "journey__is_dormant")
    assert panel.x.dtype == np.float32
    assert panel.x[1].tolist() == [2, 90, 0, 1]
    assert panel.population.tolist() == [True, False, True]
    np.testing.assert_array_equal(panel.y, np.array([1, np.nan, 0], np.float32))
    assert panel.phase.tolist() == [0, 1, 0]


def test_without_labels_everybody_is_predicted() -> None:
    panel = panel_of(features(), None, "churn", PHASES)
    assert panel.population.all()
    assert np.isnan(panel.y).all()


def test_take_keeps_rows_together() -> None:
    panel = panel_of(features(), labels(), "churn", PHASES).take(np.array([False, False, True]))
    assert (len(panel), panel.customer_id[0], panel.cutoff_us[0], panel.x[0, 1]) == (1, 1, 7, 5)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (labels(customer_id=[1, 3, 1]), "same customers and cutoffs"),
        (labels().slice(0, 2), "2 rows"),
        (labels().drop_columns(["churn__label"]), "churn__label"),
        (labels().drop_columns(["cutoff_us"]), "cutoff_us"),
    ],
)
def test_labels_that_do_not_fit_are_refused(table: pa.Table, said: str) -> None:
    with pytest.raises(InputError, match=said):
        panel_of(features(), table, "churn", PHASES)


def test_a_phase_of_another_journey_is_refused() -> None:
    with pytest.raises(InputError, match=r"'decision'.*allowed: kijk"):
        panel_of(features(), labels(), "churn", ("kijk", "dormant"))


def test_a_missing_column_names_its_family() -> None:
    with pytest.raises(InputError, match="family 'cadence'"):
        panel_of(features(), None, "churn", PHASES).column("cadence__gap")


@pytest.mark.parametrize(
    ("carried", "asked", "refused"),
    [(("a", "a"), None, False), (("a", "a"), "a", False), (("a", "b"), None, True), (("a", "a"), "b", True)],
)
def test_tables_of_two_runs_are_refused(
    tmp_path: Path, carried: tuple[str, str], asked: str | None, refused: bool
) -> None:
    paths = tmp_path / "features.parquet", tmp_path / "labels.parquet"
    for path, table, digest in zip(paths, (features(), labels()), carried, strict=True):
        pq.write_table(table.replace_schema_metadata({PLAN_DIGEST: digest}), path)
    if not refused:
        assert len(load_panel(*paths, "churn", PHASES, asked)) == 3
        return
    with pytest.raises(InputError, match="run the features stage again"):
        load_panel(*paths, "churn", PHASES, asked)
