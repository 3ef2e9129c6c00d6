"""Settings of the tournament and its gate: contacts, caution, and the two weights that people type in."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from features.settings import Settings

Weight = Annotated[float, Field(ge=0)]


class TournamentSettings(Settings):
    """The contact budget, what is done while nothing is proven, and the weights of the formula P x C x V x L.

    ``contact_share``: of all decisions, the share that may get another action than ``none``; 1 is no limit. Scoring
    is held to it too.
    ``unproven``: where the rule may not choose and no single action is proven to earn more than doing nothing,
    ``nothing`` is done, or the ``best`` action by its estimate.
    ``context`` and ``lever``: weight per action, 1 where none is given; only the contender ``pcvl`` reads them
    (what the live policy ranks by is ``policy.actions.<action>.lever``).
    """

    contact_share: Annotated[float, Field(gt=0, le=1)] = 1.0
    unproven: Literal["nothing", "best"] = "nothing"
    context: dict[str, Weight] = Field(default_factory=dict)
    lever: dict[str, Weight] = Field(default_factory=dict)
