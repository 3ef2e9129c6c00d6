import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from features.contract import DAY_US
from features.errors import InputError
from features.settings import LabelContract
from models.learning import Learned, learn, matured
from models.panel import Panel
from models.settings import LightGBMSettings, TrainSettings

CONTRACT = LabelContract(target="churn", horizon_days=28, min_positives=40, min_negatives=40)
SETTINGS = TrainSettings(num_threads=1, lightgbm=LightGBMSettings(max_rounds=40, patience=8))
NOW = 8 * 14 * DAY_US
Make = Callable[..., Panel]


def opposite(x: np.ndarray, phase: np.ndarray) -> np.ndarray:
    """What drives one phase drives the other the other way, which a pooled linear model cannot say."""
    return np.where(phase == 0, 3.0, -3.0) * x[:, 0]


def assert_served(learned: Learned, panel: Panel) -> None:
    p = learned.predict(panel)
    assert p.shape == (len(panel),)
    assert ((p > 0) & (p < 1)).all()


def test_it_learns_and_predicts_every_phase(make_panel: Make) -> None:
    panel = make_panel()
    learned = learn(panel, CONTRACT, SETTINGS, NOW)
    assert_served(learned, panel)
    p, y = learned.predict(panel), panel.y
    assert p[y == 1].mean() > p[y == 0].mean() + 0.15
    assert learned.phases["decision"].eligible
    json.dumps(learned.record)


def test_dormant_rows_teach_nothing_unless_asked(make_panel: Make) -> None:
    panel = make_panel()
    dormant = panel.in_phase("dormant")
    learned = learn(panel, CONTRACT, SETTINGS, NOW)
    changed = learn(replace(panel, y=np.where(dormant, 1 - panel.y, panel.y)), CONTRACT, SETTINGS, NOW)
    assert np.array_equal(learned.predict(panel), changed.predict(panel))
    assert not learned.phases["dormant"].eligible
    assert "outside the risk set" in learned.phases["dormant"].reason
    asked = learn(panel, CONTRACT, SETTINGS, NOW, include_dormant=True)
    assert asked.phases["dormant"].eligible
    assert not np.array_equal(learned.predict(panel), asked.predict(panel))


def test_only_matured_rows_of_the_population_count(make_panel: Make) -> None:
    panel = make_panel()
    known = matured(panel, CONTRACT, 5 * 14 * DAY_US)
    assert panel.cutoff_us[known].max() == 3 * 14 * DAY_US
    assert not (known & panel.in_phase("dormant")).any()
    out = replace(panel, population=np.zeros(len(panel), np.bool_))
    assert not matured(out, CONTRACT, NOW).any()


def test_later_rows_change_no_bit(make_panel: Make) -> None:
    panel = make_panel()
    now = 6 * 14 * DAY_US
    known = panel.take(panel.cutoff_us + 28 * DAY_US <= now)
    later = panel.cutoff_us + 28 * DAY_US > now
    changed = replace(panel, y=np.where(later, 1 - panel.y, panel.y))
    today = panel.take(panel.cutoff_us == now)
    bits = [learn(rows, CONTRACT, SETTINGS, now).predict(today) for rows in (known, panel, changed)]
    assert np.array_equal(bits[0], bits[1])
    assert np.array_equal(bits[0], bits[2])


def test_validation_lies_a_full_window_after_what_was_learnt(make_panel: Make) -> None:
    # Between the newest cutoff and the ones a window earlier everything is noise: had a row of that gap been
    # learnt from, the losses on the validation rows would differ.
    panel = make_panel()
    clean = learn(panel, CONTRACT, SETTINGS, NOW)
    newest = clean.record["validation_cutoff_us"]
    gap = (panel.cutoff_us > newest - 28 * DAY_US) & (panel.cutoff_us < newest)
    assert gap.any()
    noisy = learn(replace(panel, y=np.where(gap, 1 - panel.y, panel.y)), CONTRACT, SETTINGS, NOW)
    assert clean.record["pooled"]["compared"] == noisy.record["pooled"]["compared"]
    assert not np.array_equal(clean.predict(panel), noisy.predict(panel))


def test_a_separate_model_serves_phases_that_truly_differ(make_panel: Make) -> None:
    only_linear = SETTINGS.model_copy(update={"estimators": ("logistic",)})
    panel = make_panel(truth=opposite)
    learned = learn(panel, CONTRACT, only_linear, NOW)
    assert learned.phases["awareness"].candidate == "separate logistic"
    assert learned.phases["decision"].candidate == "separate logistic"
    rows = panel.in_phase("awareness")
    assert learned.phases["awareness"].positives == learned.phases["awareness"].own_positives
    assert np.corrcoef(learned.predict(panel)[rows], panel.x[rows, 0])[0, 1] > 0.8


def test_phases_that_do_not_differ_share_the_pooled_model(make_panel: Make) -> None:
    alone = SETTINGS.model_copy(update={"margin": 2.0, "blend": False})
    learned = learn(make_panel(), CONTRACT, alone, NOW)
    assert all(model.candidate.startswith("pooled") for model in learned.phases.values())


def test_separate_phases_can_be_switched_off(make_panel: Make) -> None:
    off = SETTINGS.model_copy(update={"separate_phases": False})
    learned = learn(make_panel(truth=opposite), CONTRACT, off, NOW)
    assert all(model.candidate.startswith("pooled") for model in learned.phases.values())


def test_a_phase_below_the_minimum_says_so_and_falls_back(make_panel: Make) -> None:
    panel = make_panel()
    rare = panel.in_phase("decision") & (np.cumsum(panel.in_phase("decision") & (panel.y == 1)) > 15)
    panel = panel.take(~rare | ~panel.in_phase("decision"))
    model = learn(panel, CONTRACT, SETTINGS, NOW).phases["decision"]
    assert not model.eligible
    assert model.reason.startswith("not eligible: ")
    assert "at least 40 needed" in model.reason
    assert model.candidate.startswith("pooled")


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_one_class_falls_back_to_the_base_rate(make_panel: Make, label: float) -> None:
    panel = make_panel()
    learned = learn(replace(panel, y=np.full_like(panel.y, label)), CONTRACT, SETTINGS, NOW)
    assert_served(learned, panel)
    assert learned.pooled.candidate == "pooled base_rate"
    for model in learned.phases.values():
        assert not model.eligible
        assert "not eligible: " in model.reason


def test_no_matured_cutoff_is_no_crash(make_panel: Make) -> None:
    panel = make_panel()
    learned = learn(panel, CONTRACT, SETTINGS, 0)
    assert (learned.predict(panel) == 0.5).all()
    assert "no training row whose label has matured and is complete" in learned.phases["decision"].reason


def test_no_rows_and_one_customer_are_no_crash(make_panel: Make) -> None:
    nothing = make_panel().take(np.zeros(2400, np.bool_))
    assert len(learn(nothing, CONTRACT, SETTINGS, NOW).predict(nothing)) == 0
    one = make_panel(customers=1)
    assert_served(learn(one, CONTRACT, SETTINGS, NOW), one)


def test_constant_features_are_no_crash(make_panel: Make) -> None:
    panel = make_panel()
    panel = replace(panel, x=np.ones_like(panel.x))
    assert_served(learn(panel, CONTRACT, SETTINGS, NOW), panel)


def test_without_an_early_enough_cutoff_nothing_is_chosen(make_panel: Make) -> None:
    panel = make_panel(cutoffs=3, step=7)
    learned = learn(panel, CONTRACT, SETTINGS, 100 * DAY_US)
    assert learned.record["validation_cutoff_us"] is None
    assert learned.phases["decision"].candidate == "pooled blend"
    assert "no earlier cutoff lies 28 days before the newest (3 training cutoffs)" in learned.pooled.reason
    assert "no earlier cutoff lies 28 days" in learned.phases["decision"].reason
    assert_served(learned, panel)


def test_too_few_later_rows_take_the_simplest_and_say_so(make_panel: Make) -> None:
    panel = make_panel()
    # 3 customers only have a label at the newest matured cutoff.
    newest = panel.cutoff_us == 6 * 14 * DAY_US
    panel = replace(panel, y=np.where(newest & (panel.customer_id >= 3), np.nan, panel.y))
    learned = learn(panel, CONTRACT, SETTINGS, NOW)
    assert learned.record["validation_cutoff_us"] == 6 * 14 * DAY_US
    assert learned.pooled.candidate == "pooled logistic"
    assert "the later rows hold" in learned.pooled.reason and "at least 10 of each" in learned.pooled.reason
    assert "no earlier cutoff" not in learned.pooled.reason
    assert "the later rows hold" in learned.phases["decision"].reason
    assert_served(learned, panel)


def test_without_blend_and_split_the_simplest_serves(make_panel: Make) -> None:
    alone = SETTINGS.model_copy(update={"blend": False})
    learned = learn(make_panel(cutoffs=3, step=7), CONTRACT, alone, 100 * DAY_US)
    assert learned.pooled.candidate == "pooled logistic"


def test_only_the_newest_cutoffs_are_kept(make_panel: Make) -> None:
    few = SETTINGS.model_copy(update={"max_cutoffs": 4})
    learned = learn(make_panel(), CONTRACT, few, NOW)
    assert len(learned.pooled.training_cutoffs) == 4
    assert max(learned.pooled.training_cutoffs) == 6 * 14 * DAY_US


def test_two_acts_of_learning_give_the_same_bits(make_panel: Make) -> None:
    panel = make_panel()
    one, two = (learn(panel, CONTRACT, SETTINGS, NOW) for _ in range(2))
    assert np.array_equal(one.predict(panel), two.predict(panel))
    assert one.record == two.record


def test_an_unknown_estimator_is_named() -> None:
    settings = SETTINGS.model_copy(update={"estimators": ("forest",)})
    with pytest.raises(
        InputError, match=r"train\.estimators: unknown estimator 'forest'; allowed: base_rate"
    ):
        learn(None, CONTRACT, settings, NOW)  # type: ignore[arg-type]
