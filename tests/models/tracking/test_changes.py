"""The life of a name in the registry: gate, refusal, overruling, rollback, and what the books say of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from features.errors import InputError
from models.settings import TrackingSettings
from models.tracking.aliases import aliases_of
from models.tracking.champions import listed
from models.tracking.changes import promote, rollback
from models.tracking.judging import Gate
from models.tracking.registry import register
from models.tracking.run import connect

SETTINGS = TrackingSettings(experiment="shop")
CHURN = "klantreis.churn.decision"


def test_a_worse_model_is_refused_and_a_rollback_goes_back_to_the_champion_before(
    project: Path,
    two_models: Path,
    run_track: Callable[..., dict[str, Any]],
    write_evaluation: Callable[[float], None],
) -> None:
    said = []
    # Little skill, skill, and probabilities turned around.
    for skill in (0.3, 1.0, -0.6):
        write_evaluation(skill)
        run_track()
        said.append(register(project, SETTINGS)["models"][CHURN])
    assert [one["champion_version"] for one in said] == [1, 2, 2]
    assert said[1]["reason"].startswith("against champion version 1: better: log loss -0.")
    assert said[2]["reason"].startswith("against champion version 2: worse: log loss +0.")

    gate = Gate(project)
    with pytest.raises(
        InputError, match=r"version 3 is refused. worse: log loss .* Champion stays version 2"
    ):
        promote(gate, CHURN)
    assert champion(project) == "2"
    assert promote(gate, CHURN, reason="to see", force=True).after == "3"
    assert (rollback(project, CHURN, "complaints").after, champion(project)) == ("2", "2")
    again = register(project, SETTINGS)["models"][CHURN]
    assert (again["champion_version"], "was rolled back (complaints)" in again["reason"]) == (2, True)
    # Another run brings the very same model under another number: it stays rolled back.
    run_track(train={"seed": 99})
    once_more = register(project, SETTINGS)["models"][CHURN]
    assert once_more["version"] == 4 and once_more["champion_version"] == 2
    assert "was rolled back (complaints)" in once_more["reason"]
    assert rollback(project, CHURN).after == "1"
    with pytest.raises(InputError, match="no champion is known before version 1"):
        rollback(project, CHURN)
    assert promote(gate, CHURN, "2").before == "1"

    [one] = [one for one in listed(project) if one.name == CHURN]
    assert (one.champion, one.challenger, one.versions) == ("2", "4", 4)
    books = [(event.version, event.how, event.before) for event in one.history]
    assert books == [
        ("1", "first", ""), ("2", "gate", "1"), ("3", "forced", "2"), ("2", "rollback", "3"),
        ("1", "rollback", "2"), ("2", "hand", "1"),
    ]  # fmt: skip
    assert one.history[2].why.startswith("to see; worse")


def champion(project: Path) -> str:
    return aliases_of(connect(project), CHURN)["champion"]


def test_what_is_not_in_the_registry_is_said(project: Path) -> None:
    with pytest.raises(InputError, match=r"not in the registry at sqlite:///mlflow\.db; found: nothing"):
        rollback(project, "klantreis.churn.nowhere")


def test_a_champion_of_another_source_is_not_compared(
    project: Path, two_models: Path, run_track: Callable[..., dict[str, Any]]
) -> None:
    run_track()
    register(project, SETTINGS)
    run_track(source="another")
    told = register(project, SETTINGS)["models"][CHURN]
    assert told["champion_version"] == 1
    assert told["reason"].startswith(
        "against champion version 1: not comparable: the champion was learnt for shop, five_phase, 56 days"
    )
