"""Command ``registry compare``: the challenger scored beside the champion on the newest customers."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from features.errors import InputError
from features.settings import DORMANT
from models.actions.phase_policy import PhasePolicy
from models.bundle import load
from models.json_files import write_json
from models.newest_rows import newest_rows
from models.panel import Panel, panel_of
from models.promotion.agreement import compared_actions, compared_probabilities
from models.target import CHURN, TARGETS
from models.tracking.aliases import CHALLENGER
from models.tracking.champions import Registered, fetch, holders, is_there, opened
from pipelines.params import Params, load_params
from pipelines.paths import Project
from pipelines.plan import load_plan
from pipelines.promote import NOTHING, gate_of

REPORT = "registry_compare.json"
NEXT_ACTION = "next_action"


def run(root: Path, target: str | None = None, phase: str | None = None) -> list[str]:
    """Compare every challenger with its champion, write ``reports/registry_compare.json`` and give a table.

    Parameters
    ----------
    root : Path
        Project folder, with features at the newest cutoff.
    target, phase : str, optional
        Only these.

    Raises
    ------
    InputError
        If the target or phase is unknown, the registry empty, or a model needs columns that are not made here.
    """
    params, project = load_params(root), Project(root)
    plan = load_plan(project)
    phases = tuple(key for key in plan.journey.phase_keys if key != DORMANT)
    targets = _one_of("target", target, TARGETS)
    served = _one_of("phase", phase, phases)
    if not is_there(root):
        raise InputError(NOTHING)
    panel = panel_of(newest_rows(project.features, plan.as_of_us), None, CHURN.name, plan.journey.phase_keys)
    found: dict[str, dict[str, Any]] = {}
    with opened(root) as client, tempfile.TemporaryDirectory() as place:
        challengers = {(one.target, one.phase): one for one in holders(client, targets, served, CHALLENGER)}
        for champion in holders(client, targets, served):
            challenger = challengers.get((champion.target, champion.phase))
            if challenger is None:
                continue
            about: dict[str, Any] = {"champion": int(champion.version), "challenger": int(challenger.version)}
            if challenger.version != champion.version:
                folders = []
                for which, one in (("champion", champion), ("challenger", challenger)):
                    folders.append(Path(place) / which / one.target / one.phase)
                    folders[-1].parent.mkdir(parents=True, exist_ok=True)
                    fetch(client, one, folders[-1])
                about |= _compared(panel, champion, folders[0], folders[1], params)
                if champion.target == NEXT_ACTION:
                    versions = [
                        client.get_model_version(one.name, one.version) for one in (challenger, champion)
                    ]
                    about["gate"] = gate_of(root, params).judge(client, *versions).reason
            found.setdefault(champion.target, {})[champion.phase] = about
    if not found:
        raise InputError(NOTHING)
    document = {"as_of_us": plan.as_of_us, "journey": plan.journey.name, "targets": found}
    write_json(project.reports / REPORT, document)
    return [*_table(found), f"reports/{REPORT} has all of it"]


def _one_of(what: str, asked: str | None, known: Sequence[str]) -> tuple[str, ...]:
    if asked is not None and asked not in known:
        raise InputError(f"no {what} {asked!r}; allowed: {', '.join(known)}")
    return tuple(known) if asked is None else (asked,)


def _compared(
    panel: Panel, registered: Registered, champion: Path, challenger: Path, params: Params
) -> dict[str, Any]:
    rows = panel.take(panel.in_phase(registered.phase))
    if not len(rows):
        return {"n": 0}
    if registered.target == NEXT_ACTION:
        old, new = (_actions(PhasePolicy.load(one / "policy.json"), rows) for one in (champion, challenger))
        return compared_actions(old, new)
    before, after = (load(one).predict(rows.x, rows.columns) for one in (champion, challenger))
    return compared_probabilities(before, after, params.evaluation.top_shares, params.score.bands)


def _actions(policy: PhasePolicy, rows: Panel) -> Any:
    import numpy as np

    from models.policy import decide

    phase = np.full(len(rows), policy.phase, dtype=object)
    return decide(
        {policy.phase: policy}, rows.x, rows.columns, phase, rows.customer_id, 0, control_share=0.0
    ).action


def _table(found: dict[str, dict[str, Any]]) -> list[str]:
    lines = []
    for target, phases in found.items():
        for phase, one in phases.items():
            head = f"{target} {phase}: challenger {one['challenger']} beside champion {one['champion']}"
            if one["challenger"] == one["champion"]:
                lines.append(f"{target} {phase}: version {one['champion']} is champion and challenger")
            elif not one["n"]:
                lines.append(f"{head}: nobody is in this phase now")
            else:
                lines += [f"{head}, {one['n']} customers", f"    {_sentence(one)}"]
            if "gate" in one:
                lines.append(f"    the gate, on logged decisions: {one['gate']}")
    return lines


def _sentence(one: dict[str, Any]) -> str:
    if "other_action" in one:
        moved = ", ".join(f"{move['from']} to {move['to']} {move['n']}" for move in one["moves"][:3])
        return f"{one['other_action']:.1%} get another action" + (f" ({moved})" if moved else "")
    rank = "-" if one["rank_correlation"] is None else f"{one['rank_correlation']:.3f}"
    top = ", ".join(f"top {100 * part['share']:g} % shares {part['overlap']:.0%}" for part in one["top"])
    return (
        f"rank correlation {rank}, {top}, {one['other_band']:.1%} change band ({one['up']:.1%} up, "
        f"{one['down']:.1%} down), mean probability {one['mean_before']:.3f} to {one['mean_after']:.3f} "
        f"({one['mean_difference']:+.3f})"
    )
