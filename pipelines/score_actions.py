"""One action per customer in the stage ``score``: decided, traced, logged, and compared between groups of people."""

from __future__ import annotations

import json
from math import floor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from features.atomic import replacing
from features.errors import InputError
from features.plan import Plan
from features.settings import JourneySettings
from models.actions.decision_log import NONE
from models.actions.decision_segments import SegmentSources, audit_groups
from models.actions.exposure import Given, exposure, exposure_summary
from models.actions.phase_policy import load_policies
from models.json_files import write_json
from models.kept import kept
from models.panel import Panel
from models.policies.constraints import Constraints, check_names
from models.policies.decided import Decided
from models.policies.decisions_made import as_decisions
from models.policies.resources import resource_words
from models.policies.settings import Budget, PolicySettings
from models.policies.trace import trace_rows, write_trace
from models.policy import decide_all
from pipelines.decision_rows import LOG, decided_at, ids_of_the_source
from pipelines.params import Params, load_source
from pipelines.paths import Project

IntArray = NDArray[np.int64]

#: How sources say yes.
CONSENT_WORDS = ("true", "yes", "granted", "1", "1.0", "y", "ja", "opt_in", "optin")


class Why(NamedTuple):
    """What was decided on a batch of customers, as tables with pseudonyms: the trace, and the log of decisions."""

    trace: pa.Table
    decisions: pa.Table

    @classmethod
    def of(cls, decided: Decided) -> Why:
        """Read both off what was decided."""
        return cls(trace_rows(decided), as_decisions(decided))

    @classmethod
    def together(cls, parts: list[Why]) -> Why:
        """Join batches that were decided on apart."""
        trace = pa.concat_tables([one.trace for one in parts]).unify_dictionaries()
        return cls(trace, pa.concat_tables([one.decisions for one in parts]).sort_by("customer_id"))


def decided_actions(
    project: Project, params: Params, plan: Plan, phase: np.ndarray[tuple[int], np.dtype[np.object_]], panel: Panel
) -> Decided:  # fmt: skip
    """Choose one action for every row of a panel, with the policies in ``artifacts/next_action``.

    Raises
    ------
    InputError
        The policies are not there, or the settings name an action that the source does not have.
    """
    artifacts = project.artifacts("next_action")
    if not (artifacts / "tournament.json").is_file():
        raise InputError(
            f"{artifacts / 'tournament.json'} is missing; run `klantreis train next_action` first (or `dvc repro`)"
        )
    channels = load_source(params.source, project.root).action_channels
    actions = _meta(project)["actions"]
    check_names(params.policy, actions, plan.journey.phase_keys)
    policies = load_policies(artifacts)
    could = int(np.isin(phase.astype(str), list(policies)).sum())
    return decide_all(
        policies,
        panel.x,
        panel.columns,
        phase,
        panel.customer_id,
        params.score.control_seed,
        params.score.control_share,
        allowed=_allowed(project, plan.journey),
        consent=consent(project, panel.customer_id),
        channels=channels,
        constraints=Constraints.read(
            _within_contact_share(params, could, actions),
            project.canonical,
            panel.customer_id,
            plan.as_of_us,
            channels,
        ),
    )


def needs_everybody(params: Params) -> bool:
    """Whether customers compete (budgets, stock, a share of contacts), so that all must be decided on at once."""
    return params.policy.needs_batch or params.next_action.tournament.contact_share < 1


def _within_contact_share(params: Params, could: int, actions: list[str]) -> PolicySettings:
    """Hold scoring to the share of contacts that the tournament was held to: what was proven is what is done."""
    share = params.next_action.tournament.contact_share
    if share == 1:
        return params.policy
    contacts = Budget(limit=floor(share * could), uses=dict.fromkeys(set(actions) - {NONE}, 1.0))
    return params.policy.model_copy(update={"budgets": {**params.policy.budgets, "contact_share": contacts}})


def write_why(project: Project, params: Params, plan: Plan, why: Why, names: pd.DataFrame) -> None:
    """Write ``data/action_trace.parquet``, ``data/decisions_made.parquet`` and ``reports/exposure.json``.

    Parameters
    ----------
    project, params, plan
        Where, the discounts, and the moment.
    why : Why
        Of everybody.
    names : DataFrame
        ``source_id`` and ``id_space``, one row per customer in the order of the trace.
    """
    ids, spaces = (names[name].to_numpy(dtype=object) for name in ("source_id", "id_space"))
    write_trace(why.trace, ids, spaces, project.action_trace)
    people = why.trace["customer_id"].to_numpy()[:: len(why.trace) // max(len(names), 1) or 1]
    with replacing(project.decisions_made) as beside:
        pq.write_table(_as_log(why.decisions, people, ids, spaces), beside, compression="zstd")
    frame = _exposure(project, params, plan, why.trace, len(names))
    write_json(project.exposure, exposure_summary(frame))


def _as_log(
    decisions: pa.Table, people: IntArray, ids: NDArray[np.object_], spaces: NDArray[np.object_]
) -> pa.Table:
    """Give decisions with the ids of the source, so that they can be read back as its log."""
    order = np.argsort(people)
    place = order[np.searchsorted(people[order], decisions["customer_id"].to_numpy())]
    named = {
        "decision_id": decisions["decision_id"].cast(pa.string()),
        "customer_id": ids_of_the_source(pa.array(ids[place], pa.string()), spaces[place]),
        "decided_at": decided_at(decisions["decided_us"].combine_chunks()),
    }
    columns = [named[name] if name in named else decisions[name] for name in LOG.names]
    return pa.Table.from_arrays(columns, schema=LOG)


def _exposure(project: Project, params: Params, plan: Plan, trace: pa.Table, customers: int) -> pd.DataFrame:
    """Compare who receives which action between the audited groups; the control group is nobody's choice."""
    audited = _meta(project).get("audit_attributes", ())
    sources = SegmentSources(project.features, project.canonical / "customers.parquet", audited)
    if not customers:
        return exposure(Given(*(np.zeros(0, dtype=object),) * 2), {})

    def per_customer(name: str) -> np.ndarray[tuple[int, int], np.dtype[Any]]:
        column = trace[name]
        values = column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
        matrix: np.ndarray[tuple[int, int], np.dtype[Any]] = values.to_numpy().reshape(customers, -1)
        return matrix

    rows = ~per_customer("is_control")[:, 0].astype(np.bool_)
    who, action, gain = (per_customer(name)[rows] for name in ("customer_id", "action", "gain"))
    possible = _within_rules(trace).reshape(customers, -1)[rows]
    arms = action[0].tolist() if len(action) else []
    given = Given(
        action[per_customer("chosen")[rows].astype(np.bool_)],
        per_customer("phase")[rows, 0],
        {arm: gain[:, place] for place, arm in enumerate(arms)},
        {arm: possible[:, place] for place, arm in enumerate(arms)},
    )
    groups = audit_groups(who[:, 0], plan.as_of_us, sources)
    return exposure(given, groups, params.next_action.confidence, params.policy.discounts)


def _within_rules(trace: pa.Table) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Say of every row whether the rules allow it; a budget that went to others is part of what is compared."""
    blocked = trace["blocked"].cast(pa.string())
    spent = [rule for rule in pc.unique(blocked).to_pylist() if rule and resource_words(rule)]
    free = pc.or_(pc.is_null(blocked), pc.is_in(blocked, pa.array(spent, pa.string())))
    return np.asarray(free.to_numpy(), dtype=np.bool_)


def _meta(project: Project) -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads((project.canonical / "meta.json").read_text(encoding="utf-8"))
    return found


def _allowed(project: Project, journey: JourneySettings) -> dict[str, list[str]]:
    """Give the actions of the source open in each phase: those it lists, and those that no phase names.

    An action that the journey names but the source never takes is left out: it is no choice here.
    """
    meta = _meta(project)
    named = {action for phase in journey.phases for action in phase.actions}
    free = [action for action in meta["actions"] if action not in named and action != NONE]
    return {
        phase.key: [
            NONE,
            *(action for action in phase.actions if action in set(meta["actions"]) - {NONE}),
            *free,
        ]
        for phase in journey.phases
        if phase.actions
    }


def consent(
    project: Project, customers: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> dict[str, np.ndarray[tuple[int], np.dtype[np.object_]]]:
    """Read the newest stated consent per channel: true, false, or None where nothing was stated.

    A statement that cannot be read counts as a refusal. What was stated after the moment of scoring counts
    too: a refusal holds whenever the list is used.
    """
    stated = _stated(project.canonical / "customers.parquet")
    theirs = stated.filter(pc.is_in(stated["customer_id"], value_set=pa.array(customers)))
    table = theirs.to_pandas()
    out = {}
    for attribute, rows in table.groupby("attribute", sort=True):
        stated = rows.drop_duplicates("customer_id", keep="last").set_index("customer_id")["value"]
        given = stated.str.strip().str.lower().isin(CONSENT_WORDS).astype(object)
        values = given.reindex(customers).to_numpy(dtype=object, copy=True)
        values[pd.isna(values)] = None
        out[str(attribute).removeprefix("consent_")] = values
    return out


@kept(1)
def _stated(attributes: Path) -> pa.Table:
    """Read what was stated on consent by anybody, oldest first; once for all batches."""
    table = pq.read_table(attributes)
    table = table.filter(pc.starts_with(table["attribute"].cast(pa.string()), "consent_"))
    moments = table["known_us"].to_numpy()
    return table.take(pa.array(np.argsort(moments, kind="stable")))
