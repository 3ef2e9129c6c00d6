"""What scoring follows in one phase, as one JSON file that predicts bit for bit as what was learnt."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from features.atomic import replacing
from models.actions.action_rule import ActionRule
from models.actions.average_effects import AverageEffect


@dataclass(frozen=True)
class PhasePolicy:
    """What scoring follows in one phase: a state, an action for all, and the rule if it may choose.

    Attributes
    ----------
    phase, state, recommended, reason
        See `models.actions.gate.Verdict`.
    columns : tuple of str
        Features in the order of the rule.
    confidence : float
    propensities : {"known", "estimated"} or None
    effects : dict of str to AverageEffect
    dropped : dict of str to words
        Actions the log has too little evidence on, with the reason.
    rule : ActionRule or None
    cost : dict of str to float
        Money per action.
    """

    phase: str
    state: str
    recommended: str
    reason: dict[str, str]
    columns: tuple[str, ...]
    confidence: float = 0.95
    propensities: str | None = None
    effects: dict[str, AverageEffect] = field(default_factory=dict)
    dropped: dict[str, dict[str, str]] = field(default_factory=dict)
    rule: ActionRule | None = None
    cost: dict[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Everything, as plain JSON."""
        rule = self.rule.to_json() if self.rule else None
        plain = {
            name: value for name, value in vars(self).items() if name not in ("rule", "effects", "columns")
        }
        effects = {name: one.to_json() for name, one in self.effects.items()}
        return {**plain, "columns": list(self.columns), "effects": effects, "rule": rule}

    def save(self, path: Path) -> None:
        """Write ``policy.json``; the same policy gives the same bytes."""
        with replacing(path) as beside:
            beside.write_text(json.dumps(self.to_json(), sort_keys=True) + "\n")

    @classmethod
    def load(cls, path: Path) -> PhasePolicy:
        """Read ``policy.json``; predicts bit for bit as what was saved."""
        saved = json.loads(path.read_text())
        rule = ActionRule.from_json(saved.pop("rule")) if saved["rule"] else saved.pop("rule")
        effects = {name: AverageEffect.from_json(one) for name, one in saved.pop("effects").items()}
        return cls(rule=rule, effects=effects, columns=tuple(saved.pop("columns")), **saved)


def load_policies(folder: Path) -> dict[str, PhasePolicy]:
    """Read every ``<phase>/policy.json`` under ``artifacts/next_action``."""
    return {path.parent.name: PhasePolicy.load(path) for path in sorted(folder.glob("*/policy.json"))}
