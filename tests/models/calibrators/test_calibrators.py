import json
from pathlib import Path

import numpy as np
import pytest

from features.errors import InputError
from models.calibration import Calibration, Outcomes, calibrators
from models.estimators._base import log_losses, logit, sigmoid
from models.json_files import read_json, write_json

KINDS = sorted(calibrators())


def world(n: int = 6000, slope: float = 0.5, shift: float = -0.7, seed: int = 1) -> Outcomes:
    """Probabilities that are too sure of themselves and too high."""
    rng = np.random.default_rng(seed)
    p = sigmoid(rng.normal(0, 1.5, n))
    y = rng.random(n) < sigmoid(slope * logit(p) + shift)
    return Outcomes(p, y.astype(np.float32))


@pytest.mark.parametrize("kind", KINDS)
def test_it_takes_back_what_is_wrong(kind: str) -> None:
    fresh = world(seed=2)
    p = Calibration.fit(kind, world()).apply(fresh.p)
    truth = sigmoid(0.5 * logit(fresh.p) - 0.7)
    assert np.abs(p - truth).mean() < 0.02 < np.abs(fresh.p - truth).mean()
    assert log_losses(fresh.y, p).mean() < log_losses(fresh.y, fresh.p).mean() - 0.05


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("slope", [0.5, -1.0])
def test_customers_keep_their_order_whatever_the_outcomes(kind: str, slope: float) -> None:
    p = np.sort(np.random.default_rng(4).random(5000))
    calibrated = Calibration.fit(kind, world(slope=slope)).apply(p)
    assert (np.diff(calibrated) > 0).all()
    ties = Calibration.fit(kind, world(slope=slope)).apply(np.repeat(p[:10], 3))
    assert len(np.unique(ties)) == 10


@pytest.mark.parametrize("kind", KINDS)
def test_saved_and_loaded_it_gives_the_same_bits(kind: str, tmp_path: Path) -> None:
    found = Calibration.fit(kind, world())
    write_json(tmp_path / "model.json", {"calibration": found.as_json()})
    loaded = Calibration.from_json(read_json(tmp_path / "model.json")["calibration"])
    p = world(seed=3).p
    assert loaded == found
    assert np.array_equal(loaded.apply(p), found.apply(p))


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_does_not_depend_on_its_batch_nor_the_fit_on_the_order(kind: str) -> None:
    outcomes = world()
    found = Calibration.fit(kind, outcomes)
    p = outcomes.p[:500]
    whole = found.apply(p)
    assert np.array_equal(found.apply(p[::-1])[::-1], whole)
    assert [found.apply(p[place : place + 1])[0] for place in range(0, 500, 37)] == whole[::37].tolist()
    mixed = Calibration.fit(kind, Outcomes(outcomes.p[::-1], outcomes.y[::-1]))
    assert np.allclose(mixed.apply(p), whole, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "outcomes",
    [
        Outcomes(np.array([0.3]), np.ones(1, np.float32)),
        Outcomes(np.full(50, 0.3), np.zeros(50, np.float32)),
        Outcomes(np.linspace(0, 1, 50), np.ones(50, np.float32)),
        Outcomes(np.repeat([0.0, 1.0], 50), np.repeat([0, 1], 50).astype(np.float32)),
    ],
    ids=["one row", "one probability, one outcome", "one outcome", "perfectly told apart"],
)
def test_thin_data_gives_probabilities(kind: str, outcomes: Outcomes) -> None:
    p = Calibration.fit(kind, outcomes).apply(np.array([0.0, 1e-12, 0.3, 1.0]))
    assert np.isfinite(p).all() and ((p >= 0) & (p <= 1)).all()
    assert (np.diff(p) >= 0).all()
    assert Calibration.fit(kind, outcomes).apply(np.zeros(0)).shape == (0,)


def test_an_unknown_kind_is_named() -> None:
    content = json.loads('{"kind": "spline", "numbers": {}}')
    with pytest.raises(InputError, match="unknown calibration 'spline'; allowed: logistic, beta, isotonic"):
        Calibration.from_json(content)
