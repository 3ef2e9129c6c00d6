"""What the champion's policy would have done at decisions that another policy was judged on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from features.errors import InputError
from models.actions.action_rule import ActionRule
from models.actions.contenders._base import FloatArray, Proposal, within_share
from models.actions.contenders._single_action import one_for_all
from models.actions.contenders.personalised import best_net
from models.actions.decision_log import NONE
from models.actions.judged_decisions import JudgedDecisions
from models.actions.phase_policy import PhasePolicy
from models.newest_rows import schema_of


class Chosen(NamedTuple):
    """What a policy does at decisions: ``chance`` (decisions, arms), and at which ``rows`` (bool) that is known."""

    chance: FloatArray
    rows: NDArray[np.bool_]


def saved_policy(path: Path) -> PhasePolicy:
    """Read a ``policy.json`` that any version may have written.

    Raises
    ------
    InputError
        If this version cannot.
    """
    try:
        return PhasePolicy.load(path)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"its policy was saved by another version and cannot be read ({type(error).__name__}: {error})"
        ) from error


def champion_choice(policy: PhasePolicy, decisions: JudgedDecisions, features: Path) -> Chosen:
    """Apply a saved policy to decisions, within the contact budget that these were judged with.

    An action that was not possible is not chosen, as when the decisions were judged. Decisions without features at
    their midnight are left out; an action for everybody needs none.

    Parameters
    ----------
    policy : PhasePolicy
        Of the same phase.
    decisions : JudgedDecisions
    features : Path
        The feature table of this project.

    Raises
    ------
    InputError
        If the policy can choose actions that were not compared on these decisions, or needs columns that this
        project does not make.
    """
    everywhere = np.ones(len(decisions), dtype=np.bool_)
    if policy.state != "personalise" or policy.rule is None:
        _require_actions((policy.recommended,), decisions)
        proposal = one_for_all(decisions.arms.index(policy.recommended), decisions.eligible)
        return Chosen(within_share(proposal, decisions.contact_share), everywhere)
    _require_actions(policy.rule.arms, decisions)
    x, known = features_at(features, decisions, policy.columns)
    proposal = _by_rule(policy.rule, x, decisions.take(known))
    chance = np.zeros((len(decisions), len(decisions.arms)))
    chance[known] = within_share(proposal, decisions.contact_share)
    return Chosen(chance, known)


def kept_choice(kept: JudgedDecisions, decisions: JudgedDecisions) -> Chosen:
    """Find what the champion's own run kept of these decisions: what it chose for them as learnt on other customers.

    Parameters
    ----------
    kept : JudgedDecisions
        Those the champion was judged on.
    decisions : JudgedDecisions

    Returns
    -------
    Chosen
        A decision of which nothing was kept, or whose action was not possible as it is judged now, is not among the
        rows; nor is any if the contact budget was another.
    """
    nothing = Chosen(
        np.zeros((len(decisions), len(decisions.arms))), np.zeros(len(decisions), dtype=np.bool_)
    )
    taken = np.flatnonzero(kept.chance.sum(axis=0) > 0)
    if kept.contact_share != decisions.contact_share or any(
        kept.arms[at] not in decisions.arms for at in taken
    ):
        return nothing
    place = pd.MultiIndex.from_frame(_numbered(kept)).get_indexer(
        pd.MultiIndex.from_frame(_numbered(decisions))
    )
    found = place >= 0
    for at in taken:
        nothing.chance[found, decisions.arms.index(kept.arms[at])] = kept.chance[place[found], at]
    possible = ~((nothing.chance > 0) & ~decisions.eligible).any(axis=1)
    return Chosen(nothing.chance, found & possible)


def _numbered(one: JudgedDecisions) -> pd.DataFrame:
    """Give customer, midnight, and how many decisions of the customer stood before it on that day."""
    keys = pd.DataFrame({"customer_id": one.customers, "cutoff_us": one.cutoff_us})
    return keys.assign(number=keys.groupby(["customer_id", "cutoff_us"]).cumcount())


def _by_rule(rule: ActionRule, x: NDArray[np.float32], decisions: JudgedDecisions) -> Proposal:
    own = [decisions.arms.index(arm) for arm in rule.arms]
    proposal = best_net(rule.net_value(x), decisions.eligible[:, own])
    target = np.zeros((len(decisions), len(decisions.arms)))
    target[:, own] = proposal.target
    return Proposal(target, proposal.lead)


def _require_actions(arms: Sequence[str], decisions: JudgedDecisions) -> None:
    missing = [arm for arm in arms if arm not in decisions.arms]
    if missing:
        named = ", ".join(map(repr, missing))
        compared = ", ".join(arm for arm in decisions.arms if arm != NONE)
        raise InputError(
            f"it chooses {named}, and today's decisions compare only {compared} with doing nothing"
        )


def features_at(
    features: Path, decisions: JudgedDecisions, columns: Sequence[str]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Read the features at the midnight before every decision.

    Returns
    -------
    float32 array (known, columns), bool array (rows,)
        Of the decisions that have features, in their order; and which have.

    Raises
    ------
    InputError
        If the table, or a column of it, is missing.
    """
    import duckdb

    made = set(schema_of(features).names)
    missing = [name for name in columns if name not in made]
    if missing:
        shown = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
        raise InputError(
            f"it needs {len(missing)} columns that this project does not make: {shown} (features in params.yaml)"
        )
    keys = pa.table(
        {
            "place": np.arange(len(decisions), dtype=np.int64),
            "customer_id": decisions.customers,
            "cutoff_us": decisions.cutoff_us,
        }
    )
    wide = "".join(f', f."{name}"' for name in columns)
    quoted = str(features).replace("'", "''")
    with duckdb.connect(config={"threads": 1}) as database:
        database.register("keys", keys)
        table = database.sql(
            f"""
            SELECT keys.place{wide} FROM keys
            JOIN read_parquet('{quoted}') f
              ON f.customer_id = keys.customer_id AND f.cutoff_us = keys.cutoff_us
            ORDER BY keys.place
            """
        ).to_arrow_table()
    x = np.empty((table.num_rows, len(columns)), dtype=np.float32)
    for position, name in enumerate(columns):
        x[:, position] = table[name].to_numpy()
    known = np.zeros(len(decisions), dtype=np.bool_)
    known[table["place"].to_numpy()] = True
    return x, known
