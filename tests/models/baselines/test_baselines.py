from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from features.errors import InputError
from features.settings import LabelContract
from models.backtesting import baselines
from models.baselines._base import Baseline, newest, rfm
from models.panel import Panel

CONTRACT = LabelContract(target="churn", horizon_days=28)
Make = Callable[..., Panel]


#: BG/NBD looks at orders, not at labels: test_bg_nbd.py.
@pytest.fixture(params=sorted(set(baselines()) - {"bg_nbd"}))
def baseline(request: pytest.FixtureRequest) -> Baseline:
    return baselines()[request.param]


def test_probabilities_for_every_row(baseline: Baseline, make_panel: Make) -> None:
    panel = make_panel()
    p = baseline.fit(panel, CONTRACT).predict(panel)
    assert p.shape == (len(panel),)
    assert ((p > 0) & (p < 1)).all()
    assert abs(p.mean() - newest(panel).y.mean()) < 0.05


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_one_class_and_no_rows_are_no_crash(baseline: Baseline, make_panel: Make, label: float) -> None:
    panel = make_panel()
    one_class = replace(panel, y=np.full_like(panel.y, label))
    assert np.ptp(baseline.fit(one_class, CONTRACT).predict(panel)) == 0
    nothing = panel.take(np.zeros(len(panel), np.bool_))
    assert (baseline.fit(nothing, CONTRACT).predict(panel) == 0.5).all()


def test_recency_is_monotone_in_the_direction_of_the_data(make_panel: Make) -> None:
    panel = make_panel()
    days = panel.column("recency__order")
    for y in (panel.y, 1 - panel.y):
        p = baselines()["recency"].fit(replace(panel, y=y), CONTRACT).predict(panel)
        steps = np.diff(p[np.argsort(days)])
        assert (steps >= 0).all() or (steps <= 0).all()
        assert np.corrcoef(days, p)[0, 1] * np.corrcoef(days, y)[0, 1] > 0


def test_rfm_logistic_learns_from_the_newest_cutoff_only(make_panel: Make) -> None:
    panel = make_panel()
    old = panel.cutoff_us < panel.cutoff_us.max()
    changed = replace(panel, y=np.where(old, 0, panel.y))
    one, two = (baselines()["rfm_logistic"].fit(rows, CONTRACT).predict(panel) for rows in (panel, changed))
    assert np.array_equal(one, two)
    assert len(newest(panel)) == 300


def test_visitors_are_read_by_their_visits(make_panel: Make) -> None:
    panel = make_panel()
    names = ("recency__behaviour", "sessions__visits__7d", "sessions__visits__28d", "sessions__visit_depth")
    panel = replace(panel, x=np.abs(panel.x[:, :4]), columns=names)
    visitors = LabelContract(target="churn", horizon_days=7, active_event="behaviour")
    assert np.array_equal(rfm(panel, visitors)[:, 1], np.log1p(panel.x[:, 2], dtype=np.float64))


def test_a_family_switched_off_is_named(make_panel: Make) -> None:
    panel = make_panel()
    panel = replace(panel, x=panel.x[:, :4], columns=panel.columns[:4])
    with pytest.raises(InputError, match=r"'recency__order'.*add 'recency' to features\.families"):
        rfm(panel, CONTRACT)
