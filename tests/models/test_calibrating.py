import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from features.contract import DAY_US
from features.settings import LabelContract
from models.bundle import load, save
from models.estimators._base import Floats, Rows, Tuned
from models.estimators.lightgbm import LightGBM
from models.learning import learn
from models.panel import Panel
from models.settings import LightGBMSettings, TrainSettings

CONTRACT = LabelContract(target="churn", horizon_days=28, min_positives=40, min_negatives=40)
#: Trees that are let run wild on noise: too sure of themselves, so that a calibration has something to win.
WILD = LightGBMSettings(
    learning_rate=0.5, num_leaves=31, min_child_samples=2, lambda_l2=0.0, max_rounds=25, patience=25
)
NOW = 9 * 14 * DAY_US
Make = Callable[..., Panel]


def settings(calibrate: bool, wild: bool = True) -> TrainSettings:
    trees = WILD if wild else LightGBMSettings(max_rounds=40, patience=8)
    estimators = ("lightgbm",) if wild else ("logistic",)
    return TrainSettings(
        num_threads=1,
        estimators=estimators,
        lightgbm=trees,
        calibrate=calibrate,
        separate_phases=False,
    )


def noisy(make_panel: Make) -> Panel:
    return make_panel(customers=500, cutoffs=9, truth=lambda x, phase: 0.3 * x[:, 0])


def overfitted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the rounds from the settings, not from the later rows."""
    tune = LightGBM.tune

    def greedy(self: LightGBM, fit: Rows, valid: Rows, wanted: TrainSettings) -> tuple[Tuned, Floats]:
        model = self.fit(fit, {"rounds": 25.0}, wanted)
        places = [fit.columns.index(name) for name in model.columns]
        return {"rounds": 25.0, "loss": tune(self, fit, valid, wanted)[0]["loss"]}, model.predict(
            valid.x[:, places]
        )

    monkeypatch.setattr(LightGBM, "tune", greedy)


def test_off_nothing_is_tried_and_no_bit_changes(make_panel: Make) -> None:
    panel = noisy(make_panel)
    learned = learn(panel, CONTRACT, settings(False), NOW)
    assert all(model.calibration is None for model in learned.phases.values())
    assert "switched off" in learned.record["calibration"]["pooled"]["reason"]


def test_a_model_that_is_too_sure_of_itself_is_calibrated_and_keeps_its_ranking(
    make_panel: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    overfitted(monkeypatch)
    panel = noisy(make_panel)
    raw, found = (learn(panel, CONTRACT, settings(calibrate), NOW) for calibrate in (False, True))
    model = found.phases["decision"]
    assert model.calibration is not None
    told = found.record["calibration"]["decision"]
    assert told["kind"] == model.calibration.kind and told["reason"].startswith("calibrated")
    json.dumps(found.record)
    fresh = make_panel(customers=500, cutoffs=1, seed=8, truth=lambda x, phase: 0.3 * x[:, 0])
    before, after = (one.predict(fresh) for one in (raw, found))
    inside = fresh.in_phase("decision")
    assert after[inside].std() < 0.7 * before[inside].std()
    order = np.argsort(before[inside], kind="stable")
    assert (np.diff(after[inside][order]) >= 0).all()
    save(model, tmp_path / "decision", "five_phase")
    loaded = load(tmp_path / "decision")
    assert loaded.calibration == model.calibration
    assert np.array_equal(loaded.predict(fresh.x, fresh.columns), model.predict(fresh.x, fresh.columns))


def test_a_model_that_is_right_stays_as_it_is(make_panel: Make) -> None:
    panel = make_panel(customers=400, cutoffs=9)
    learned = learn(panel, CONTRACT, settings(True, wild=False), NOW)
    assert learned.phases["decision"].calibration is None
    assert "no calibration: the best" in learned.record["calibration"]["decision"]["reason"]


def test_nothing_that_had_not_matured_changes_the_choice(
    make_panel: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    overfitted(monkeypatch)
    panel = noisy(make_panel)
    later = panel.cutoff_us > NOW - 28 * DAY_US
    changed = replace(panel, y=np.where(later, 1 - panel.y, panel.y))
    one, two = (learn(rows, CONTRACT, settings(True), NOW) for rows in (panel, changed))
    assert one.record == two.record and np.array_equal(one.predict(panel), two.predict(panel))


def test_a_short_log_is_not_calibrated_and_says_why(make_panel: Make) -> None:
    panel = make_panel(cutoffs=4)
    learned = learn(panel, CONTRACT, settings(True, wild=False), NOW)
    assert all(model.calibration is None for model in learned.phases.values())
    assert "training cutoffs leave no 2 to judge on" in learned.record["calibration"]["pooled"]["reason"]
