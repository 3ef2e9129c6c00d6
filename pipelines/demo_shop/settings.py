"""Settings of the demo shop: the block ``demo`` of ``params.yaml``."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, field_validator

from features.settings import Settings

#: The log starts on this Monday, 00:00 UTC; day 0 of the simulation.
START = date(2024, 1, 1)
DAY_US = 86_400_000_000
START_US = (START - date(1970, 1, 1)).days * DAY_US
#: A decision is taken every four weeks by a batch at midnight UTC: on the grid of cutoffs, and before anything of
#: the day happened, so that the outcome can be read off the log.
DECISION_WEEKS = 4
DECISION_HOUR = 0

World = Literal["linear", "thresholds", "null"]


class DemoSettings(Settings):
    """How large the simulated shop is, and how hard it is to learn from.

    ``days`` (whole weeks) is the length of the log from Monday 2024-01-01. ``kappa`` sharpens the logging policy
    (1: mild; 3 leaves weak overlap), ``exploration`` is its floor. ``hidden`` is confounding nobody can see: the
    weight of latent engagement in both the policy's scores and the order hazard. ``world`` says what the effects
    of actions look like: linear in a few columns, interactions and thresholds, or the same for everybody (null).
    ``missing_days`` of the GA4 export are left out.

    Examples
    --------
    >>> DemoSettings().weeks
    78
    """

    customers: Annotated[int, Field(ge=100, le=1_000_000)] = 20_000
    days: Annotated[int, Field(ge=84, le=1_092)] = 546
    seed: Annotated[int, Field(ge=0)] = 11
    kappa: Annotated[float, Field(ge=0.0, le=10.0)] = 1.0
    exploration: Annotated[float, Field(gt=0.0, le=1.0)] = 0.10
    hidden: Annotated[float, Field(ge=0.0, le=3.0)] = 0.0
    world: World = "linear"
    missing_days: Annotated[int, Field(ge=0, le=60)] = 0

    @field_validator("days")
    @classmethod
    def _whole_weeks(cls, days: int) -> int:
        if days % 7:
            raise ValueError(
                f"must be whole weeks (a multiple of 7); the nearest are {days // 7 * 7} and {days // 7 * 7 + 7}"
            )
        return days

    @property
    def weeks(self) -> int:
        """Number of weeks simulated."""
        return self.days // 7

    def decides(self, week: int) -> bool:
        """Tell whether decisions are taken on the Monday of a week: every 28 days back from the end."""
        return week > 0 and (self.weeks - week) % DECISION_WEEKS == 0
