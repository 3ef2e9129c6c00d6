"""The next best action on simulated worlds whose truth is known, and on a real randomised experiment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from models.actions.action_rule import Learning
from models.actions.candidates import comparable
from models.actions.decision_log import DecisionLog, decision_log
from models.actions.tournament import run_tournament
from models.next_action import train_phase
from models.settings import NextActionSettings

COLUMNS = (
    "recency", "freq", "monetary", "pv7", "open", "contacts", "dshare", "cart", "csat", "mobile", "noise",
)  # fmt: skip
ACTIONS = ("none", "email", "discount", "ad")
SETTINGS = NextActionSettings(num_threads=1, folds=3)


def sigma(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


@dataclass
class World:
    """Decisions in the decision phase by the equations of notes/next-best-action.md section 5a."""

    log: DecisionLog
    net: np.ndarray
    """True expected money after costs, rows x actions."""
    success: np.ndarray


def world(seed: int, n: int, kind: str = "linear", strength: float = 1.0, known: bool = True) -> World:
    rng = np.random.default_rng([seed, 2])
    u, s, z = rng.normal(size=(3, n))
    recency = np.minimum(rng.exponential(40 * np.exp(-0.4 * u)), 365)
    freq = rng.poisson(np.exp(-0.3 + 0.7 * u))
    monetary = np.exp(3.8 + 0.25 * u + 0.55 * rng.normal(size=n))
    mean = np.exp(1 + 0.6 * u)
    pv7 = rng.negative_binomial(2, 2 / (2 + mean))
    opens = 0.6 * rng.beta(2, 5, n) + 0.4 * sigma(-1 + 0.7 * u + 0.5 * rng.normal(size=n))
    contacts = rng.poisson(3, n)
    dshare = sigma(-1 + 0.9 * s + 0.5 * rng.normal(size=n))
    cart = np.exp(4 + 0.5 * z)
    csat = np.clip(np.round(3.8 + 0.4 * u + 0.9 * rng.normal(size=n)), 1, 5)
    mobile = rng.random(n) < 0.6
    x = np.column_stack(
        [recency, freq, monetary, pv7, opens, contacts, dshare, cart, csat, mobile, rng.normal(size=n)]
    ).astype(np.float32)
    base = -0.35 * (np.log1p(recency) - 3.3) + 0.25 * (np.log1p(pv7) - 1.2) + 0.1 * np.clip(freq - 1, -1, 4)
    effect = np.column_stack(
        [
            np.zeros(n),
            0.12 + 2.0 * (opens - 0.28) - 0.14 * (contacts - 3),
            0.20 + 2.4 * (dshare - 0.30) + 0.25 * (cart > 80),
            0.45 * (recency < 14) - 0.20 * mobile + 0.10,
        ]
    )
    if kind == "null":
        effect = np.broadcast_to(np.array([0.0, 0.15, 0.15, 0.15]), (n, 4))
    logit = np.log(0.30 / 0.70) + base
    success = sigma(logit[:, None] + strength * effect)
    worth = 0.40 * np.maximum(cart, 20)
    value = np.column_stack([worth, worth, worth - 0.10 * np.maximum(cart, 20), worth])
    cost = np.array([0, 0.02, 0.02, 0.04])
    rise = (logit - logit.mean()) / logit.std()
    score = np.column_stack(
        [0.3 - 0.3 * rise, 0.5 + 0.6 * rise + (opens - 0.28), 0.2 + 0.8 * rise, 0.2 + 0.4 * rise]
    )
    chance = 0.9 * np.exp(score) / np.exp(score).sum(axis=1, keepdims=True) + 0.1 / 4
    action = (rng.random(n)[:, None] > chance.cumsum(axis=1)).sum(axis=1)
    row = np.arange(n)
    outcome = (rng.random(n) < success[row, action]).astype(float)
    log = decision_log(
        COLUMNS,
        x,
        np.full(n, "decision", dtype=object),
        np.arange(n) // 2 + 1000,
        [ACTIONS[code] for code in action],
        [ACTIONS] * n,
        chance[row, action] if known else np.full(n, np.nan),
        outcome,
        outcome * value[row, action],
        cost[action],
    )
    position = [ACTIONS.index(name) for name in log.actions]
    return World(log, (success * value - cost)[:, position], success[:, position])


def truth_of(world_: World, name: str) -> float:
    return float(world_.net[:, world_.log.actions.index(name)].mean())


@pytest.fixture(scope="module")
def strong() -> tuple[World, dict, object]:
    one = world(1, 6000, strength=1.5)
    return one, *train_phase("decision", one.log, SETTINGS)


def test_strong_effects_with_known_propensities_are_personalised(strong):
    _, summary, policy = strong
    assert summary["state"] == "personalise"
    assert summary["propensities"]["mode"] == "known"
    assert summary["gain"]["low"] > 0
    fresh = world(77, 10_000, strength=1.5)
    chosen = policy.rule.net_value(fresh.log.x).argmax(axis=1)
    gain = fresh.net[np.arange(10_000), chosen].mean() - fresh.net.mean(axis=0).max()
    attainable = fresh.net.max(axis=1).mean() - fresh.net.mean(axis=0).max()
    assert gain > 0.5 * attainable


def test_personal_effects_rank_like_the_truth_and_their_intervals_hold_it(strong):
    _, _, policy = strong
    fresh = world(78, 8000, strength=1.5)
    true = fresh.success - fresh.success[:, [0]]
    predicted = policy.rule.effect(fresh.log.x)
    held = []
    for position, arm in enumerate(policy.rule.arms[1:], start=1):
        assert np.corrcoef(true[:, position], predicted[:, position])[0, 1] > 0.6
        effect, low, high = policy.effects[arm].near(predicted[:, position])
        for one in np.unique(effect):
            held.append(low[effect == one][0] < true[effect == one, position].mean() < high[effect == one][0])
    assert len(held) == 15
    assert np.mean(held) >= 0.8


def test_saved_policy_predicts_bit_for_bit_and_row_by_row(strong, tmp_path: Path):
    from models.actions.phase_policy import PhasePolicy

    one, _, policy = strong
    policy.save(tmp_path / "policy.json")
    again = PhasePolicy.load(tmp_path / "policy.json")
    for method in ("net_value", "effect"):
        whole = getattr(policy.rule, method)(one.log.x)
        assert np.array_equal(whole, getattr(again.rule, method)(one.log.x))
        assert np.array_equal(whole[17:18], getattr(again.rule, method)(one.log.x[17:18]))
    again.save(tmp_path / "second.json")
    assert (tmp_path / "second.json").read_bytes() == (tmp_path / "policy.json").read_bytes()


def test_dr_intervals_cover_the_truth_and_are_not_endless():
    """20 intervals of 95 %: fewer than 16 that cover has a chance below 1 in 300."""
    covered, width = 0, []
    for seed in range(20, 25):
        one = world(seed, 4000)
        found = comparable(one.log, SETTINGS)
        assert found.candidates is not None
        entries = run_tournament(found.candidates, Learning(2, 0.02, 1.0, 7, 1), 200, 0.95).entries
        for name in one.log.actions:
            value = entries[name].value
            covered += value.low <= truth_of(one, name) <= value.high
            width.append((value.high - value.low) / truth_of(one, name))
    assert covered >= 16
    assert np.mean(width) < 0.3


@pytest.mark.parametrize("seed", [4, 5])
def test_null_world_is_not_personalised(seed: int):
    one = world(seed, 4000, kind="null")
    assert train_phase("decision", one.log, SETTINGS)[0]["state"] != "personalise"


def test_estimated_propensities_never_personalise_and_say_so():
    one = world(1, 6000, strength=1.5, known=False)
    summary, _ = train_phase("decision", one.log, SETTINGS)
    assert summary["gain"]["low"] > 0
    assert summary["state"] == "explore more"
    assert "experiment" in summary["reason"]["en"] and "experiment" in summary["reason"]["nl"]
    assert summary["propensities"]["warning"].startswith("estimated propensities")
    assert summary["propensities"]["log_loss"] < summary["propensities"]["base_log_loss"]


def confounded(seed: int, n: int = 6000) -> DecisionLog:
    """Good customers get the e-mail, which does nothing; the poor ones get the call, which helps."""
    rng = np.random.default_rng(seed)
    rich = rng.normal(size=n)
    lean = np.column_stack([np.zeros(n), 1.2 * rich, -1.2 * rich])
    chance = np.exp(lean) / np.exp(lean).sum(axis=1, keepdims=True)
    chance = 0.8 * chance + 0.2 / 3
    action = (rng.random(n)[:, None] > chance.cumsum(axis=1)).sum(axis=1)
    outcome = rng.random(n) < sigma(-0.5 + 1.5 * rich) + 0.10 * (action == 2)
    names = np.array(["none", "email", "call"])
    return decision_log(
        ("rich",),
        rich[:, None].astype(np.float32),
        ["decision"] * n,
        np.arange(n),
        names[action].tolist(),
        [names.tolist()] * n,
        chance[np.arange(n), action],
        outcome.astype(float),
        10.0 * outcome,
        np.zeros(n),
    )


@pytest.mark.parametrize("known", [True, False])
def test_confounded_log_gets_the_right_action_where_raw_means_get_the_wrong_one(known: bool):
    log = confounded(3)
    if not known:
        log.propensity[:] = np.nan
    summary, _ = train_phase("decision", log, SETTINGS)
    raw = {name: arm["mean_value"] for name, arm in summary["arms"].items()}
    assert max(raw, key=raw.get) == "email"
    assert summary["best_constant"] == "call"
    assert summary["recommended"] == ("call" if known else "none")
    effect = summary["effects"]["call"]["effect"]
    assert effect["low"] < 0.10 < effect["high"]
    assert summary["effects"]["email"]["effect"]["low"] < 0 < summary["effects"]["email"]["effect"]["high"]


def test_same_log_same_bytes(tmp_path: Path):
    from models.next_action import train_next_action

    log = confounded(9, 2500)
    for name in ("first", "second"):
        train_next_action(log, SETTINGS, tmp_path / name, ["decision"])
    for file in ("tournament.json", "decision/policy.json"):
        assert (tmp_path / "first" / file).read_bytes() == (tmp_path / "second" / file).read_bytes()


@pytest.mark.real_data
def test_hillstrom_mens_above_womens_above_none_and_no_false_personalising(data_dir: Path):
    """A real randomised experiment on which nobody has shown a gain over one e-mail for all."""
    table = pq.read_table(data_dir / "hillstrom" / "hillstrom.parquet").to_pandas()
    table = table.sample(15_000, random_state=1)
    numbers = ["recency", "history", "mens", "womens", "newbie"]
    for column, word in (
        ("zip_code", "Urban"),
        ("zip_code", "Rural"),
        ("channel", "Phone"),
        ("channel", "Web"),
    ):
        table[word] = (table[column] == word).astype(float)
        numbers.append(word)
    arm = {"Mens E-Mail": "mens", "Womens E-Mail": "womens", "No E-Mail": "none"}
    n = len(table)
    log = decision_log(
        numbers,
        table[numbers].to_numpy(np.float32),
        ["retention"] * n,
        np.arange(n),
        table["segment"].map(arm).tolist(),
        [["none", "mens", "womens"]] * n,
        np.full(n, 1 / 3),
        table["visit"].to_numpy(float),
        table["visit"].to_numpy(float),
        np.zeros(n),
    )
    summary, _ = train_phase("retention", log, SETTINGS)
    values = {row["name"]: row["value"] for row in summary["policies"]}
    assert values["mens"] > values["womens"] > values["none"]
    assert summary["effects"]["mens"]["effect"]["low"] > 0.05
    assert summary["recommended"] == "mens"
    assert summary["state"] != "personalise"
