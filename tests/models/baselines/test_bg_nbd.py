from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pytest

from features.settings import LabelContract
from models.baselines._base import missing
from models.baselines._bg_nbd_law import BgNbdLaw, Buying
from models.baselines.bg_nbd import BASELINE, histories
from models.panel import Panel

BUY = LabelContract(target="readiness", horizon_days=56)
CHURN = LabelContract(target="churn", horizon_days=56)
TRUE = (0.8, 6.0, 0.9, 2.5)
#: Estimates of Fader, Hardie and Lee (2005), table 2: the 1/10 sample of CDNOW, 39 weeks, time in weeks.
PUBLISHED = (0.243, 4.414, 0.793, 2.426)
Make = Callable[..., Panel]


def test_the_law_is_found_again(make_buyers: Make) -> None:
    panel = make_buyers(customers=20_000, law=TRUE)
    law = BASELINE.fit(panel, BUY).law
    assert law is not None
    assert np.allclose([law.r, law.alpha, law.a, law.b], TRUE, rtol=0.15)


def test_the_slopes_are_those_of_the_likelihood(make_buyers: Make) -> None:
    from models.baselines._bg_nbd_law import _log_likelihoods

    buying, _ = histories(make_buyers(customers=200), BUY)
    at = np.array(TRUE)
    _, slopes = _log_likelihoods(at, buying)
    for place in range(4):
        step = np.zeros(4)
        step[place] = 1e-6
        up, down = (_log_likelihoods(at + sign * step, buying)[0] for sign in (1, -1))
        assert np.allclose(slopes[place], (up - down) / 2e-6, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("gap_days", [0, 28])
def test_probabilities_are_right_for_frequent_and_for_rare_buyers(make_buyers: Make, gap_days: int) -> None:
    panel = make_buyers(customers=40_000, law=TRUE, gap=gap_days / 7)
    contract = BUY.model_copy(update={"gap_days": gap_days})
    law = BgNbdLaw(*TRUE)
    buying, bought = histories(panel, contract)
    assert bought.all()
    p = law.orders_within(buying, gap_days / 7, 8.0)
    for group in (buying.repeats == 0, buying.repeats == 2, buying.repeats > 4):
        off = abs(p[group].mean() - panel.y[group].mean())
        assert off < 4 * np.sqrt(0.25 / group.sum()), (gap_days, off)


def test_a_gap_can_only_lower_the_probability_and_no_gap_is_its_limit() -> None:
    rng = np.random.default_rng(3)
    repeats = rng.integers(0, 300, 500).astype(np.float64)
    age = rng.uniform(0.1, 100, 500)
    buying = Buying(repeats, np.where(repeats > 0, age * rng.uniform(0.01, 1, 500), 0.0), age)
    none, hair, long = (BgNbdLaw(*PUBLISHED).orders_within(buying, gap, 4.0) for gap in (0.0, 1e-9, 40.0))
    assert np.allclose(none, hair, atol=1e-7)
    assert (long <= none + 1e-12).all() and (long >= 0).all() and (none <= 1).all()


def test_churn_is_no_order(make_buyers: Make) -> None:
    panel = make_buyers()
    buys, leaves = (BASELINE.fit(panel, contract).predict(panel) for contract in (BUY, CHURN))
    assert np.allclose(buys + leaves, 1, atol=1e-9)
    assert np.mean(buys[panel.y == 1]) > np.mean(buys[panel.y == 0]) + 0.1


def test_a_row_alone_and_in_any_order_is_predicted_the_same_and_learning_too(make_buyers: Make) -> None:
    panel = make_buyers()
    mixed = replace(panel, **{name: getattr(panel, name)[::-1] for name in
                              ("customer_id", "cutoff_us", "phase", "x", "y", "population")})  # fmt: skip
    fitted = BASELINE.fit(panel, BUY)
    assert BASELINE.fit(mixed, BUY) == fitted
    p = fitted.predict(panel)
    assert np.allclose(fitted.predict(mixed)[::-1], p, rtol=1e-12)
    alone = fitted.predict(panel.take(np.arange(len(panel)) == 7))
    assert np.allclose(alone, p[7], rtol=1e-12)


def test_labels_do_not_matter_to_who_has_ordered(make_buyers: Make) -> None:
    panel = make_buyers()
    other = replace(panel, y=1 - panel.y)
    assert np.array_equal(BASELINE.fit(panel, BUY).predict(panel), BASELINE.fit(other, BUY).predict(panel))


def test_who_never_ordered_gets_the_share_of_their_like(make_buyers: Make) -> None:
    panel = make_buyers(customers=1000)
    x, y = panel.x.copy(), panel.y.copy()
    x[:100, :3] = [0, 0, 730]
    y[:100] = np.tile([1, 0, 0, 0], 25)
    panel = replace(panel, x=x, y=y)
    p = BASELINE.fit(panel, BUY).predict(panel)
    assert np.allclose(p[:100], 26 / 102)
    assert len(np.unique(p[100:])) > 100


@pytest.mark.parametrize("case", ["nobody", "one customer", "nobody ordered", "nobody came back"])
def test_thin_data_gives_the_share_of_label_1(make_buyers: Make, case: str) -> None:
    panel = make_buyers(customers=500)
    x = panel.x.copy()
    if case == "nobody ordered":
        x[:, :3] = [0, 0, 730]
    if case == "nobody came back":
        x[:, 0], x[:, 2] = 1 / np.maximum(x[:, 1], 7), x[:, 1]
    rows = replace(panel, x=x)
    rows = rows.take(np.arange(500) < {"nobody": 0, "one customer": 1}.get(case, 500))
    p = BASELINE.fit(rows, BUY).predict(panel)
    expected = (rows.y.sum() + 1) / (len(rows) + 2)
    assert np.allclose(p, expected)


def test_extreme_histories_stay_inside(make_buyers: Make) -> None:
    panel = make_buyers(customers=300)
    x = panel.x.copy()
    # Ordered daily for two years and then stopped; ordered once, a minute ago; everything at once.
    x[0, :3], x[1, :3], x[2, :3] = [0.7, 730, 365], [1 / 7, 0.001, 0.001], [1, 700, 0.001]
    p = BASELINE.fit(panel, BUY.model_copy(update={"gap_days": 30})).predict(replace(panel, x=x))
    assert np.isfinite(p).all() and ((p > 0) & (p < 1)).all()
    assert p[0] < 0.01 < 0.99 < p[2] + 0.5


@pytest.mark.parametrize(
    ("contract", "columns", "said"),
    [
        (LabelContract(target="churn", horizon_days=7, event="behaviour", active_event="behaviour"), 3, "about orders"),
        (BUY, 2, "add 'recency' to features.families"),
        (BUY, 0, "add 'cadence' to features.families"),
    ],
)  # fmt: skip
def test_what_is_missing_is_said(make_buyers: Make, contract: LabelContract, columns: int, said: str) -> None:
    panel = make_buyers(customers=5)
    panel = replace(panel, x=panel.x[:, :columns], columns=panel.columns[:columns])
    assert said in missing(panel, contract, BASELINE.reads)


@pytest.mark.real_data
def test_the_published_estimates_of_cdnow_are_found(data_dir: Path) -> None:
    """``cdnow_tenth.txt`` holds the customers of the sample of the paper, as steps from one id to the next."""
    steps = (Path(__file__).parent / "cdnow_tenth.txt").read_text().split()
    tenth = [f"{number:05d}" for number in np.cumsum([int(step) for step in steps])]
    with duckdb.connect() as db:
        table = db.execute(
            f"""
            with days as (select distinct customer_id, date from '{data_dir / "cdnow/cdnow_master.parquet"}'
                          where date < date '1997-01-01' + 273 and list_contains(?, customer_id))
            select count(*) - 1.0 as repeats, (max(date) - min(date)) / 7.0 as last,
                   (date '1997-01-01' + 272 - min(date)) / 7.0 as age
            from days group by customer_id order by customer_id
            """,
            [tenth],
        ).fetchnumpy()
    buying = Buying(*(np.asarray(table[name], dtype=np.float64) for name in ("repeats", "last", "age")))
    assert len(buying.age) == 2357
    law = BgNbdLaw.learn(buying)
    assert np.allclose([law.r, law.alpha, law.a, law.b], PUBLISHED, atol=5e-4)
    assert round(law.log_likelihoods(buying).sum(), 1) == -9582.4
