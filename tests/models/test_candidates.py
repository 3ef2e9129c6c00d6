from __future__ import annotations

import numpy as np
import pytest

from features.errors import InputError
from models.actions.candidates import check_action_names, comparable
from models.actions.decision_log import DecisionLog, decision_log
from models.actions.keyed_draws import customer_folds
from models.actions.tournament_settings import TournamentSettings
from models.settings import NextActionSettings

SETTINGS = NextActionSettings(num_threads=1, min_arm=50, min_ess=30)
NAMES = np.array(["none", "mail", "call"])


def logged(chance: list[float], n: int = 900, known: bool = True, seed: int = 0) -> DecisionLog:
    rng = np.random.default_rng(seed)
    action = rng.choice(3, n, p=chance)
    return decision_log(
        ["x"],
        rng.normal(size=(n, 1)).astype(np.float32),
        ["decision"] * n,
        np.arange(n) // 2,
        NAMES[action].tolist(),
        [NAMES.tolist()] * n,
        np.array(chance)[action] if known else np.full(n, np.nan),
        rng.integers(0, 2, n).astype(float),
        rng.random(n),
        np.where(action == 1, 0.5, 0.0),
    )


def test_known_propensities_are_used_as_logged():
    found = comparable(logged([0.5, 0.3, 0.2]), SETTINGS)
    assert found.candidates is not None and found.propensities is not None
    assert found.propensities.mode == "known"
    assert found.candidates.arms == ("none", "call", "mail")
    assert found.candidates.cost.tolist() == [0.0, 0.0, 0.5]
    assert set(np.unique(found.candidates.propensity)) == {0.5, 0.3, 0.2}


def test_a_rare_action_is_dropped_with_a_reason_and_its_decisions_stay():
    found = comparable(logged([0.6, 0.38, 0.02]), SETTINGS)
    assert found.candidates is not None
    assert "call" in found.dropped and "50 needed" in found.dropped["call"]["en"]
    assert "nodig" in found.dropped["call"]["nl"]
    assert len(found.candidates) == 900
    assert (found.candidates.arm == -1).sum() == (logged([0.6, 0.38, 0.02]).action == 1).sum()


def test_one_action_only_is_refused():
    found = comparable(logged([0.99, 0.005, 0.005]), SETTINGS)
    assert found.candidates is None
    assert found.reason is not None and "left is 'none'" in found.reason["en"]


def test_a_log_that_never_holds_back_is_refused():
    found = comparable(logged([0.0, 0.5, 0.5]), SETTINGS)
    assert found.candidates is None


def test_propensities_that_do_not_balance_stop_the_run():
    log = logged([0.5, 0.3, 0.2])
    log.propensity[log.action == 2] *= 0.5
    with pytest.raises(InputError, match=r"'mail' do not balance"):
        comparable(log, SETTINGS)


def test_what_to_do_without_propensities_is_a_setting():
    log = logged([0.5, 0.3, 0.2], known=False)
    estimated = comparable(log, SETTINGS)
    assert estimated.propensities is not None and estimated.propensities.mode == "estimated"
    assert estimated.candidates is not None
    # The actions were drawn without looking at x, so the estimate must be near the plain shares.
    mail = estimated.candidates.propensity[estimated.candidates.arm == 2]
    assert abs(mail.mean() - 0.3) < 0.06
    refused = comparable(log, SETTINGS.model_copy(update={"propensities": "refuse"}))
    assert refused.candidates is None and refused.reason is not None
    with pytest.raises(InputError, match="'known'"):
        comparable(log, SETTINGS.model_copy(update={"propensities": "known"}))


def test_an_estimate_respects_what_was_eligible_on_the_day():
    log = logged([0.5, 0.3, 0.2], known=False)
    fixed = log.action != 2
    log.eligible[fixed, 2] = False
    found = comparable(log, SETTINGS)
    assert found.candidates is None or not found.candidates.eligible[:, -1].all()
    overlap = found.propensities.overlap["mail"] if found.propensities else {}
    assert overlap["n"] == (~fixed).sum()


def test_a_log_that_follows_a_rule_is_refused():
    log = logged([0.5, 0.5, 0.0], n=6000, known=False)
    rule = log.x[:, 0] > 0
    log.action[:] = np.where(rule, 1, 0)
    found = comparable(log, SETTINGS)
    assert found.candidates is None and found.mode == "refuse"
    assert found.reason is not None and "follows a rule" in found.reason["en"]
    assert "volgt een regel" in found.reason["nl"]


def test_decisions_that_have_not_matured_are_counted():
    log = logged([0.5, 0.3, 0.2])
    log.outcome[:100] = np.nan
    found = comparable(log, SETTINGS)
    assert found.left_out["outcome not matured"] == 100
    assert found.candidates is not None and len(found.candidates) == 800


def test_a_set_cost_replaces_the_logged_one():
    found = comparable(
        logged([0.5, 0.3, 0.2]), SETTINGS.model_copy(update={"action_cost": {"mail": 2.0, "call": 5.0}})
    )
    assert found.candidates is not None and found.candidates.cost.tolist() == [0.0, 5.0, 2.0]


def test_an_action_given_to_few_customers_is_dropped_however_often_it_was_given():
    log = logged([0.5, 0.3, 0.2])
    log.customers[log.action == 1] = np.arange((log.action == 1).sum()) % 4
    found = comparable(log, SETTINGS)
    assert "on 4 customers, 50 needed" in found.dropped["call"]["en"]
    assert "4 klanten" in found.dropped["call"]["nl"]
    assert found.candidates is not None and found.candidates.arms == ("none", "mail")


@pytest.mark.parametrize("known", [True, False])
def test_customers_in_one_fold_are_refused_with_a_reason(known: bool):
    """Enough customers, but all of one fold: nothing can be judged on others than it was learnt on."""
    ids = np.arange(20_000)
    split = "tournament" if known else "propensities"
    inside = ids[customer_folds(ids, SETTINGS.folds, SETTINGS.seed, split) == 0]
    log = logged([0.5, 0.3, 0.2], known=known)
    log.customers[:] = inside[:900]
    found = comparable(log, SETTINGS)
    assert found.candidates is None
    assert found.reason is not None and "one of 3 folds" in found.reason["en"]
    assert "klanten" in found.reason["nl"]


def test_a_few_unknown_propensities_are_left_out_and_counted():
    log = logged([0.5, 0.3, 0.2])
    log.propensity[::25] = np.nan
    for words in ("estimate", "refuse", "known"):
        found = comparable(log, SETTINGS.model_copy(update={"propensities": words}))
        assert found.propensities is not None and found.propensities.mode == "known"
        assert found.candidates is not None and len(found.candidates) == 864
        assert found.left_out["no propensity logged"] == 36


def test_many_unknown_propensities_are_estimated():
    log = logged([0.5, 0.3, 0.2])
    log.propensity[::20] = np.nan
    found = comparable(log, SETTINGS)
    assert found.propensities is not None and found.propensities.mode == "estimated"
    assert found.candidates is not None and len(found.candidates) == 900
    assert "no propensity logged" not in found.left_out


def test_unknown_propensities_of_one_action_alone_are_no_few():
    """Leaving them out would make that action look rarer than it was."""
    log = logged([0.5, 0.3, 0.2], n=20_000)
    log.propensity[np.flatnonzero(log.action == 2)[:900]] = np.nan
    found = comparable(log, SETTINGS)
    assert found.propensities is not None and found.propensities.mode == "estimated"
    assert found.candidates is not None and len(found.candidates) == 20_000


@pytest.mark.parametrize(("step", "kept"), [(25, True), (15, False)])
def test_decisions_that_had_to_act_are_left_out_while_they_are_few(step: int, kept: bool):
    log = logged([0.5, 0.3, 0.2])
    forced = (np.arange(900) % step == 0) & (log.action != 0)
    forced |= (np.arange(900) % step == 1) & (log.action != 0)
    log.eligible[forced, 0] = False
    found = comparable(log, SETTINGS)
    if kept:
        assert found.candidates is not None and len(found.candidates) == 900 - forced.sum()
        assert found.left_out["doing nothing was not possible"] == forced.sum()
    else:
        assert found.candidates is None
        assert found.reason is not None and "doing nothing was not possible" in found.reason["en"]


def test_a_cost_of_an_action_that_the_source_lacks_is_refused():
    dear = SETTINGS.model_copy(update={"action_cost": {"mail": 2.0, "fax": 5.0}})
    with pytest.raises(InputError, match=r"next_action\.action_cost names 'fax'.*allowed: none, mail"):
        check_action_names(dear, ["none", "mail"])
    check_action_names(dear, ["none", "mail", "fax"])
    weighed = SETTINGS.model_copy(update={"tournament": TournamentSettings(lever={"fax": 2.0})})
    with pytest.raises(InputError, match=r"next_action\.tournament\.lever names 'fax'"):
        check_action_names(weighed, ["none", "mail"])
    with pytest.raises(InputError, match="the source has no decisions"):
        check_action_names(dear, [])


def test_a_negative_cost_is_refused():
    with pytest.raises(ValueError, match="greater than or equal to 0"):
        NextActionSettings(action_cost={"mail": -1.0})


def test_the_mode_says_how_the_log_is_taken():
    assert comparable(logged([0.5, 0.3, 0.2]), SETTINGS).mode == "known"
    assert comparable(logged([0.5, 0.3, 0.2], known=False), SETTINGS).mode == "estimate"
    assert comparable(logged([0.0, 0.5, 0.5]), SETTINGS).mode == "refuse"


@pytest.mark.parametrize("chance", [[1.0, 0.0, 0.0], [0.0, 0.5, 0.5]])
def test_a_refused_log_comes_with_an_experiment(chance: list[float]):
    found = comparable(logged(chance), SETTINGS)
    assert found.reason is not None and found.experiment is not None
    assert list(found.experiment["arms"]) == ["none", "call", "mail"]
    assert found.experiment["words"]["en"] and found.experiment["words"]["nl"]
    compared = comparable(logged([0.5, 0.3, 0.2]), SETTINGS)
    assert compared.experiment is None


def test_an_action_that_is_rare_everywhere_is_left_out_and_the_others_are_compared():
    log = logged([0.693, 0.3, 0.007], n=9000, known=False)
    found = comparable(log, SETTINGS)
    assert found.mode == "estimate" and found.candidates is not None
    assert found.candidates.arms == ("none", "mail")
    assert "no overlap" in found.dropped["call"]["en"]


def test_a_rule_for_one_action_refuses_all_of_them():
    """Who is called follows x; whether a mail is sent is a coin: the log still had somebody choosing."""
    log = logged([0.5, 0.5, 0.0], n=6000, known=False)
    log.action[log.x[:, 0] > 1] = log.actions.index("call")
    found = comparable(log, SETTINGS)
    assert found.candidates is None and found.experiment is not None
    assert found.reason is not None and "'call'" in found.reason["en"] and "below 1 %" in found.reason["en"]


def test_a_rarely_drawn_action_with_known_chances_refuses_nothing_else():
    log = logged([0.65, 0.3, 0.05], n=9000)
    rare = (log.x[:, 0] > 0) & (log.action == 1)
    # A tenth of what it was for half of them; the rest of the chance went to doing nothing.
    keep = ~rare | (np.arange(len(log)) % 10 == 0)
    log.action[~keep] = 0
    half = log.x[:, 0] > 0
    log.propensity[:] = np.array([0.65, 0.05, 0.3])[log.action]
    log.propensity[half] = np.array([0.695, 0.005, 0.3])[log.action[half]]
    # Chances that are known need no overlap of their own: how many decisions count decides.
    enough = comparable(log, SETTINGS.model_copy(update={"min_ess": 20}))
    assert enough.mode == "known" and enough.candidates is not None
    assert enough.candidates.arms == ("none", "call", "mail") and not enough.dropped
    few = comparable(log, SETTINGS.model_copy(update={"min_ess": 400}))
    assert few.mode == "known" and few.candidates is not None
    assert few.candidates.arms == ("none", "mail") and "effective decisions" in few.dropped["call"]["en"]
