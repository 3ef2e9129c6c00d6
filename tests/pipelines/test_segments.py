"""The segment table beside the champion of the registry."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.errors import InputError
from models.metrics.roc_auc import roc_auc
from models.segments import SEGMENT_LIFT
from models.target import PROBABILITIES
from models.tracking import champion_rows
from models.tracking.champions import Registered
from pipelines import segments

PHASE = "retention"


@dataclass(frozen=True)
class Registry:
    """A registry whose champions are the models of a project, as they were when it was made."""

    trained: Path
    champions: tuple[Registered, ...]

    @contextmanager
    def opened(self, root: Path) -> Iterator[Registry]:
        yield self

    def holders(self, client: Registry, targets: Sequence[str], phases: Sequence[str]) -> list[Registered]:
        return [one for one in self.champions if one.target in targets and one.phase in phases]

    def fetch(self, client: Registry, one: Registered, folder: Path) -> None:
        shutil.copytree(self.trained / "artifacts" / one.target / one.phase, folder)

    def fetch_predictions(self, client: Registry, one: Registered, place: Path) -> pd.DataFrame:
        rows = pd.read_parquet(self.trained / "artifacts" / one.target / "out_of_time.parquet")
        # The newest cutoff came after the champion was tracked.
        rows = rows[(rows["phase"].astype(str) == one.phase) & (rows["cutoff_us"] < rows["cutoff_us"].max())]
        return rows[["customer_id", "cutoff_us", "y", "p"]].sample(frac=1, random_state=2)


@pytest.fixture(scope="module")
def compared(trained_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The shop, whose champion of churn ranks well and whose new model at random; readiness asks something else."""
    root = Path(shutil.copytree(trained_shop, tmp_path_factory.mktemp("segments") / "shop"))
    params = (root / "params.yaml").read_text().replace("min_cell: 100", "min_cell: 20")
    (root / "params.yaml").write_text(params.replace("resamples: 200", "resamples: 50"))
    path = root / "artifacts/churn/out_of_time.parquet"
    rows = pd.read_parquet(path)
    shuffled = np.random.default_rng(1).permutation(rows["p"].to_numpy())
    rows.assign(p=shuffled).to_parquet(path, index=False)
    path = root / "artifacts/readiness" / PHASE / "model.json"
    model = json.loads(path.read_text())
    model["contract"]["horizon_days"] += 1
    path.write_text(json.dumps(model))
    registry = Registry(
        trained_shop, tuple(Registered(one.name, PHASE, "3", "m", "r") for one in PROBABILITIES)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segments, "is_there", lambda root: True)
        patch.setattr(segments, "opened", registry.opened)
        for name in ("holders", "fetch", "fetch_predictions"):
            patch.setattr(champion_rows, name, getattr(registry, name))
        return root, segments.run(root)


def of_phase(root: Path, target: str, phase: str) -> pd.Series:
    table = pd.read_parquet(root / "reports" / f"{segments.NAME}.parquet")
    assert table.columns.tolist() == SEGMENT_LIFT.names
    mine = table[(table["target"] == target) & (table["segment_kind"] == "phase") & (table["phase"] == phase)]
    return mine.set_index("metric").loc["roc_auc"]


def test_the_champion_stands_beside_the_model_on_rows_it_judged_without_knowing_the_outcome(
    compared: tuple[Path, list[str]], trained_shop: Path
) -> None:
    root, told = compared
    before = pd.read_parquet(trained_shop / "artifacts/churn/out_of_time.parquet")
    before = before[before["phase"].astype(str) == PHASE]
    # The champion learnt from outcomes that came after the newest cutoff: it may not say what it thinks of it today.
    older = before[before["cutoff_us"] < before["cutoff_us"].max()]
    ours = pd.read_parquet(root / "artifacts/churn/out_of_time.parquet").loc[older.index]
    one = of_phase(root, "churn", PHASE)
    assert one["champion"] == pytest.approx(roc_auc(older["y"], older["p"]))
    assert one["champion_difference"] == pytest.approx(roc_auc(ours["y"], ours["p"]) - one["champion"])
    assert one["champion_difference_low"] < one["champion_difference"] < one["champion_difference_high"]
    line = next(line for line in told if line.startswith("churn"))
    assert f"{len(older)} of {len(before)} rows of both" in line and f"{one['champion']:.3f}" in line


def test_a_champion_of_another_question_is_not_compared(compared: tuple[Path, list[str]]) -> None:
    root, told = compared
    assert np.isnan(of_phase(root, "readiness", PHASE)["champion"])
    line = next(line for line in told if line.startswith("readiness"))
    assert "not compared: the label contract is another (horizon_days" in line


def test_a_phase_without_champion_has_none_beside_it(compared: tuple[Path, list[str]]) -> None:
    table = pd.read_parquet(compared[0] / "reports" / f"{segments.NAME}.parquet")
    others = table[(table["phase"] != "all") & (table["phase"] != PHASE)]
    assert len(others) and others["champion"].isna().all()


def test_a_champion_that_may_know_the_outcomes_is_not_asked(
    trained_shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry(trained_shop, (Registered("churn", PHASE, "3", "m", "r"),))
    for name in ("holders", "fetch"):
        monkeypatch.setattr(champion_rows, name, getattr(registry, name))
    monkeypatch.setattr(champion_rows, "fetch_predictions", lambda *given: None)
    rows, told = champion_rows.champion_rows(registry, trained_shop, "churn", (PHASE,))
    assert rows.empty and list(rows.columns) == champion_rows.COLUMNS
    assert told[0].note.startswith("its run was tracked without its predictions") and told[0].judged > 0


def test_without_registry_the_command_says_how_one_comes_about(
    trained_shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(InputError, match="registry is empty"):
        segments.run(trained_shop)
