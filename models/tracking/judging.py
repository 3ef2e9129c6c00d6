"""Challenger against champion: bring both sides' predictions together and put them through the gate."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from models.json_files import read_json
from models.promotion.action_values import action_verdict, followed
from models.promotion.champion_today import champion_today
from models.promotion.evidence import Evidence, paired_rows
from models.promotion.gate import Verdict, other_question, verdict
from models.promotion.guarded import guarded_segments
from models.promotion.settings import PromotionSettings
from models.settings import EvaluationSettings
from models.tracking.aliases import MODEL_ID
from models.tracking.stored_models import model_folder, predictions_of, tournament_phase

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
        _, target, phase = challenger.name.split(".", 2)
        with tempfile.TemporaryDirectory() as folder:
            pair = _Pair(client, challenger, champion, target, phase, Path(folder))
            return pair.actions() if target == "next_action" else self._probabilities(pair)

    def _probabilities(self, pair: _Pair) -> Verdict:
        new, old = (read_json(one / "model.json") for one in (pair.folders["new"], pair.folders["old"]))
        other = other_question(new, old)
        if other:
            return Verdict(False, f"not comparable: {other}; {BY_HAND}", comparable=False)
        ours = pair.predictions("new")
        if ours is None or ours.empty:
            return Verdict(False, "not comparable: no out-of-time predictions of its own", comparable=False)
        theirs = pair.predictions("old")
        rows = paired_rows(ours, theirs if theirs is not None else ours.iloc[:0])
        newer = ours[~ours["cutoff_us"].isin(rows["cutoff_us"])]
        if len(newer):
            told = champion_today(pair.folders["old"], self.root / "data/features.parquet", newer)
            rows = pd.concat([rows, paired_rows(newer, told)]).sort_values(["cutoff_us", "customer_id"])
        rows = rows.reset_index(drop=True)
        segments = guarded_segments(self.root, rows, self.promotion.guarded)
        found = verdict(Evidence(rows, segments, new, old, self.promotion, self.evaluation))
        return found if found.comparable else Verdict(False, f"{found.reason}; {BY_HAND}", comparable=False)


BY_HAND = "if it is to take over all the same: klantreis registry promote --force --reason '...'"


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

    def actions(self) -> Verdict:
        """Judge by the money per decision; where the run holds no tournament, by what stands with the model."""
        models = {
            which: self.client.get_logged_model(version.tags[MODEL_ID])
            for which, version in (("new", self.new), ("old", self.old))
        }
        same = models["new"].tags.get("judged_on") == models["old"].tags.get("judged_on")
        new, old = (self._value(models[which], which) for which in ("new", "old"))
        return action_verdict(new, old, same)

    def _value(self, model: Any, which: str) -> Mapping[str, Any]:
        version = self.new if which == "new" else self.old
        found = followed(tournament_phase(self.client, version, self.phase, self._own(which)))
        logged = [float(one.value) for one in model.metrics or [] if one.key == "model/value"]
        return found if found.get("value") is not None else {"value": logged[-1] if logged else None}
