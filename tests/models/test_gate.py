from __future__ import annotations

import numpy as np
import pytest

from models.actions.action_rule import Candidates
from models.actions.gate import Unproven, judge
from models.actions.tournament import LOGGED, PERSONALISED, RANDOM, Entry
from models.offpolicy import Support, clustered_mean

N = 3000
NOISE = np.random.default_rng(0).normal(size=(N, 3))
NOISE -= NOISE.mean(axis=0)  # so that the gains below are what they say


def entry(name: str, scores: np.ndarray, evaluable: bool = True) -> Entry:
    value = clustered_mean(scores)
    return Entry(name, Support(N, 900.0, 4.0), 0.0, evaluable, value, scores, {})


def judged(
    mail: float,
    personal: float,
    known: bool = True,
    silent: str = "",
    days: int = 1,
    unproven: Unproven = "nothing",
    **others: float,
):
    scores = {
        "none": 10 + NOISE[:, 0],
        "mail": 10 + mail + NOISE[:, 1],
        PERSONALISED: 10 + mail + personal + NOISE[:, 2],
        LOGGED: NOISE[:, 0],
        RANDOM: NOISE[:, 0],
        **{name: 10 + mail + gain + NOISE[:, 2] for name, gain in others.items()},
    }
    entries = {name: entry(name, one, name != silent) for name, one in scores.items()}
    log = Candidates(
        ("none", "mail"), np.zeros((N, 1), np.float32), (np.arange(N) % days).astype(np.float32), np.arange(N),
        np.zeros(N, np.int64), np.ones((N, 2), bool), np.full(N, 0.5), np.zeros(N), np.zeros(N), np.zeros(2),
    )  # fmt: skip
    return judge(entries, log, known, 0.95, unproven)


def test_a_proven_gain_personalises_only_with_known_propensities():
    assert judged(0.3, 0.5).state == "personalise"
    doubtful = judged(0.3, 0.5, known=False)
    assert doubtful.state == "explore more"
    assert doubtful.recommended == "none"
    assert "no unlogged driver" in doubtful.reason["en"]


def test_an_action_for_all_goes_live_only_with_known_propensities():
    assert (judged(0.3, -0.2).state, judged(0.3, -0.2).recommended) == ("constant", "mail")
    doubtful = judged(0.3, -0.2, known=False)
    assert (doubtful.state, doubtful.recommended) == ("explore more", "none")
    assert "until an experiment" in doubtful.reason["en"]
    assert (judged(-0.3, -0.2, known=False).state) == "constant"


def test_an_unproven_gain_explores_and_says_how_many_decisions():
    verdict = judged(0.3, 0.02)
    assert verdict.gain is not None and verdict.gain.low < 0 < verdict.gain.value
    assert verdict.state == "explore more"
    assert verdict.needed is not None and str(verdict.needed) in verdict.reason["en"]
    assert str(verdict.needed) in verdict.reason["nl"]


def test_the_decisions_needed_are_said_in_whole_weeks_at_the_pace_of_the_log():
    verdict = judged(0.3, 0.02, days=70)
    # 70 days hold ten whole weeks; the last eight give the pace.
    pace = (np.arange(N) % 70 >= 14).sum() / 8
    assert verdict.needed is not None and verdict.weeks == np.ceil(verdict.needed / pace)
    assert f"{verdict.weeks} whole weeks at the present pace" in verdict.reason["en"]
    assert f"{verdict.weeks} hele weken in het huidige tempo" in verdict.reason["nl"]
    campaign = judged(0.3, 0.02, days=1)
    assert campaign.weeks is None and campaign.needed == verdict.needed
    assert "week" not in campaign.reason["en"] and "we" + "ken" not in campaign.reason["nl"]


def test_only_the_contender_that_was_named_beforehand_opens_the_gate():
    assert judged(0.3, -0.2, hybrid=0.9, response=0.9).state == "constant"
    assert judged(0.3, 0.5, hybrid=-0.9).state == "personalise"


def test_no_gain_keeps_the_best_constant_if_it_beats_doing_nothing():
    verdict = judged(0.3, -0.2)
    assert (verdict.state, verdict.recommended) == ("constant", "mail")
    assert (judged(-0.3, -0.2).state, judged(-0.3, -0.2).recommended) == ("constant", "none")


def test_a_constant_that_is_not_proven_gives_way_to_doing_nothing():
    verdict = judged(0.02, -0.5)
    assert verdict.best_constant == "mail"
    assert verdict.recommended == "none"


def test_the_best_estimate_may_be_followed_where_nothing_is_proven_if_that_is_asked_for():
    verdict = judged(0.02, -0.5, unproven="best")
    assert (verdict.state, verdict.recommended) == ("constant", "mail")
    assert "not proven" in verdict.reason["en"] and "niet bewezen" in verdict.reason["nl"]
    assert judged(-0.02, -0.5, unproven="best").recommended == "none"
    assert "not proven" not in judged(0.3, -0.5, unproven="best").reason["en"]
    assert judged(0.02, -0.5, known=False, unproven="best").recommended == "none"


def test_what_cannot_be_evaluated_gets_no_say():
    assert judged(0.3, 0.9, silent=PERSONALISED).state == "constant"
    assert "not evaluable" in judged(0.3, 0.9, silent=PERSONALISED).reason["en"]
    assert judged(0.9, 0.9, silent="none").state == "refuse"
    assert judged(0.9, -0.1, silent="mail").recommended == "none"


def test_a_handful_of_customers_proves_nothing():
    """Both gains lie 3 standard errors above 0: proof from many customers, not from two or three."""
    for customers, state, recommended in ((3000, "personalise", "mail"), (2, "explore more", "none")):
        who = np.arange(N) % customers
        wobble = np.where(who % 2, 1.0, -1.0) if customers == 2 else NOISE[:, 0] / NOISE[:, 0].std()
        gain = 1 + wobble / 3 * (1 if customers == 2 else N**0.5)
        scores = {"none": 0 * gain, "mail": gain, PERSONALISED: 2 * gain, LOGGED: gain, RANDOM: gain}
        log = Candidates(
            ("none", "mail"), np.zeros((N, 1), np.float32), np.zeros(N, np.float32), who,
            np.zeros(N, np.int64), np.ones((N, 2), bool), np.full(N, 0.5), np.zeros(N), np.zeros(N),
            np.zeros(2),
        )  # fmt: skip
        verdict = judge({name: entry(name, one) for name, one in scores.items()}, log, True, 0.95)
        assert verdict.gain is not None and 2.9 < verdict.gain.value / verdict.gain.se < 3.1
        assert (verdict.state, verdict.recommended) == (state, recommended)


@pytest.mark.parametrize("known", [True, False])
def test_every_verdict_speaks_both_languages(known: bool):
    for gain in (-0.4, 0.02, 0.5):
        assert set(judged(0.3, gain, known).reason) == {"en", "nl"}
