"""Audiences per phase and band: who is in the file, who is not, and what the index says of each group."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.errors import InputError
from models.evaluation_files import write_segments
from models.segments import segment_lift
from models.target import PROBABILITIES
from pipelines import audiences
from pipelines.params import load_params
from pipelines.paths import Project
from pipelines.plan import load_plan
from pipelines.score_columns import score_columns

FORMULA = "=1+1"


def newest_of(root: Path, target: str) -> pd.DataFrame:
    """The out-of-time predictions at the newest cutoff, by customer."""
    judged = pq.read_table(root / "artifacts" / target / "out_of_time.parquet").to_pandas()
    return judged[judged["cutoff_us"] == judged["cutoff_us"].max()].set_index("customer_id")


def scores_of(root: Path) -> pa.Table:
    """The newest out-of-time predictions in the columns of ``data/scores.parquet``."""
    ids = pq.read_table(root / "data/ids.parquet").to_pandas()
    parts = []
    for target in PROBABILITIES:
        parts.append(newest_of(root, target.name)[["phase", "p"]].rename(columns={"p": target.score}))
    rows = parts[0].join(parts[1].drop(columns="phase"), how="left").reset_index()
    rows = rows.merge(ids, on="customer_id").assign(customer_id=lambda one: one["source_id"])
    rows = rows.assign(as_of="2024-02-05", model_version="v", data_hash="h", phase=rows["phase"].astype(str))
    schema = score_columns(load_plan(Project(root)))
    given = rows.reindex(columns=schema.names).astype(object)
    return pa.Table.from_pandas(given, schema=schema, preserve_index=False)


@pytest.fixture(scope="module")
def project(trained_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop with scores and a segment table; one customer refused, one agreed, and one id is a formula."""
    root = Path(shutil.copytree(trained_shop, tmp_path_factory.mktemp("audiences") / "shop"))
    params = (root / "params.yaml").read_text()
    assert "min_cell: 100" in params
    (root / "params.yaml").write_text(params.replace("min_cell: 100", "min_cell: 20"))
    both = set(newest_of(root, "churn").index) & set(newest_of(root, "readiness").index)
    refused, agreed = sorted(both)[:2]
    ids = pq.read_table(root / "data/ids.parquet")
    names = ids["source_id"].to_pandas().where(ids["customer_id"].to_pandas() != agreed, FORMULA)
    place = ids.schema.get_field_index("source_id")
    ids = ids.set_column(place, "source_id", pa.array(names, ids.schema.field(place).type))
    pq.write_table(ids, root / "data/ids.parquet")
    path = root / "data/canonical/customers.parquet"
    rows = [
        {"customer_id": who, "attribute": "consent_personalisation", "value": value, "known_us": known,
         "sensitive": False}
        for who, value, known in ((refused, "granted", 4), (refused, "denied", 5), (agreed, "granted", 5))
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows, schema=pq.read_schema(path)), path)
    pq.write_table(scores_of(root), root / "data/scores.parquet")
    settings, parts = load_params(root).evaluation, []
    for target in PROBABILITIES:
        judged = pq.read_table(root / "artifacts" / target.name / "out_of_time.parquet").to_pandas()
        parts.append(segment_lift(target.name, judged, judged[["phase"]].astype(str), settings))
    write_segments(root / "reports", pd.concat(parts, ignore_index=True))
    return root


@pytest.fixture(scope="module")
def written(project: Path) -> Path:
    audiences.run(project)
    return project / "audiences"


@pytest.fixture(scope="module")
def index(written: Path) -> pd.DataFrame:
    return pd.read_csv(written / "index.csv").set_index("file", drop=False)


def listed(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype={"customer_id": str})


def test_everybody_with_a_probability_is_in_one_band_of_each_target(
    project: Path, written: Path, index: pd.DataFrame
) -> None:
    scores = pq.read_table(project / "data/scores.parquet").to_pandas()
    for target in PROBABILITIES:
        mine = index[index["target"] == target.name]
        people = pd.concat([listed(written / name) for name in mine["file"]])
        assert people["customer_id"].is_unique
        assert len(people) + mine["refused"].sum() == scores[target.score].notna().sum()
        assert (mine["customers"] == [len(listed(written / name)) for name in mine["file"]]).all()
    assert {path.name for path in written.iterdir()} == {*index["file"], "index.csv"}


def test_who_refused_is_left_out_and_counted(project: Path, written: Path, index: pd.DataFrame) -> None:
    assert index.groupby("target")["refused"].sum().tolist() == [1, 1]
    stated = pq.read_table(project / "data/canonical/customers.parquet").to_pandas()
    refused = stated[stated["value"] == "denied"]["customer_id"].item()
    ids = pq.read_table(project / "data/ids.parquet").to_pandas().set_index("customer_id")["source_id"]
    people = pd.concat([listed(written / name) for name in index["file"]])
    assert ids[refused] not in set(people["customer_id"])
    # One stated that they agree; everybody else said nothing.
    assert index["no_statement"].sum() == index["customers"].sum() - 2


def test_an_id_that_is_a_formula_is_harmless_in_a_spreadsheet(written: Path, index: pd.DataFrame) -> None:
    people = pd.concat([listed(written / name) for name in index["file"]])
    assert (people["customer_id"] == f"'{FORMULA}").sum() == 2
    assert not people["customer_id"].str.startswith("=").any()


def test_the_most_likely_come_first(written: Path, index: pd.DataFrame) -> None:
    for name in index["file"]:
        assert listed(written / name)["probability"].is_monotonic_decreasing
        assert listed(written / name).columns.tolist() == audiences.COLUMNS


def test_the_lift_of_the_phase_is_that_of_the_segment_table(project: Path, index: pd.DataFrame) -> None:
    table = pq.read_table(project / "reports/segment_lift.parquet").to_pandas()
    table = table[(table["segment_kind"] == "phase") & (table["metric"] == "lift10")]
    table = table.set_index(["target", "phase"])[["value", "low", "high"]]
    told = index.set_index(["target", "phase"])[["phase_lift", "phase_lift_low", "phase_lift_high"]]
    assert (index["phase_metric"] == "lift10").all() and told.notna().all(axis=1).any()
    np.testing.assert_allclose(told.to_numpy(), table.loc[told.index].to_numpy(), rtol=1e-5)


def test_the_lift_of_a_group_is_its_rate_over_that_of_the_phase(project: Path, index: pd.DataFrame) -> None:
    compared = 0
    for target, told in index[index["lift"].notna()].groupby("target"):
        newest = np.sort(newest_of(project, target)["p"].to_numpy())
        judged = pq.read_table(project / "artifacts" / target / "out_of_time.parquet").to_pandas()
        below, upto = (np.searchsorted(newest, judged["p"], side=side) for side in ("left", "right"))
        place = np.searchsorted([0.25, 0.75], (below + upto) / 2 / len(newest), side="right")
        band = np.array(["low", "medium", "high"])[place]
        for one in told.itertuples():
            phase = judged["phase"].astype(str) == one.phase
            mine = phase & (band == one.band)
            assert one.judged_rows == mine.sum() and pd.isna(one.note)
            assert one.observed_rate == pytest.approx(judged["y"][mine].mean(), rel=1e-5)
            assert one.lift == pytest.approx(judged["y"][mine].mean() / judged["y"][phase].mean(), rel=1e-5)
            assert one.lift_low < one.lift < one.lift_high
            compared += 1
    assert compared >= 2
    rest = index[index["lift"].isna()]
    assert rest["note"].str.match("too small|too few|no test cutoff").all()


def test_a_folder_with_something_else_is_not_replaced(project: Path, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match="something else than audiences"):
        audiences.run(project, tmp_path)
    assert (tmp_path / "letter.txt").read_text() == "dear"


def test_audiences_are_replaced_as_a_whole_and_come_out_the_same(
    project: Path, written: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "index.csv").write_text("file\n")
    (out / "churn_of_last_week.csv").write_text("customer_id\n")
    audiences.run(project, out)
    assert {one.name: one.read_bytes() for one in out.iterdir()} == {
        one.name: one.read_bytes() for one in written.iterdir()
    }


def test_without_scores_the_command_says_what_to_run(trained_shop: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="klantreis score"):
        audiences.run(trained_shop, tmp_path / "out")
