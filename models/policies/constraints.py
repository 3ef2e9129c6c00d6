"""What holds a policy back, and when it decides: one object for `models.policy.decide`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from features.errors import InputError
from models.actions.decision_log import NONE
from models.actions.phase_policy import PhasePolicy
from models.policies.contacts import contacts_before, spent_before
from models.policies.rule import IntArray
from models.policies.settings import PolicySettings


@dataclass(frozen=True)
class Constraints:
    """Settings of the policy, and what they need to know at the moment of deciding.

    Attributes
    ----------
    settings : PolicySettings
    decided_us : int
        The moment: a key of the draws, with the customer and the version of the policy.
    contacts : tuple of int arrays, one per customer
        One for each of ``settings.contact_caps``.
    spent : mapping of budget to float
        What was used of it before this batch.
    """

    settings: PolicySettings
    decided_us: int
    contacts: tuple[IntArray, ...] = ()
    spent: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def read(
        cls,
        settings: PolicySettings,
        canonical: Path,
        customers: IntArray,
        decided_us: int,
        channels: Mapping[str, str],
    ) -> Constraints:
        """Count contacts and money spent in the canonical tables, as they were known at the moment of deciding.

        Parameters
        ----------
        settings : PolicySettings
        canonical : Path
            Folder with ``events.parquet`` and ``decisions.parquet``.
        customers : array of int64
            Pseudonyms, in the order in which they will be decided on.
        decided_us : int
        channels : mapping of action to channel
        """
        decisions = canonical / "decisions.parquet"
        contacts = contacts_before(
            settings.contact_caps, canonical / "events.parquet", decisions, customers, decided_us, channels
        )
        return cls(settings, decided_us, contacts, spent_before(settings.budgets, decisions, decided_us))


def check_names(settings: PolicySettings, actions: Sequence[str], phases: Sequence[str]) -> None:
    """Hold the actions and phases that the settings name against those of the source and the journey.

    Raises
    ------
    InputError
        An action is named that the source does not have, or ``none``; or a phase that the journey does not have.
    """
    for phase in settings.phase_weights:
        if phase not in phases:
            raise InputError(
                f"params.yaml: policy.phase_weights names {phase!r}, which is no phase of the journey; allowed: "
                f"{', '.join(phases)}"
            )
    named = {f"policy.discounts: {arm}": arm for arm in settings.discounts}
    named |= {f"policy.actions.{arm}": arm for arm in settings.actions}
    for budget, said in settings.budgets.items():
        named |= {f"policy.budgets.{budget}.uses.{arm}": arm for arm in said.uses or {}}
    allowed = [arm for arm in actions if arm != NONE]
    for key, arm in named.items():
        if arm not in allowed:
            raise InputError(
                f"params.yaml: {key} names {arm!r}, which the source does not have; allowed: "
                f"{', '.join(allowed) or 'nothing, for the source has no decisions'}"
            )


def policy_version(policies: Mapping[str, PhasePolicy], settings: PolicySettings | None) -> str:
    """Digest of all phases' policies and the settings: twelve hexadecimal digits, a key of every draw.

    Examples
    --------
    >>> policy_version({}, None) == policy_version({}, None) != policy_version({}, PolicySettings())
    True
    """
    content = {phase: one.to_json() for phase, one in policies.items()}
    said = None if settings is None else settings.model_dump(mode="json")
    text = json.dumps({"policies": content, "settings": said}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
