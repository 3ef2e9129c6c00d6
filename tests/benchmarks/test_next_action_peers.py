"""The peers benchmark: what passes between two pythons, and how the choices are judged. No peer is installed here."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.next_action.gain import Plan
from benchmarks.next_action.peers import __main__ as command
from benchmarks.next_action.peers import compare, fit_peers
from benchmarks.next_action.peers.compare import Others, beside_ours, measure_peers
from benchmarks.next_action.peers.exchange import write_cell
from benchmarks.next_action.simulator import FRESH, make_decisions
from features.errors import InputError

JUDGES = 3_000
#: A peer of which every cell is known beforehand: it reads only what the contract gives, with pyarrow only.
FAKE = """
import json, sys
from pathlib import Path
import pyarrow as pa, pyarrow.parquet as pq

peer = sys.argv[1]
for folder in map(Path, sys.argv[2:]):
    with (folder.parent / "calls").open("a") as calls:
        calls.write(f"{peer} {folder.name}\\n")
    if peer == "dies":
        sys.exit(3)
    if peer == "breaks":
        (folder / "breaks.json").write_text(json.dumps({"error": "ValueError: no", "versions": {}}))
        continue
    about = json.loads((folder / "cell.json").read_text())
    train, test = (pq.read_table(folder / f"{name}.parquet") for name in ("train", "test"))
    arms = about["arms"]
    chances = ["propensity_" + arm for arm in arms]
    assert train.column_names == [*about["features"], "arm", "outcome", *chances]
    assert test.column_names == [*about["features"], *chances, *["money_" + arm for arm in arms]]
    assert set(train["arm"].to_pylist()) == set(range(len(arms))) and len(about["cost"]) == len(arms)
    assert set(train["outcome"].to_pylist()) == {0, 1}
    position = {"nothing": 0, "last": len(arms) - 1, "unknown": len(arms)}[peer]
    pq.write_table(pa.table({"arm": [position] * test.num_rows}), folder / f"{peer}.parquet")
    answer = {"seconds": 1.5, "versions": {"fake": "1.0"}}
    (folder / f"{peer}.json").write_text(json.dumps(answer))
"""
PLAN = Plan([1, 2], 3_000, ["awareness", "service"], ["near_linear", "interactions"])


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Others:
    folder = tmp_path_factory.mktemp("peers")
    (folder / "fake.py").write_text(FAKE)
    return Others(Path(sys.executable), folder / "work", ("nothing", "last"), folder / "fake.py", JUDGES)


@pytest.fixture(scope="module")
def found(others: Others) -> dict[str, Any]:
    return measure_peers(PLAN, others)


def constant_share(world: Any, phase: str, seed: int, last: bool) -> float:
    fresh = make_decisions(phase, JUDGES, FRESH + seed, world)
    return fresh.gain_share(np.full(JUDGES, len(fresh.candidates.arms) - 1 if last else 0))


def test_choices_of_another_python_are_judged_exactly(found: dict[str, Any]) -> None:
    assert found["failed"] == [] and found["versions"] == {"fake": "1.0"} and len(found["rows"]) == 16
    for row in found["rows"]:
        expected = constant_share(row["world"], row["phase"], row["seed"], row["peer"] == "last")
        assert row["gain_share"] == expected
    for suffix, world in (("", "near_linear"), ("_interactions", "interactions")):
        phases = {
            phase: np.mean([constant_share(world, phase, seed, last=True) for seed in PLAN.seeds])
            for phase in PLAN.phases
        }
        last = found["peers"]["last"]
        assert last[f"gain_share_phases{suffix}"] == pytest.approx(phases)
        assert last[f"gain_share_mean{suffix}"] == pytest.approx(np.mean(list(phases.values())))
        assert last[f"gain_share_worst{suffix}"] == pytest.approx(min(phases.values()))
        other = found["peers"]["nothing"][f"gain_share_mean{suffix}"]
        best = "last" if last[f"gain_share_mean{suffix}"] > other else "nothing"
        assert found[f"best_peer{suffix}"] == best


def test_the_files_hold_the_rows_and_the_money_of_the_simulator(tmp_path: Path) -> None:
    seen = make_decisions("decision", 2_000, 5, "interactions")
    fresh = make_decisions("decision", JUDGES, FRESH + 5, "interactions")
    write_cell(tmp_path, seen, fresh, 5)
    cell = fit_peers.read_cell(tmp_path)
    assert cell.arms == seen.candidates.arms and cell.seed == 5 and tuple(cell.x.columns) == seen.columns
    np.testing.assert_array_equal(cell.x.to_numpy(), seen.candidates.x)
    np.testing.assert_array_equal(cell.fresh.to_numpy(), fresh.candidates.x)
    np.testing.assert_array_equal(cell.arm, seen.candidates.arm)
    np.testing.assert_array_equal(cell.outcome, seen.candidates.outcome)
    np.testing.assert_array_equal(cell.propensity, seen.propensity)
    np.testing.assert_array_equal(cell.fresh_propensity, fresh.propensity)
    effect = fresh.success[:, 1:] - fresh.success[:, :1]
    chosen = fit_peers.choose(effect, fresh.success[:, 0], cell.money, cell.cost)
    assert fresh.gain_share(chosen) == pytest.approx(1, abs=1e-9)
    blind = fit_peers.choose(0 * effect, fresh.success[:, 0], cell.money, cell.cost)
    assert not blind.any()


def test_a_peer_that_fails_is_reported_and_gets_no_mean(others: Others, tmp_path: Path) -> None:
    trouble = Others(others.python, tmp_path, ("dies", "breaks", "unknown", "last"), others.script, JUDGES)
    found = measure_peers(PLAN, trouble)
    reasons = {
        peer: {one["reason"] for one in found["failed"] if one["peer"] == peer} for peer in trouble.peers
    }
    assert reasons["breaks"] == {"ValueError: no"} and reasons["last"] == set()
    assert [len(reasons["dies"]), len(reasons["unknown"])] == [1, 2]
    assert found["peers"]["dies"] == found["peers"]["breaks"] == found["peers"]["unknown"] == {}
    assert found["best_peer"] == "last" and len(found["failed"]) == 3 * 8
    assert "ValueError: no" in command.table(found)


def test_a_later_run_goes_on_where_an_earlier_one_ended(others: Others, found: dict[str, Any]) -> None:
    calls = (others.work / "calls").read_text()
    assert len(calls.splitlines()) == 16
    assert measure_peers(PLAN, others) == found
    assert (others.work / "calls").read_text() == calls


def test_ours_is_paired_with_each_peer_on_the_same_cells(found: dict[str, Any]) -> None:
    rows = [
        {"world": "near_linear", "phase": phase, "seed": seed, "gain_share": share}
        for phase, seed, share in (("awareness", 1, 0.9), ("service", 2, -50.0), ("service", 9, 0.5))
    ]
    ours = {"decisions": PLAN.rows, "judges": JUDGES, "rows": rows}
    paired = beside_ours(found, ours)["last"]
    differences = [
        0.9 - constant_share("near_linear", "awareness", 1, last=True),
        -50.0 - constant_share("near_linear", "service", 2, last=True),
    ]
    assert [cell["difference"] for cell in paired["cells"]] == pytest.approx(differences)
    assert paired["difference_mean"] == pytest.approx(np.mean(differences))
    assert paired["difference_worst"] == pytest.approx(differences[1])
    assert (paired["ahead"], paired["of"]) == (1, 2)
    assert not [key for key in paired if key.endswith("_interactions")]
    with pytest.raises(InputError, match="decisions"):
        beside_ours(found, {**ours, "decisions": 1})
    with pytest.raises(InputError, match="none of these"):
        beside_ours(found, {**ours, "rows": rows[2:]})


def test_the_command_writes_the_figures(
    found: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_libraries(plan: Plan, given: Others) -> dict[str, Any]:
        assert (plan.seeds, plan.rows, plan.phases) == ([1], 3000, ["awareness"])
        assert given.script.name == "fit_peers.py" and given.script.is_file()
        assert given.peers == ["causalml_s"]
        return dict(found)

    monkeypatch.setattr(command, "measure_peers", without_libraries)
    row = {"world": "near_linear", "phase": "awareness", "seed": 1, "gain_share": 0.9}
    ours, figures = tmp_path / "ours.json", tmp_path / "found.json"
    ours.write_text(json.dumps({"decisions": 3000, "judges": JUDGES, "rows": [row]}))
    given = ["--python", sys.executable, "--seeds", "1", "--rows", "3000", "--phases", "awareness"]
    command.main([*given, "--peers", "causalml_s", "--ours", str(ours), "--json", str(figures)])
    written = json.loads(figures.read_text())
    assert written["ours_minus_peer"]["last"]["of"] == 1
    assert written["peers"] == found["peers"]


def test_a_python_that_is_not_there_is_named(others: Others, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no python at"):
        measure_peers(PLAN, Others(tmp_path / "python", tmp_path, ("last",), others.script, JUDGES))


def test_the_peers_know_nothing_of_klantreis() -> None:
    tree = ast.parse(compare.SCRIPT.read_text())
    roots = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names]
        )
    }
    assert {"econml", "causalml", "sklift", "lightgbm"} < roots
    assert not roots & {"benchmarks", "features", "models", "pipelines", ""}
