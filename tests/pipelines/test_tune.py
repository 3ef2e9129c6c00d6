"""Command ``tune``: it reports, leaves params.yaml alone unless asked and sure, and names what cannot be tuned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from features.errors import InputError
from models.tuning.samplers import RandomSampler
from pipelines import tune
from pipelines.params import load_params


@pytest.fixture(autouse=True)
def plain_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same search whether optuna is installed or not."""
    monkeypatch.setattr(
        tune,
        "sampler_of",
        lambda knobs, penalties, seed, study, storage: RandomSampler(knobs, penalties, seed),
    )


def tuned(shop: Path, **kwargs: Any) -> list[str]:
    return tune.run(shop, trials=1, rows=500, cutoffs=1, track=False, **kwargs)


def content(shop: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shop / "reports/tuning.json").read_text())
    return found


def test_a_study_is_reported_and_the_same_twice(shop: Path) -> None:
    before = (shop / "params.yaml").read_bytes()
    told = tuned(shop)
    first = (shop / "reports/tuning.json").read_bytes()
    assert tuned(shop) == told
    assert (shop / "reports/tuning.json").read_bytes() == first
    assert (shop / "params.yaml").read_bytes() == before
    found = content(shop)
    assert found["asked"] == ["churn", "readiness"]
    assert [trial["trial"] for trial in found["trials"]] == [0, 1]
    assert found["default"]["lightgbm.num_leaves"] == load_params(shop).train.lightgbm.num_leaves
    for one in found["targets"].values():
        assert one["low"] <= one["gain"] <= one["high"]
    assert any("log loss" in line for line in told)


@pytest.mark.parametrize(
    ("decided", "said", "writes"),
    [("noise", "the defaults stay: gain within noise", False), ("harms", "loss for another", False),
     ("better", "run dvc repro", True)],
)  # fmt: skip
def test_params_yaml_is_written_only_when_the_gain_is_beyond_noise(
    shop: Path, monkeypatch: pytest.MonkeyPatch, decided: str, said: str, writes: bool
) -> None:
    monkeypatch.setattr(tune, "verdict", lambda found, asked: decided)
    one = {"default": 0.5, "best": 0.4, "gain": 0.1, "low": 0.0, "high": 0.2}
    monkeypatch.setattr(tune, "search", lambda *given: [])
    monkeypatch.setattr(tune, "compared", lambda *given: one)

    class Winner:
        number, loss, stopped, running = 1, 0.1, False, (0.1,)
        values = {"lightgbm.num_leaves": 33}  # noqa: RUF012

    monkeypatch.setattr(tune, "best", lambda tried: Winner())
    before = (shop / "params.yaml").read_bytes()
    told = tuned(shop, write=True)
    assert said in told[-1]
    assert ((shop / "params.yaml").read_bytes() != before) == writes
    assert (load_params(shop).train.lightgbm.num_leaves == 33) == writes
    assert content(shop)["written"] == ({"train.lightgbm.num_leaves": 33} if writes else {})
    if writes:
        (shop / "params.yaml").write_bytes(before)
        assert "--write" in tuned(shop)[-1]
        assert (shop / "params.yaml").read_bytes() == before


def test_one_target_is_tuned_and_the_other_still_judged(shop: Path) -> None:
    tuned(shop, target="churn")
    found = content(shop)
    assert found["asked"] == ["churn"]
    assert set(found["targets"]) == {"churn", "readiness"}


def test_what_cannot_be_tuned_is_said(shop: Path) -> None:
    with pytest.raises(InputError, match="churn, readiness"):
        tuned(shop, target="next_action")
    params = shop / "params.yaml"
    params.write_text(params.read_text().replace("test_cutoffs: 2", "test_cutoffs: 12"))
    with pytest.raises(InputError, match="churn: not eligible"):
        tuned(shop)
