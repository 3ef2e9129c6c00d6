from collections.abc import Callable
from dataclasses import replace

import numpy as np

from features.settings import LabelContract
from models.baselines.one_cutoff_lightgbm import BASELINE
from models.panel import Panel

CONTRACT = LabelContract(target="churn", horizon_days=28)
Make = Callable[..., Panel]


def test_it_reads_rfm_and_windows_and_nothing_else(make_panel: Make) -> None:
    panel = make_panel()
    names = ("frequency__orders__28d", "monetary__spend__84d", "frequency__page_view__28d", "sessions__visits__7d",
             *panel.columns[4:])  # fmt: skip
    panel = replace(panel, columns=names)
    expected = ("frequency__orders__28d", "monetary__spend__84d", "recency__order", "frequency__orders",
                "monetary__order_value")  # fmt: skip
    fitted = BASELINE.fit(panel, CONTRACT)
    assert fitted.columns == expected
    others = panel.x.copy()
    others[:, [place for place, name in enumerate(names) if name not in expected]] += 7
    assert np.array_equal(fitted.predict(panel), fitted.predict(replace(panel, x=others)))


def test_it_learns_from_the_newest_cutoff_only_and_twice_the_same(make_panel: Make) -> None:
    panel = make_panel()
    old = panel.cutoff_us < panel.cutoff_us.max()
    changed = replace(panel, y=np.where(old, 0, panel.y))
    one, two = (BASELINE.fit(rows, CONTRACT).predict(panel) for rows in (panel, changed))
    assert np.array_equal(one, two)


def test_it_fits_its_own_rows_closely_as_defaults_do(make_panel: Make) -> None:
    panel = make_panel(customers=600, cutoffs=1)
    p = BASELINE.fit(panel, CONTRACT).predict(panel)
    assert p[panel.y == 1].mean() - p[panel.y == 0].mean() > 0.5


def test_nothing_that_varies_gives_the_share(make_panel: Make) -> None:
    panel = make_panel()
    flat = replace(panel, x=np.ones_like(panel.x))
    p = BASELINE.fit(flat, CONTRACT).predict(panel)
    newest = panel.y[panel.cutoff_us == panel.cutoff_us.max()]
    assert np.allclose(p, (newest.sum() + 1) / (len(newest) + 2))


def test_nobody_to_predict_is_no_crash(make_panel: Make) -> None:
    panel = make_panel()
    nobody = panel.take(np.zeros(len(panel), np.bool_))
    assert BASELINE.fit(panel, CONTRACT).predict(nobody).shape == (0,)
