"""What is usual is learnt from the past, and an incident does not become usual before it has lasted."""

from __future__ import annotations

import numpy as np
import pytest

from models.monitoring.usual import LASTS, log_ratio, psi, share, walk


@pytest.mark.parametrize("rows", [200, 2_000, 200_000])
def test_the_index_of_equal_populations_is_near_nothing_at_any_size(rows: int) -> None:
    rng = np.random.default_rng(rows)
    counts = rng.multinomial(rows, [0.1] * 10, size=200).astype(float)
    assert float(psi(counts[:100], counts[100:]).max()) < 30 / rows


def test_equal_shares_are_not_apart_more_often_than_chance_says() -> None:
    rng = np.random.default_rng(1)
    yes = rng.binomial(500, 0.2, size=(2, 2000))
    counts = np.stack([yes, 500 - yes], axis=-1).astype(float)
    assert (share(counts[0], counts[1]) > 0).mean() < 0.01
    assert (
        log_ratio(rng.poisson(50, (2000, 1)) * 1.0, rng.poisson(400, (2000, 1)) * 1.0, 8.0) > 0
    ).mean() < 0.01


def test_an_incident_is_told_until_it_is_how_things_are() -> None:
    weeks = np.array([100.0] * 10 + [10.0] * 8)[:, None]
    found = walk(weeks, log_ratio, reference=8, limit=0.3, beyond=1.5, both=False)
    assert np.flatnonzero(found.out).tolist() == list(range(10, 10 + LASTS))
    shorter = walk(weeks[:12], log_ratio, reference=8, limit=0.3, beyond=1.5, both=False)
    assert int(shorter.since()) == 10


def test_what_moves_as_much_every_time_is_usual() -> None:
    rising = np.array([[float(20 * place), 1000.0 - 20 * place] for place in range(1, 12)])
    assert not walk(rising, share, reference=3, limit=0.01, beyond=1.5).out[4:].any()


def test_series_do_not_touch_each_other() -> None:
    calm, broken = np.full((8, 1), 50.0), np.full((8, 1), 50.0)
    broken[-1] = 0
    found = walk(np.stack([calm, broken]), log_ratio, reference=4, limit=0.3, beyond=1.5, both=False)
    assert found.out[:, -1].tolist() == [False, True]
    assert found.by_chance() == 0.0


def test_nothing_to_compare_is_no_alarm() -> None:
    found = walk(np.zeros((3, 5, 4)), psi, reference=2, limit=0.1, beyond=1.5)
    assert not found.out.any() and found.compared == 0 and found.by_chance() is None
