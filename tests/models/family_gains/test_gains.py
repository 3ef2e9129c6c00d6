"""What families bring, in a world whose truth is known: a and b decide, c and d are noise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from features.contract import DAY_US
from features.settings import LabelContract
from models.family_gains.gains import gains
from models.family_gains.shortlist import Shortlist, shortlist
from models.family_gains.trial import NoTrial, Trial, lighter, trial_of
from models.panel import Panel
from models.settings import EvaluationSettings, LightGBMSettings, TrainSettings

CONTRACT = LabelContract(target="churn", horizon_days=14, min_positives=20, min_negatives=20)
TRAIN = TrainSettings(estimators=("logistic",), lightgbm=LightGBMSettings(max_rounds=20))
EVALUATION = EvaluationSettings(test_cutoffs=2, resamples=60)
STEP = 14 * DAY_US
NOW = 9 * STEP
GROUPS = {"first": ("a",), "second": ("b",), "noise": ("c", "d"), "twin": ("e",)}
Make = Callable[..., Panel]


@pytest.fixture(scope="module")
def panel(make_panel: Make) -> Panel:
    """Columns a to d, and e: the same as a."""
    base = make_panel(customers=400)
    x = np.column_stack([base.x[:, :4], base.x[:, 0], base.x[:, -3:]]).astype(np.float32)
    return replace(base, x=x, columns=("a", "b", "c", "d", "e", *base.columns[-3:]))


@pytest.fixture(scope="module")
def trial(panel: Panel) -> Trial:
    found = trial_of(panel, CONTRACT, TRAIN, EVALUATION, NOW, rows=1000)
    assert isinstance(found, Trial)
    return found


def of_target(trial: Trial, workers: int = 1) -> dict[str, Any]:
    found = gains([trial], GROUPS, EVALUATION, workers)["churn"]
    return {**found["groups"], "all": {"value": found["gain"]}}


def test_what_is_learnt_from_had_matured_before_what_is_judged(panel: Panel, trial: Trial) -> None:
    assert trial.cutoffs_us == (6 * STEP, 7 * STEP)
    awake = ~panel.in_phase("dormant")
    judged = awake & (panel.cutoff_us >= 6 * STEP)
    assert len(trial.judged.y) == judged.sum()
    assert (trial.judged.x == panel.x[judged]).all()
    known = {row.tobytes() for row in panel.x[awake & (panel.cutoff_us + STEP <= 6 * STEP)]}
    assert 0 < sum(len(half.y) for half in trial.known) <= 1000
    assert all(row.tobytes() in known for half in trial.known for row in half.x)


def test_labels_of_the_judged_rows_change_nothing_that_is_learnt(panel: Panel, trial: Trial) -> None:
    turned = replace(panel, y=np.where(panel.cutoff_us >= 6 * STEP, 1 - panel.y, panel.y))
    other = trial_of(turned, CONTRACT, TRAIN, EVALUATION, NOW, rows=1000)
    assert isinstance(other, Trial)
    assert other.tuned == trial.tuned
    # Mistaken about every row: the loss is that of the other label.
    assert other.losses(("a", "b")).mean() > trial.losses(("a", "b")).mean() + 0.5


def test_a_family_that_decides_brings_more_than_noise(trial: Trial) -> None:
    found = of_target(trial)
    assert found["second"]["low"] > 0.02
    assert found["second"]["low"] <= found["second"]["value"] <= found["second"]["high"]
    assert found["second"]["share"] == pytest.approx(found["second"]["value"] / found["all"]["value"])
    assert abs(found["noise"]["value"]) < 0.01
    assert found["noise"]["low"] < 0.005


def test_of_two_families_that_tell_the_same_neither_is_missed(trial: Trial) -> None:
    found = of_target(trial)
    assert abs(found["first"]["value"]) < 0.01
    assert abs(found["twin"]["value"]) < 0.01
    both = gains([trial], {"both": ("a", "e")}, EVALUATION, 1)["churn"]["groups"]["both"]
    assert both["low"] > 0.05


def test_a_gain_is_the_loss_without_less_the_loss_with_all(trial: Trial) -> None:
    found = gains([trial], GROUPS, EVALUATION, 1)["churn"]
    rest = [name for name in trial.columns if name not in GROUPS["second"]]
    assert found["loss"] == trial.losses(trial.columns).mean()
    assert found["groups"]["second"]["value"] == pytest.approx(trial.losses(rest).mean() - found["loss"])
    assert found["gain"] == pytest.approx(trial.base_losses().mean() - found["loss"])


def test_the_halves_share_no_customer(panel: Panel, trial: Trial) -> None:
    owner = {row.tobytes(): customer for row, customer in zip(panel.x, panel.customer_id, strict=True)}
    first, second = ({owner[row.tobytes()] for row in half.x} for half in trial.known)
    assert first and second and not first & second


def test_the_interval_holds_the_chance_of_who_is_learnt_from(trial: Trial) -> None:
    found = gains([trial], GROUPS, EVALUATION, 1)["churn"]
    twice = replace(trial, known=(trial.known[0], trial.known[0]))
    sure = gains([twice], GROUPS, EVALUATION, 1)["churn"]
    assert sure["learning_error"] == 0.0 < found["learning_error"]
    values = [
        trial.losses([name for name in trial.columns if name not in columns]).mean(axis=1)
        - trial.losses(trial.columns).mean(axis=1)
        for columns in GROUPS.values()
    ]
    spread = np.mean([(one[0] - one[1]) ** 2 / 4 for one in values])
    assert found["learning_error"] == pytest.approx(np.sqrt(spread))
    for one in found["groups"].values():
        assert one["value"] - one["low"] > 1.9 * found["learning_error"]
        assert one["high"] - one["value"] > 1.9 * found["learning_error"]


def test_workers_change_no_bit(trial: Trial) -> None:
    assert of_target(trial, workers=1) == of_target(trial, workers=2)


def test_nothing_to_gain_has_no_shares(make_panel: Make) -> None:
    lost = make_panel(truth=lambda x, phase: 0.0 * x[:, 0])
    trial = trial_of(lost, CONTRACT, TRAIN, EVALUATION, NOW, rows=2000)
    assert isinstance(trial, Trial)
    found = gains([trial], {"noise": ("c", "d")}, EVALUATION, 1)["churn"]
    assert found["gain"] <= 0
    assert found["groups"]["noise"]["share"] is None
    assert shortlist([trial], {"noise": ("c", "d")}, 0.95, 1) == Shortlist({}, None, ())


def test_the_short_list_takes_one_of_two_that_tell_the_same_and_no_noise(trial: Trial) -> None:
    short = shortlist([trial], GROUPS, 0.95, 2)
    assert len(short.families) == 2
    assert short.families[0] in ("first", "twin")
    assert short.families[1] == "second"
    assert short.alone["first"] > 0.3 > short.alone["noise"]
    assert short.alone["first"] == pytest.approx(short.alone["twin"], abs=1e-3)
    assert short.phases is not None and abs(short.phases) < 0.05


def test_the_short_list_serves_every_target(make_panel: Make, panel: Panel, trial: Trial) -> None:
    other = replace(panel, y=(panel.x[:, 2] > 0).astype(np.float32))
    readiness = CONTRACT.model_copy(update={"target": "readiness"})
    noise = trial_of(other, readiness, TRAIN, EVALUATION, NOW, rows=1000)
    assert isinstance(noise, Trial)
    short = shortlist([trial, noise], GROUPS, 0.95, 2)
    assert set(short.families) in ({"first", "second", "noise"}, {"twin", "second", "noise"})


def test_without_a_target_there_is_no_short_list() -> None:
    assert shortlist([], GROUPS, 0.95, 1) == Shortlist({}, None, ())


def test_a_short_log_is_told(panel: Panel) -> None:
    short = panel.take(panel.cutoff_us == 0)
    assert trial_of(short, CONTRACT, TRAIN, EVALUATION, NOW, 1000) == NoTrial("too_short", {"days": 14})


def test_few_labels_are_told(panel: Panel) -> None:
    rare = replace(panel, y=np.where(panel.customer_id == 3, 1, 0).astype(np.float32))
    found = trial_of(rare, CONTRACT, TRAIN, EVALUATION, NOW, 5000)
    assert isinstance(found, NoTrial)
    assert found.reason == "few_labels"
    assert found.figures["positives"] < found.figures["least"] == 20


def test_lighter_trees_are_no_larger_than_asked_and_leave_nothing_to_chance(panel: Panel) -> None:
    asked = TrainSettings(lightgbm=LightGBMSettings(learning_rate=0.2, max_rounds=40, max_bin=31, seeds=5))
    light = lighter(asked).lightgbm
    assert (light.learning_rate, light.max_rounds, light.max_bin) == (0.2, 40, 31)
    trees = asked.model_copy(update={"estimators": ("lightgbm",)})
    first = trial_of(panel, CONTRACT, trees, EVALUATION, NOW, rows=9999)
    assert isinstance(first, Trial)
    other = replace(first, settings=first.settings.model_copy(update={"seed": 99}))
    assert (first.losses(("a", "b")) == other.losses(("a", "b"))).all()


def test_every_estimator_in_use_takes_part(panel: Panel) -> None:
    blend = TRAIN.model_copy(update={"estimators": ("logistic", "lightgbm")})
    found = trial_of(panel, CONTRACT, blend, EVALUATION, NOW, 1000)
    assert isinstance(found, Trial)
    assert set(found.tuned) == {"logistic", "lightgbm"}
    assert found.losses(("a", "b")).mean() < found.base_losses().mean() - 0.05
