"""The verdict on a policy of next best actions: its money against the champion's, decision by decision, paired."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from features.cutoffs import day_of
from models.actions.judged_decisions import BoolArray, FloatArray, JudgedDecisions
from models.clustered_mean import Estimate, skewed_mean
from models.offpolicy import support
from models.promotion.champion_choice import Chosen
from models.promotion.gate import Verdict
from models.promotion.settings import PromotionSettings
from models.settings import EvaluationSettings


@dataclass(frozen=True)
class Known:
    """What a champion had learnt from; None where its run does not say.

    Attributes
    ----------
    until_us : int or None
        By this moment (microseconds) every outcome it learnt from had happened.
    newest_us : int or None
        Midnight before the last decision it learnt from.
    """

    until_us: int | None = None
    newest_us: int | None = None


@dataclass(frozen=True)
class ActionEvidence:
    """Two policies of one phase at the same decisions, those of the challenger's log.

    Attributes
    ----------
    decisions : JudgedDecisions
        One matrix of doubly robust money for both; ``chance`` is the challenger's.
    champion : Chosen
        What the saved policy of the champion does, and at which decisions it can be applied.
    known : Known
        What the champion learnt from.
    kept : Chosen, optional
        What the champion chose where it learnt from other customers only, as its run kept it.
    """

    decisions: JudgedDecisions
    champion: Chosen
    known: Known = Known()
    kept: Chosen | None = None

    def fair(self) -> Pair:
        """Give the decisions at which the champion cannot know how they ended, old and new.

        New: taken when all that it learnt from had happened. Old: what its run kept, as learnt on other customers.
        """
        after, kept = self._after(), self.kept
        if kept is None:
            return Pair.of(self.decisions, self.champion.chance, self.champion.rows & after)
        chance = np.where(after[:, None], self.champion.chance, kept.chance)
        return Pair.of(self.decisions, chance, np.where(after, self.champion.rows, kept.rows))

    def all(self) -> Pair:
        """Give all decisions at which the champion's policy can be applied, whether it learnt from them or not."""
        return Pair.of(self.decisions, self.champion.chance, self.champion.rows)

    def _after(self) -> BoolArray:
        if self.known.until_us is None:
            return np.zeros(len(self.decisions), dtype=np.bool_)
        return self.decisions.cutoff_us >= self.known.until_us


@dataclass(frozen=True)
class Pair:
    """The decisions that count, and what the champion does at them: array (rows, arms)."""

    decisions: JudgedDecisions
    champion: FloatArray

    @classmethod
    def of(cls, decisions: JudgedDecisions, champion: FloatArray, rows: BoolArray) -> Pair:
        """Keep only the given decisions."""
        return cls(decisions.take(rows), champion[rows])

    def difference(self, confidence: float) -> Estimate:
        """Give the money per decision of the challenger minus that of the champion; clustered by customer."""
        one = self.decisions
        apart = one.scores(one.chance) - one.scores(self.champion)
        return skewed_mean(apart, one.customers, confidence)

    def worth(self) -> float:
        """Give the money per decision of the champion."""
        return float(self.decisions.scores(self.champion).mean())


def action_verdict(
    evidence: ActionEvidence, settings: PromotionSettings, evaluation: EvaluationSettings
) -> Verdict:
    """Judge a policy against the champion's by the money per decision it is worth.

    Where the decisions that the champion cannot know can carry both policies, only those count. Else all do: the
    champion may have learnt from some, which flatters it; a challenger that wins all the same has won.

    Parameters
    ----------
    evidence : ActionEvidence
    settings : PromotionSettings
        ``refresh``: a policy that is equal within chance takes over if it learnt from newer decisions; equal is
        what lies at most ``action_margin`` of the champion's worth below it.
    evaluation : EvaluationSettings
        Confidence, and the least number of customers.
    """
    counted = evidence.fair()
    if too_few := _why_too_few(counted, evaluation):
        counted = evidence.all()
        if few := _why_too_few(counted, evaluation):
            return Verdict(False, f"not comparable: {few}", comparable=False)
    found = counted.difference(evaluation.confidence)
    told = f"value {_interval(found)} per decision against the champion on {_on(counted, evidence)}"
    told += _about(counted, evidence.known, too_few)
    if found.low > 0:
        return Verdict(True, f"better: {told}")
    if found.high < 0:
        # No proof: what it has learnt from, the champion does well at.
        return Verdict(False, f"worse{' where the champion is flattered' if too_few else ''}: {told}")
    return _equal(counted, found, told, settings, _fresher(evidence))


def _equal(counted: Pair, found: Estimate, told: str, settings: PromotionSettings, fresher: str) -> Verdict:
    """Let a policy that chance does not tell from the champion's take over if it is fresher, and not far below."""
    if not fresher:
        why = "not proven better, nor learnt from newer decisions"
        return Verdict(False, f"{why}: {told}; chance can do that")
    worth = counted.worth()
    if found.value < -settings.action_margin * abs(worth):
        far = f"more than {settings.action_margin:.1%} below the champion's {worth:.4g} (promotion.action_margin)"
        return Verdict(False, f"not proven better: {told}; chance can do that, but it is {far}")
    if not settings.refresh:
        off = "promotion.refresh: false in params.yaml"
        return Verdict(False, f"not proven better: {told}; chance can do that ({off})")
    return Verdict(True, f"equal within chance and learnt from newer decisions ({fresher}): {told}")


def other_money(challenger: Mapping[str, Any], champion: Mapping[str, Any]) -> str:
    """Say in what the money of two policies is counted otherwise; empty if it is not, as far as both say.

    Examples
    --------
    >>> other_money({"margin_rate": 0.5, "horizon_days": 14}, {"margin_rate": 1.0})
    'the money is counted otherwise (margin_rate 0.5 instead of 1.0)'
    """
    apart = [
        f"{name} {challenger[name]} instead of {champion[name]}"
        for name in sorted(set(challenger) & set(champion))
        if challenger[name] != champion[name]
    ]
    return f"the money is counted otherwise ({', '.join(apart)})" if apart else ""


def _why_too_few(counted: Pair, evaluation: EvaluationSettings) -> str:
    """Say why decisions cannot tell two policies apart; empty if they can."""
    one = counted.decisions
    if not len(one):
        return "no decision of both"
    customers = len(np.unique(one.customers))
    if customers < evaluation.min_cell:
        least = f"{evaluation.min_cell} needed (evaluation.min_cell in params.yaml)"
        return f"{customers} customers, at least {least}"
    for name, chance in (("challenger", one.chance), ("champion", counted.champion)):
        effective = support(one.taken_chance(chance), one.propensity).ess
        if effective < one.min_ess:
            least = f"{one.min_ess} needed (next_action.min_ess in params.yaml)"
            return f"{effective:.0f} effective decisions speak about the {name}, at least {least}"
    return ""


def _on(counted: Pair, evidence: ActionEvidence) -> str:
    """Say on which decisions, and in how many the two differ."""
    one = counted.decisions
    other = 0.5 * np.abs(one.chance - counted.champion).sum(axis=1).mean()
    rows = f"{len(one)} of {len(evidence.decisions)} decisions"
    return f"{len(np.unique(one.customers))} customers, {rows} (another action in {other:.1%} of them)"


def _about(counted: Pair, known: Known, too_few: str) -> str:
    """Say how the champion cannot have known the decisions that count, or that it may."""
    if known.until_us is None and too_few:
        return "; what the champion learnt from is not known: if from these, it is flattered"
    if known.until_us is None:
        return ", by what the champion chose as learnt on other customers"
    day = day_of(known.until_us)
    if too_few:
        why = f"those that it cannot know: {too_few}"
        return f"; the champion may have learnt from those before {day}, which flatters it ({why})"
    if (counted.decisions.cutoff_us >= known.until_us).all():
        return f", all after what the champion learnt from ({day})"
    return f", before {day} by what the champion chose as learnt on other customers"


def _fresher(evidence: ActionEvidence) -> str:
    """Say until when the challenger learnt and until when the champion; empty if it is not newer."""
    newest, known = int(evidence.decisions.cutoff_us.max()), evidence.known
    if known.newest_us is not None:
        told = f"until {day_of(newest)} instead of {day_of(known.newest_us)}"
        return told if newest > known.newest_us else ""
    # Nothing that the champion learnt from was decided later than this.
    if known.until_us is not None and newest >= known.until_us:
        return f"until {day_of(newest)}, the champion from none after {day_of(known.until_us)}"
    return ""


def _interval(one: Estimate) -> str:
    return f"{one.value:+.4g} ({one.low:+.4g} to {one.high:+.4g})"
