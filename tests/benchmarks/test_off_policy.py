from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.next_action.off_policy import Cell, failures, measure, prepare
from benchmarks.next_action.open_bandit_reference import BEHAVIOURS, CAMPAIGNS, POLICIES, policy, reward_model
from models.actions.action_rule import Candidates
from models.actions.policy_value import Reading, value_of_policy
from models.offpolicy import dm, dr, ips, sndr, snips, switch_dr


@pytest.fixture(scope="module")
def reference(repo: Path) -> dict:
    return json.loads((repo / "benchmarks/next_action/open_bandit_reference.json").read_text())


def logged(folder: Path, campaign: str, behaviour: str) -> tuple[pd.DataFrame, np.ndarray]:
    items = len(pd.read_parquet(folder / f"bts_{campaign}_item_context.parquet"))
    shown = pd.read_parquet(folder / f"bts_{campaign}.parquet", columns=["item_id"])["item_id"]
    return pd.read_parquet(folder / f"{behaviour}_{campaign}.parquet"), np.bincount(shown, minlength=items)


@pytest.mark.real_data
@pytest.mark.parametrize("campaign", CAMPAIGNS)
@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_every_estimator_gives_the_figure_of_the_open_bandit_pipeline(
    data_dir, reference, campaign, behaviour
):
    log, impressions = logged(data_dir / "open_bandit_sample", campaign, behaviour)
    n, item, click = len(log), log["item_id"].to_numpy(), log["click"].to_numpy(dtype=float)
    model = reward_model(n, len(impressions))
    for name in POLICIES:
        target = policy(name, item, click, impressions)
        plain = (click, target[item], log["propensity_score"].to_numpy())
        expected = model @ target
        modelled = (*plain, model[np.arange(n), item], expected)
        ours = {
            "ips": ips(*plain).value,
            "snips": snips(*plain).value,
            "dr": dr(*modelled).value,
            "sndr": sndr(*modelled).value,
            "switch_dr": switch_dr(*modelled, threshold=reference["switch"]).value,
            "dm": dm(expected),
        }
        theirs = reference["values"][f"{campaign}/{behaviour}/{name}"]
        assert set(ours) == set(theirs)
        for kind, value in theirs.items():
            assert ours[kind] == pytest.approx(value, abs=1e-12), (name, kind)


@pytest.mark.real_data
def test_a_thompson_log_cannot_value_another_policy_and_a_uniform_log_can(data_dir):
    """The same question in both directions: men, from uniform to Thompson sampling's shares and back."""
    found = {}
    for behaviour, name in (("random", "shares"), ("bts", "uniform")):
        log, impressions = logged(data_dir / "open_bandit_sample", "men", behaviour)
        n, items = len(log), len(impressions)
        item, click = log["item_id"].to_numpy(), log["click"].to_numpy(dtype=float)
        zero = np.zeros((n, 0), np.float32)
        decisions = Candidates(
            tuple(map(str, range(items))), zero, np.zeros(n, np.float32), np.arange(n), item,
            np.ones((n, items), bool), log["propensity_score"].to_numpy(), click, click, np.zeros(items),
        )  # fmt: skip
        target = np.tile(policy(name, item, click, impressions), (n, 1))
        found[behaviour] = value_of_policy(target, decisions, np.zeros((n, items)), Reading(floor=1e-6))
    assert found["random"].evaluable
    # Thompson sampling's own click rate on the sample is 0.0069.
    assert found["random"].estimates["dr"].low < 0.0069 < found["random"].estimates["dr"].high
    assert found["bts"].support.max_weight > 100
    assert found["bts"].support.ess < 0.1 * found["bts"].support.n


def small(cell: Cell, replicates: int) -> dict:
    """Below 2,000 rows the models are linear, and quick."""
    return measure(prepare(cell, 11, pool=1900, learn=1500), cell, replicates, 11)


@pytest.fixture(scope="module")
def easy() -> dict:
    return small(Cell("decision", 3000), 40)


def test_known_propensities_give_unbiased_figures_whose_intervals_cover(easy):
    each = easy["propensities"]["known"]["estimators"]
    for kind in ("ips", "snips", "dr", "sndr"):
        assert abs(each[kind]["bias"]) < 0.03, kind
        assert each[kind]["coverage"] >= 0.85, kind
    assert each["dr"]["rmse"] < each["ips"]["rmse"]
    assert "coverage" not in each["dm"]


def test_a_log_with_weak_overlap_is_refused(easy):
    weak = small(Cell("advocacy", 600, 3.0, 0.02), 10)
    assert weak["propensities"]["known"]["refused"] == 1
    assert weak["propensities"]["known"]["estimators"] == {}
    assert easy["propensities"]["known"]["refused"] == 0


def test_under_a_hidden_driver_the_band_holds_the_gain():
    hidden = small(Cell("decision", 3000, h=0.8, hid=0.8), 20)
    bands = {band["gamma"]: band for band in hidden["sensitivity"] if band["over"] == "none"}
    assert bands[2.0]["coverage"] >= 0.95 > bands[1.0]["coverage"]
    assert bands[1.0]["width"] < bands[1.25]["width"] < bands[2.0]["width"]
    estimated, known = (
        hidden["propensities"][name]["estimators"]["ips"]["bias"] for name in ("estimated", "known")
    )
    assert estimated > known + 0.01


def test_failures_name_the_estimator_that_covers_too_seldom(easy):
    worse = json.loads(json.dumps(easy))
    worse["propensities"]["known"]["estimators"]["dr"] |= {"coverage": 0.8, "rmse": 9.0}
    told = " ".join(failures(worse))
    assert "dr covers 0.800" in told and "DR has a larger error than IPS" in told
