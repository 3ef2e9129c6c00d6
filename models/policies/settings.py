"""Settings of the policy: the block ``policy`` of params.yaml. Every default needs no configuration."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from features.contract import CHANNELS, TREATMENTS
from features.settings import Days, Name, Settings

Weight = Annotated[float, Field(gt=0, le=1000)]
#: The least share of decisions drawn at random while the log must go on learning.
LEAST_EXPLORATION = 0.05


class ContactCap(Settings):
    """At most ``most`` contacts in the last ``days`` days: over one ``channel``, or over all (null).

    A contact is an event of one of ``kinds`` or a decision of the log with an action of that channel
    (``action_channels`` of the source), whichever is more: most contacts stand in both.
    """

    channel: str | None = None
    most: Annotated[int, Field(ge=0)]
    days: Days = 28
    kinds: tuple[str, ...] = ("email_sent", "ad_impression")

    @model_validator(mode="after")
    def _known_words(self) -> ContactCap:
        if self.channel is not None and self.channel not in CHANNELS:
            raise ValueError(f"unknown channel {self.channel!r}; allowed: {', '.join(CHANNELS)}")
        for kind in self.kinds:
            if kind not in TREATMENTS:
                raise ValueError(f"{kind!r} is not done to a customer; allowed: {', '.join(TREATMENTS)}")
        return self


class Budget(Settings):
    """At most ``limit`` of a resource: money, calls, hours.

    ``uses``: how much one customer takes per action (null: what the action costs). ``days`` null: the limit is for
    one batch of decisions; else for so many days, less what the decisions of the log used in them.
    """

    limit: Annotated[float, Field(ge=0)]
    uses: dict[str, Annotated[float, Field(ge=0)]] | None = None
    days: Days | None = None


class ActionSettings(Settings):
    """What a marketer says of one action.

    ``from`` and ``until`` are the first and the last day; ``stock`` the customers it can be given to in one batch;
    ``lever`` a weight on what it brings (2: counts double; never makes a loss a gain); ``explore``: whether it may
    be drawn at random; null: unless the log of the phase proves that it costs more than it brings. ``trial_cost``
    (money per customer) lets an action of the source be drawn, never planned, where the log knows too little of it
    and the phase allows it: how the log of a new action comes about.
    """

    first_day: Annotated[date | None, Field(alias="from")] = None
    until: date | None = None
    stock: Annotated[int, Field(ge=0)] | None = None
    lever: Weight = 1.0
    explore: bool | None = None
    trial_cost: Annotated[float, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _in_order(self) -> ActionSettings:
        if self.first_day and self.until and self.until < self.first_day:
            raise ValueError(f"until ({self.until}) lies before from ({self.first_day})")
        return self


class PolicySettings(Settings):
    """How one action per customer is chosen out of what is possible and allowed.

    ``exploration`` is the share of customers whose action is drawn at random from what they may get; ``off`` (said
    in so many words) stops it, and with it what the log of tomorrow can teach. ``phase_weights``: how much the money
    of a phase counts where customers compete for a budget. A decision is valid for ``validity_days`` days.
    ``discounts`` names the actions that give money away: who gets those is looked at first when groups are compared.
    """

    exploration: Annotated[float, Field(gt=0, lt=1)] | Literal["off"] = 0.10
    contact_caps: tuple[ContactCap, ...] = ()
    budgets: dict[Name, Budget] = Field(default_factory=dict)
    phase_weights: dict[Name, Weight] = Field(default_factory=dict)
    validity_days: Days = 14
    discounts: tuple[str, ...] = ()
    actions: dict[str, ActionSettings] = Field(default_factory=dict)

    @field_validator("exploration", mode="before")
    @classmethod
    def _off_or_enough(cls, found: Any) -> Any:
        # YAML reads off as false.
        if found is False:
            return "off"
        if isinstance(found, int | float) and found < LEAST_EXPLORATION:
            raise ValueError(
                f"{found:g} found; at least {LEAST_EXPLORATION:g}, or `off` to stop it: without it nothing new is "
                "learnt about the actions"
            )
        return found

    @property
    def epsilon(self) -> float:
        """Share of customers whose action is drawn at random; 0 where it is off."""
        return 0.0 if self.exploration == "off" else float(self.exploration)

    @property
    def needs_batch(self) -> bool:
        """Whether customers compete, so that all of them must be decided on at once."""
        return bool(self.budgets) or any(one.stock is not None for one in self.actions.values())

    def of(self, action: str) -> ActionSettings:
        """Give what was said of an action, or the defaults."""
        return self.actions.get(action, ActionSettings())
