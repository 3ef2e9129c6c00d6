"""The code inside every logged next-best-action policy: one JSON file in, one action per row out.

MLflow stores this file with the policy and runs it when the policy is loaded, on a machine where this
repository may be absent. So it imports nothing of the repository; a test holds it equal, bit for bit, to
``models/policy.py``. Consent, contact limits and the control group are applied by ``klantreis score``, which
knows the customer.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel, PythonModelContext

NONE = "none"
#: The same constant as in ``models/signed_log.py``.
REACH = 4.0


def _weighted_sums(z: np.ndarray, coefficients: Any) -> np.ndarray:
    # The memory layout decides the order of summation, so the last bit: always row by row.
    rows, outputs = np.ascontiguousarray(z), np.ascontiguousarray(coefficients, dtype=np.float64)
    return np.asarray(np.einsum("ij,kj->ik", rows, outputs))


def _chance(log_odds: np.ndarray) -> np.ndarray:
    return np.asarray(1.0 / (1.0 + np.exp(-log_odds)))


class JointEffects:
    """What every action adds to the log-odds of doing nothing, as ``models/actions/effects`` saves it."""

    def __init__(self, saved: dict[str, Any]) -> None:
        # Here, because MLflow runs this file when a policy is logged too, and nothing is chosen then.
        import lightgbm

        self.baseline, self.shifts = np.array(saved["baseline"]), np.array(saved["shifts"])
        self.slopes = np.zeros((len(self.shifts), len(self.baseline) - 1))
        for position, row in enumerate(saved.get("slopes", ())):
            for at, slope in row.items():
                self.slopes[position, int(at)] = slope
        texts = saved.get("trees", ())
        self.trees = [None if text is None else lightgbm.Booster(model_str=text) for text in texts]

    def effect(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Give the effect on the probability of success against doing nothing, per row and action."""
        odds = _weighted_sums(z, self.baseline[None, :-1])[:, 0] + self.baseline[-1]
        live = np.flatnonzero(self.slopes.any(axis=0))
        added = self.shifts + _weighted_sums(z[:, live], self.slopes[:, live])
        if self.trees:
            added = added + np.column_stack([self.grown(trees, x) for trees in self.trees])
        success = _chance(odds[:, None] + added)
        return np.asarray(success - success[:, [0]])

    @staticmethod
    def grown(trees: Any, x: np.ndarray) -> np.ndarray:
        """Give the raw sum of the leaves per row; no trees add nothing."""
        return np.zeros(len(x)) if trees is None else trees.predict(x, raw_score=True, num_threads=1)


class Rule:
    """Effect on the probability first, money composed outside the model, argmax last."""

    def __init__(self, saved: dict[str, Any], averages: dict[str, Any]) -> None:
        self.saved, self.averages = saved, averages
        self.centre, self.spread = np.array(saved["centre"]), np.array(saved["scale"])
        self.learners = [JointEffects(one) for one in saved.get("learners", {}).values()]

    def choose(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """Give action, value over doing nothing, and effect over doing nothing, per row."""
        z, rule = self.standardised(x), self.saved
        effect = self.effect(x, z)
        baseline = np.array(rule["baseline"])
        nothing = _chance(_weighted_sums(z, baseline[None, :-1]) + baseline[-1])
        net = rule["margin_rate"] * self.money(z, np.clip(nothing + effect, 0.0, 1.0)) - np.array(
            rule["cost"]
        )
        best, row = np.argmax(net, axis=1), np.arange(len(z))
        return {
            "action": np.array(rule["arms"], dtype=object)[best],
            "value": net[row, best] - net[:, 0],
            "effect": self.shown(best, effect[row, best]),
        }

    def effect(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Give the mean of what all learners say of the effect of every action, per row."""
        voices = [learner.effect(x, z) for learner in self.learners]
        if linear := self.saved["effects"]:
            shifted = _weighted_sums(z, np.stack([one["coefficients"] for one in linear]))
            shifted = shifted + np.array([one["intercept"] for one in linear])
            voices.append(np.hstack([np.zeros((len(z), 1)), shifted]))
        total = np.zeros((len(z), len(self.saved["arms"])))
        for voice in voices:
            total += voice
        return total / max(len(voices), 1)

    def shown(self, best: np.ndarray, predicted: np.ndarray) -> np.ndarray:
        """Give the measured effect of the group that the predicted effect of the chosen action falls in."""
        effect = np.zeros(len(best))
        for position, arm in enumerate(self.saved["arms"]):
            chosen = best == position
            if arm in self.averages and chosen.any():
                group = np.searchsorted(np.array(self.averages[arm]["edges"], dtype=float), predicted[chosen])
                effect[chosen] = np.array([one["value"] for one in self.averages[arm]["groups"]])[group]
        return effect

    def standardised(self, x: np.ndarray) -> np.ndarray:
        """Signed logs on the scale that was learnt."""
        wide = np.ascontiguousarray(x, dtype=np.float64)
        live = self.spread > 0
        scaled = (np.sign(wide) * np.log1p(np.abs(wide)) - self.centre) / np.where(live, self.spread, 1.0)
        return np.where(live, np.clip(scaled, -REACH, REACH), 0.0)

    def money(self, z: np.ndarray, success: np.ndarray) -> np.ndarray:
        """Give the expected money per row and action at the given probabilities of success."""
        coefficients = np.array(self.saved["spend"]["coefficients"])
        factor = np.array(self.saved["spend"]["factor"])
        paid = np.expm1(np.maximum(_weighted_sums(z, coefficients[:, :-1]) + coefficients[:, -1], 0.0))
        lost, won = (paid[:, [state]] * factor[state] for state in (0, 1))
        return np.asarray((1.0 - success) * lost + success * won)


class PhaseAction(PythonModel):
    """The action for customers in one phase, before consent and contact limits."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the folder that ``models/policy.py`` wrote."""
        folder = Path(context.artifacts["model"])
        self.policy = json.loads((folder / "policy.json").read_text(encoding="utf-8"))
        personal = self.policy["state"] == "personalise" and self.policy["rule"]
        self.rule = Rule(self.policy["rule"], self.policy["effects"]) if personal else None

    def predict(
        self, context: PythonModelContext, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Give ``action``, and over doing nothing its ``value`` (money) and ``effect`` (on the outcome)."""
        if self.rule is not None and len(model_input):
            chosen = self.rule.choose(model_input[self.policy["columns"]].to_numpy(dtype=np.float32))
            return pd.DataFrame(chosen, index=model_input.index)
        action, value, effect = self.for_everybody()
        return pd.DataFrame(
            {
                "action": np.full(len(model_input), action, dtype=object),
                "value": np.full(len(model_input), value),
                "effect": np.full(len(model_input), effect),
            },
            index=model_input.index,
        )

    def for_everybody(self) -> tuple[str, float, float]:
        """Give the recommended action with its average gain; nothing where no action is proven."""
        average = self.policy["effects"].get(self.policy["recommended"])
        if self.policy["recommended"] == NONE or average is None:
            return NONE, 0.0, 0.0
        return self.policy["recommended"], average["gain"]["value"], average["effect"]["value"]


set_model(PhaseAction())
