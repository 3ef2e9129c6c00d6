"""A column that is known only afterwards is found; honest ones are not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from features.settings import LabelContract
from models.label_checks._single_columns import RANKED, TELLS, refusal, single_column_aucs
from models.label_checks.leaking import LEANS
from models.panel import Panel

Linted = Callable[..., dict[str, Any]]
Said = Callable[..., list[str]]


def everywhere(panel: Panel) -> np.ndarray:
    return np.ones(len(panel), dtype=np.bool_)


@pytest.mark.parametrize("customers", [300, 9000])
def test_ranks_of_columns_are_those_of_scikit_learn(make_panel: Callable[..., Panel], customers: int) -> None:
    panel = make_panel(customers=customers, cutoffs=2)
    panel.x[:, 2] = np.round(panel.x[:, 2])
    newest = panel.cutoff_us == panel.cutoff_us.max()
    found = single_column_aucs(panel, everywhere(panel))
    for place, name in enumerate(panel.columns[:7]):
        exact = roc_auc_score(panel.y[newest], panel.x[newest, place])
        noise = 1e-12 if customers <= RANKED else 0.03
        assert found[name] == pytest.approx(exact, abs=noise), name


@pytest.mark.parametrize("sign", [1, -1])
def test_a_column_made_of_the_label_is_refused_by_name(
    at: Panel, contract: LabelContract, linted: Linted, said: Said, sign: int
) -> None:
    assert not refusal(at, everywhere(at))
    at.x[:, 3] = sign * at.y + np.random.default_rng(1).normal(0, 0.1, len(at))
    assert "d (AUC" in refusal(at, everywhere(at))
    found = linted(at, contract)
    assert found["verdict"] == "refused"
    (told,) = said(found, "all", "leaking", "refused")
    assert "tells the label nearly alone" in told
    assert "(AUC 1.000)" in told


def test_a_leak_in_one_phase_refuses_that_phase(
    at: Panel, contract: LabelContract, linted: Linted, said: Said
) -> None:
    own = at.in_phase("decision")
    at.x[own, 3] = 5 * at.y[own]
    found = linted(at, contract)
    assert found["phases"]["all"]["verdict"] != "refused"
    assert found["phases"]["decision"]["verdict"] == "refused"
    assert not said(found, "awareness", "leaking", "refused")
    known = ~np.isnan(at.y)
    assert refusal(at, own & known)
    assert not refusal(at, ~own & known)


def test_a_strong_honest_column_is_only_a_warning(
    at: Panel, contract: LabelContract, linted: Linted, said: Said
) -> None:
    at.x[:, 3] = at.y + np.random.default_rng(1).normal(0, 0.4, len(at))
    strength = single_column_aucs(at, everywhere(at))["d"]
    assert 0.95 < strength < TELLS
    found = linted(at, contract)
    assert said(found, "all", "leaking", "warned")
    assert found["verdict"] == "warned"


def test_a_column_that_is_empty_at_the_moment_of_scoring_is_told(
    at: Panel, contract: LabelContract, linted: Linted, said: Said
) -> None:
    now = at.cutoff_us == at.cutoff_us.max()
    at.x[now, 0] = 0.0
    at.x[now, 3] = 0.0
    (told,) = said(linted(at, contract), "all", "leaking", "warned")
    assert told.startswith("a (AUC")
    assert "d (AUC" not in told, "a column that never said anything may be empty"
    assert single_column_aucs(at, everywhere(at) & ~now)["d"] < LEANS


def test_labels_that_have_not_matured_cannot_refuse(
    at: Panel, contract: LabelContract, linted: Linted
) -> None:
    now = at.cutoff_us == at.cutoff_us.max()
    at.x[now, 3] = at.y[now]
    assert linted(at, contract)["phases"]["all"]["verdict"] != "refused"


def test_thin_rows_say_nothing(at: Panel) -> None:
    nobody = np.zeros(len(at), dtype=np.bool_)
    few = nobody.copy()
    few[-15:] = True
    one_class = everywhere(at) & (at.y == 1)
    for own in (nobody, few, one_class):
        assert single_column_aucs(at, own) == {}
        assert refusal(at, own) == ""
