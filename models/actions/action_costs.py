"""What an action costs per decision: as told in params.yaml, else as logged."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from features.errors import InputError
from models.actions.decision_log import NONE, DecisionLog
from models.settings import NextActionSettings


def check_action_names(settings: NextActionSettings, actions: Collection[str]) -> None:
    """Refuse a cost or weight of an action that the source does not have: it would silently count for nothing.

    Parameters
    ----------
    settings : NextActionSettings
    actions : collection of str
        Every action that the source declares, including ``none``.

    Raises
    ------
    InputError
        A key of ``next_action`` names another action.
    """
    told: dict[str, Mapping[str, float]] = {
        "action_cost": settings.action_cost,
        "tournament.context": settings.tournament.context,
        "tournament.lever": settings.tournament.lever,
    }
    for key, per_action in told.items():
        if unknown := sorted(set(per_action) - set(actions)):
            raise InputError(
                f"params.yaml: next_action.{key} names {', '.join(map(repr, unknown))}, which the source "
                f"does not have; allowed: {', '.join(actions) or 'nothing, for the source has no decisions'}"
            )


def action_cost(log: DecisionLog, name: str, settings: NextActionSettings) -> float:
    """Money per decision of an action: ``next_action.action_cost``, else the mean that was logged."""
    if name in settings.action_cost or name == NONE:
        return settings.action_cost.get(name, 0.0)
    given = log.action == log.actions.index(name)
    return float(log.cost[given].mean()) if given.any() else 0.0
