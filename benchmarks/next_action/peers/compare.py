"""Judge what the peers chose, exactly as ours is judged, and lay both side by side."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.next_action.gain import JUDGES, Plan, phase_means
from benchmarks.next_action.peers.exchange import read_choice, run_peer, write_cell
from benchmarks.next_action.peers.fit_peers import PEERS
from benchmarks.next_action.simulator import FRESH, Simulated, make_decisions
from features.errors import InputError

log = logging.getLogger(__name__)

Row = dict[str, Any]
SCRIPT = Path(__file__).with_name("fit_peers.py")


@dataclass(frozen=True)
class Others:
    """Who else runs, and how.

    Attributes
    ----------
    python : Path
        Of the other environment.
    work : Path
        Folder for the files. What a peer chose there stands: a later run goes on from it. Empty it when the
        peers or the simulator change.
    peers : sequence of str
    script : Path
        What the other python runs, with the name of a peer and the folders of the cells.
    judges : int
        Customers per phase that every peer chooses for.
    """

    python: Path
    work: Path
    peers: Sequence[str] = tuple(PEERS)
    script: Path = SCRIPT
    judges: int = JUDGES


def measure_peers(plan: Plan, others: Others) -> dict[str, Any]:
    """Let every peer choose in every phase, seed and world of the plan, and judge it.

    Returns
    -------
    dict
        ``peers``: per peer the keys of `benchmarks.next_action.gain.measure`. ``best_peer``: the name of the
        one with the largest mean, for the second world with ``_interactions``. ``rows``: per cell and peer
        gain share and seconds. ``failed``: what went wrong where; a peer gets no mean for a world in which
        a cell failed. ``versions``: of the libraries.
    """
    cells = list(_cells(plan))
    folders = []
    for world, phase, seed in cells:
        seen, fresh = make_decisions(phase, plan.rows, seed, world), _fresh(others, world, phase, seed)
        folders.append(others.work / f"{world}_{phase}_{seed}_{plan.rows}_{others.judges}")
        write_cell(folders[-1], seen, fresh, seed)
    for peer in others.peers:
        run_peer(others.python, others.script, peer, folders)
    found: dict[str, Any] = {"decisions": plan.rows, "judges": others.judges, "seeds": list(plan.seeds)}
    found |= {"rows": [], "failed": [], "versions": {}}
    for (world, phase, seed), folder in zip(cells, folders, strict=True):
        fresh = _fresh(others, world, phase, seed)
        for peer in others.peers:
            _judge(found, fresh, folder, {"peer": peer, "world": world, "phase": phase, "seed": seed})
    found["peers"] = {peer: _summary(found, plan, peer) for peer in others.peers}
    return found | _best(found["peers"], plan)


def _cells(plan: Plan) -> Iterator[tuple[Any, str, int]]:
    for world in plan.worlds:
        for phase in plan.phases:
            for seed in plan.seeds:
                yield world, phase, seed


def _fresh(others: Others, world: Any, phase: str, seed: int) -> Simulated:
    return make_decisions(phase, others.judges, FRESH + seed, world)


def _judge(found: dict[str, Any], fresh: Simulated, folder: Path, row: Row) -> None:
    try:
        choice = read_choice(folder, row["peer"], len(fresh.candidates.arms), len(fresh.candidates))
    except InputError as error:
        log.warning("%s failed in %s: %s", row["peer"], folder.name, error)
        found["failed"].append({**row, "reason": str(error)})
        return
    found["versions"] |= choice.versions
    share = {"gain_share": fresh.gain_share(choice.arm), "seconds": round(choice.seconds, 1)}
    found["rows"].append({**row, **share})


def _summary(found: dict[str, Any], plan: Plan, peer: str) -> dict[str, Any]:
    summary: dict[str, Any] = {}
    mine = [row for row in found["rows"] if row["peer"] == peer]
    for world in plan.worlds:
        if any((row["peer"], row["world"]) == (peer, world) for row in found["failed"]):
            continue
        suffix, shares = _suffix(world), phase_means(mine, world)
        summary[f"gain_share_mean{suffix}"] = float(np.mean(list(shares.values())))
        summary[f"gain_share_worst{suffix}"] = min(shares.values())
        summary[f"gain_share_phases{suffix}"] = shares
    return summary


def _best(peers: dict[str, dict[str, Any]], plan: Plan) -> dict[str, str]:
    best = {}
    for world in plan.worlds:
        key = f"gain_share_mean{_suffix(world)}"
        means = {peer: summary[key] for peer, summary in peers.items() if key in summary}
        if means:
            best[f"best_peer{_suffix(world)}"] = max(means, key=lambda peer: means[peer])
    return best


def _suffix(world: str) -> str:
    return "" if world == "near_linear" else f"_{world}"


def beside_ours(found: dict[str, Any], ours: dict[str, Any]) -> dict[str, Any]:
    """Give ours minus each peer, paired: the same decisions, the same judges.

    Parameters
    ----------
    found : dict
        Of `measure_peers`.
    ours : dict
        Of `benchmarks.next_action.gain.measure`.

    Returns
    -------
    dict
        Per peer ``cells`` (phase, seed, world, difference) and per world ``difference_mean`` with its
        ``difference_se`` over the cells, ``difference_worst`` and ``ahead``, in how many ``of`` the cells
        ours is ahead.

    Raises
    ------
    InputError
        If ours was measured on other decisions, or shares no cell.
    """
    for key in ("decisions", "judges"):
        if ours[key] != found[key]:
            raise InputError(f"--ours has {key} {ours[key]}, the peers {found[key]}; measure both alike")
    share = {(row["world"], row["phase"], row["seed"]): row["gain_share"] for row in ours["rows"]}
    paired: dict[str, Any] = {}
    for row in found["rows"]:
        cell = (row["world"], row["phase"], row["seed"])
        if cell in share:
            here = {key: row[key] for key in ("world", "phase", "seed")}
            here["difference"] = share[cell] - row["gain_share"]
            paired.setdefault(row["peer"], {"cells": []})["cells"].append(here)
    if not paired:
        raise InputError("--ours has none of these worlds, phases and seeds")
    for one in paired.values():
        for world in sorted({cell["world"] for cell in one["cells"]}):
            differences = [cell["difference"] for cell in one["cells"] if cell["world"] == world]
            one |= {f"{key}{_suffix(world)}": value for key, value in _over_cells(differences).items()}
    return paired


def _over_cells(differences: Sequence[float]) -> dict[str, Any]:
    n = len(differences)
    spread = float(np.std(differences, ddof=1) / np.sqrt(n)) if n > 1 else None
    return {
        "difference_mean": float(np.mean(differences)),
        "difference_se": spread,
        "difference_worst": min(differences),
        "ahead": sum(one > 0 for one in differences),
        "of": n,
    }
