from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from features.contract import DAY_US
from features.errors import InputError
from features.settings import LabelContract
from models.bundle import load, save
from models.learning import learn
from models.panel import Panel
from models.settings import LightGBMSettings, TrainSettings

CONTRACT = LabelContract(target="churn", horizon_days=28, min_positives=40, min_negatives=40)
NOW = 8 * 14 * DAY_US


def settings(*estimators: str) -> TrainSettings:
    trees = LightGBMSettings(max_rounds=60, patience=10, seeds=2)
    return TrainSettings.model_validate(
        {"num_threads": 1, "estimators": estimators, "lightgbm": trees, "margin": 0.0}
    )


@pytest.mark.parametrize(
    "estimators", [("lightgbm",), ("logistic",), ("logistic", "lightgbm"), ("base_rate",)]
)
def test_loading_gives_back_the_same_bits(
    make_panel: Callable[..., Panel], tmp_path: Path, estimators: tuple[str, ...]
) -> None:
    panel = make_panel()
    learned = learn(panel, CONTRACT, settings(*estimators), NOW)
    for phase, model in learned.phases.items():
        save(model, tmp_path / phase, "five_phase")
        loaded = load(tmp_path / phase)
        assert np.array_equal(loaded.predict(panel.x, panel.columns), model.predict(panel.x, panel.columns))
        for field in (
            "candidate",
            "eligible",
            "reason",
            "columns",
            "training_cutoffs",
            "positives",
            "contract",
        ):
            assert getattr(loaded, field) == getattr(model, field)


def test_two_trainings_write_the_same_bytes(make_panel: Callable[..., Panel], tmp_path: Path) -> None:
    for name in ("one", "two"):
        learned = learn(make_panel(), CONTRACT, settings("logistic", "lightgbm"), NOW)
        save(learned.phases["decision"], tmp_path / name, "five_phase")
    one, two = ({p.name: p.read_bytes() for p in (tmp_path / n).iterdir()} for n in ("one", "two"))
    assert one == two


def test_a_folder_stands_alone_and_is_replaced_whole(
    make_panel: Callable[..., Panel], tmp_path: Path
) -> None:
    learned = learn(make_panel(), CONTRACT, settings("logistic"), NOW)
    folder = tmp_path / "decision"
    folder.mkdir()
    (folder / "lightgbm_9.txt").write_text("of an earlier training")
    save(learned.phases["decision"], folder, "five_phase")
    assert sorted(p.name for p in folder.iterdir()) == ["logistic.json", "model.json"]
    moved = folder.rename(tmp_path / "elsewhere")
    assert load(moved).phase == "decision"


def test_columns_are_found_by_name(make_panel: Callable[..., Panel]) -> None:
    panel = make_panel()
    model = learn(panel, CONTRACT, settings("logistic", "lightgbm"), NOW).phases["decision"]
    order = np.random.default_rng(3).permutation(len(panel.columns))
    shuffled = model.predict(panel.x[:, order], [panel.columns[j] for j in order])
    assert np.array_equal(shuffled, model.predict(panel.x, panel.columns))


def test_a_missing_column_is_refused(make_panel: Callable[..., Panel]) -> None:
    panel = make_panel()
    model = learn(panel, CONTRACT, settings("logistic"), NOW).phases["decision"]
    with pytest.raises(InputError, match="churn model of phase decision needs column 'a'"):
        model.predict(panel.x[:, 1:], panel.columns[1:])


def test_an_empty_folder_and_another_format_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="run the train stage"):
        load(tmp_path)
    (tmp_path / "model.json").write_text('{"format": 99}')
    with pytest.raises(InputError, match="format 99 found, 1 allowed"):
        load(tmp_path)
