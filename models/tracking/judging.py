"""Challenger against champion: bring both sides' predictions, or choices, together and put them through the gate."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from features.errors import InputError
from models.actions.judged_decisions import JudgedDecisions
from models.actions.phase_policy import PhasePolicy
from models.json_files import read_json
from models.promotion.action_values import ActionEvidence, Known, action_verdict, other_money
from models.promotion.champion_choice import champion_choice, kept_choice, saved_policy
from models.promotion.champion_today import champion_today
from models.promotion.evidence import Evidence, paired_rows
from models.promotion.gate import Verdict, other_question, verdict
from models.promotion.guarded import guarded_segments
from models.promotion.settings import PromotionSettings
from models.settings import EvaluationSettings
from models.tracking.aliases import DIGEST, MODEL_ID, MONEY, QUESTION
from models.tracking.stored_models import judged_of, model_folder, predictions_of, scored_at_us

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion


@dataclass(frozen=True)
class Gate:
    """How a challenger is judged, and where the rows are.

    Parameters
    ----------
    root : Path
        The project folder: features at the newer cutoffs, attributes of the guarded segments.
    promotion : PromotionSettings
    evaluation : EvaluationSettings
    """

    root: Path
    promotion: PromotionSettings = field(default_factory=PromotionSettings)
    evaluation: EvaluationSettings = field(default_factory=EvaluationSettings)

    def judge(self, client: MlflowClient, challenger: ModelVersion, champion: ModelVersion) -> Verdict:
        """Judge one version against the champion of the same name."""
        if other := other_task(challenger, champion):
            return Verdict(False, f"not comparable: {other}; {BY_HAND}", comparable=False)
        if same := same_policy(challenger, champion):
            return same
        _, target, phase = challenger.name.split(".", 2)
        with tempfile.TemporaryDirectory() as folder:
            pair = _Pair(client, challenger, champion, target, phase, Path(folder))
            found = self._actions(pair) if target == "next_action" else self._probabilities(pair)
        return found if found.comparable else Verdict(False, f"{found.reason}; {BY_HAND}", comparable=False)

    def _probabilities(self, pair: _Pair) -> Verdict:
        new, old = (read_json(one / "model.json") for one in (pair.folders["new"], pair.folders["old"]))
        other = other_question(new, old)
        if other:
            return _not_comparable(other)
        ours = pair.predictions("new")
        if ours is None or ours.empty:
            return _not_comparable("no out-of-time predictions of its own")
        theirs = pair.predictions("old")
        rows = paired_rows(ours, theirs if theirs is not None else ours.iloc[:0])
        newer = ours[~ours["cutoff_us"].isin(rows["cutoff_us"])]
        if len(newer):
            told = champion_today(pair.folders["old"], self.root / "data/features.parquet", newer)
            rows = pd.concat([rows, paired_rows(newer, told)]).sort_values(["cutoff_us", "customer_id"])
        rows = rows.reset_index(drop=True)
        segments = guarded_segments(self.root, rows, self.promotion.guarded)
        return verdict(Evidence(rows, segments, new, old, self.promotion, self.evaluation))

    def _actions(self, pair: _Pair) -> Verdict:
        """Value both policies at the decisions of the challenger's log."""
        decisions = pair.judged("new")
        if decisions is None:
            return _not_comparable(
                "its run was tracked without the decisions it was judged on (tracking.log_predictions in params.yaml)"
            )
        path = pair.folders["old"] / "policy.json"
        try:
            champion = saved_policy(path)
            if other := other_money(pair.money("new"), pair.money("old", champion)):
                return _not_comparable(other)
            chosen = champion_choice(champion, decisions, self.root / "data/features.parquet")
        except InputError as error:
            return _not_comparable(f"the champion cannot be applied to the new decisions: {error}")
        theirs = pair.judged("old")
        kept = None if theirs is None else kept_choice(theirs, decisions)
        evidence = ActionEvidence(decisions, chosen, pair.known(theirs), kept)
        return action_verdict(evidence, self.promotion, self.evaluation)


BY_HAND = "if it is to take over all the same: klantreis registry promote --force --reason '...'"


def other_task(challenger: ModelVersion, champion: ModelVersion) -> str:
    """Say for what else the champion was learnt; empty if for the same, or if one of the two does not say."""
    new, old = (one.tags.get(QUESTION, "") for one in (challenger, champion))
    return f"the champion was learnt for {old}, this for {new}" if new and old and new != old else ""


def same_policy(challenger: ModelVersion, champion: ModelVersion) -> Verdict | None:
    """Refuse a policy that is the champion's to the byte; None if it is another, or no policy.

    Probabilities are judged all the same: there the verdict tells how good they are.
    """
    digests = [one.tags.get(DIGEST) for one in (challenger, champion)]
    if challenger.name.split(".")[1] != "next_action" or not digests[0] or digests[0] != digests[1]:
        return None
    return Verdict(False, "the same policy, byte for byte")


def _not_comparable(why: str) -> Verdict:
    return Verdict(False, f"not comparable: {why}", comparable=False)


@dataclass(frozen=True)
class _Pair:
    """Two versions of one name, and what the store holds of them."""

    client: MlflowClient
    new: ModelVersion
    old: ModelVersion
    target: str
    phase: str
    place: Path

    def _own(self, which: str) -> Path:
        folder = self.place / which
        folder.mkdir(exist_ok=True)
        return folder

    @cached_property
    def folders(self) -> Mapping[str, Path]:
        return {
            "new": model_folder(self.client, self.new, self._own("new")),
            "old": model_folder(self.client, self.old, self._own("old")),
        }

    def predictions(self, which: str) -> pd.DataFrame | None:
        version = self.new if which == "new" else self.old
        return predictions_of(self.client, version, self.target, self.phase, self._own(which))

    def judged(self, which: str) -> JudgedDecisions | None:
        """Read the decisions that a policy was judged on."""
        version = self.new if which == "new" else self.old
        return judged_of(self.client, version, self.phase, self._own(which))

    def money(self, which: str, policy: PhasePolicy | None = None) -> dict[str, Any]:
        """Read how the money of a policy was counted; of one that was tracked before this was kept, its margin."""
        version = self.new if which == "new" else self.old
        told = self.client.get_logged_model(version.tags[MODEL_ID]).tags.get(MONEY)
        if told:
            return dict(json.loads(told))
        return {"margin_rate": policy.rule.margin_rate} if policy and policy.rule else {}

    def known(self, theirs: JudgedDecisions | None) -> Known:
        """Say what the champion had learnt from: all of it had happened at the moment its run scored."""
        newest = int(theirs.cutoff_us.max()) if theirs is not None and len(theirs) else None
        return Known(scored_at_us(self.client, self.old), newest)
