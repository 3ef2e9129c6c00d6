"""Typed settings of everything under ``features``: cutoffs, families, label contracts, sources, journeys."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from features.contract import CHANNELS, KINDS

Days = Annotated[int, Field(ge=1, le=3650)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
TargetEvent = Literal["purchase", "behaviour"]
#: The phase of who shows no evidence of any other; last in every journey.
DORMANT = "dormant"


class Settings(BaseModel):
    """Base of every settings block: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class EngineSettings(Settings):
    """Which engine moves rows, and how much of the machine it may use."""

    name: Literal["local"] = "local"
    partitions: Annotated[int, Field(ge=1, le=4096)] = 4
    threads: Annotated[int, Field(ge=1, le=256)] = 2
    memory_gb: Annotated[float, Field(gt=0)] = 4.0


class CutoffSettings(Settings):
    """The observation grid. ``null`` means: as the source declares."""

    as_of: date | None = None
    step_days: Days | None = None
    min_history_days: Annotated[int, Field(ge=0, le=3650)] = 56


class FeatureSettings(Settings):
    """Which families, over which windows (days back from the cutoff, whole days)."""

    families: tuple[Name, ...]
    windows_days: tuple[Days, ...]
    lookback_days: Days = 730

    @model_validator(mode="after")
    def _windows_rise(self) -> FeatureSettings:
        if not self.windows_days or list(self.windows_days) != sorted(set(self.windows_days)):
            raise ValueError(f"windows_days must rise, without repeats; found {list(self.windows_days)}")
        if self.lookback_days < self.windows_days[-1]:
            raise ValueError(
                f"lookback_days ({self.lookback_days}) must be at least the longest window "
                f"({self.windows_days[-1]})"
            )
        return self


class LabelSettings(Settings):
    """What ``params.yaml`` may set of a label contract. ``null`` means: as the source declares."""

    event: TargetEvent | None = None
    horizon_days: Days | None = None
    active_days: Days | None = None
    gap_days: Annotated[int, Field(ge=0, le=365)] = 0
    min_positives: Annotated[int, Field(ge=1)] = 50
    min_negatives: Annotated[int, Field(ge=1)] = 50


class LabelContract(Settings):
    """One target, fully spelled out: who is predicted, what counts, over which window.

    The label looks at ``[cutoff + gap, cutoff + gap + horizon)``; the population is everybody with at least
    one ``active_event`` in ``[cutoff - active_days, cutoff)`` (``active_days`` null: ever before).
    """

    target: Name
    event: TargetEvent = "purchase"
    active_event: TargetEvent = "purchase"
    horizon_days: Days
    active_days: Days | None = None
    gap_days: Annotated[int, Field(ge=0, le=365)] = 0
    min_positives: Annotated[int, Field(ge=1)] = 50
    min_negatives: Annotated[int, Field(ge=1)] = 50


class Rhythm(Settings):
    """How fast life goes in a data set: the only learning settings that a source declares.

    ``usual_gap_days`` is the usual time between two orders of a customer; null: half the churn horizon where
    churn is about purchases, else 28 days.
    """

    step_days: Days
    churn_horizon_days: Days
    churn_active_days: Days | None = None
    churn_event: TargetEvent = "purchase"
    readiness_horizon_days: Days
    readiness_active_days: Days | None = None
    readiness_active_event: TargetEvent = "purchase"
    decision_horizon_days: Days = 14
    usual_gap_days: Annotated[float, Field(gt=0)] | None = None


class SourceSettings(Settings):
    """One file of ``conf/sources``: where the data is, how it is read, and its rhythm.

    ``action_channels`` says over which channel an action reaches a customer: a customer who refused that channel
    (attribute ``consent_<channel>``) or personalisation is not given the action.
    ``id_key`` is the key of the pseudonyms: ``public`` for data that are public anyway (two machines then give the
    same bytes), else ``secret``. ``simulated``: the stage ``fetch`` makes the raw files (params.yaml, key ``demo``).
    ``options`` belongs to the adapter named by ``kind`` (a file in ``features/sources``), which validates it
    with its own frozen model.
    """

    kind: Name
    title: str
    licence: str = ""
    path: tuple[str, ...]
    currency: str = "EUR"
    complete_until: date | None = None
    audit_attributes: tuple[Name, ...] = ()
    action_channels: dict[str, str] = Field(default_factory=dict)
    id_key: Literal["public", "secret"] = "secret"
    simulated: bool = False
    rhythm: Rhythm
    options: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _known_channels(self) -> SourceSettings:
        for action, channel in self.action_channels.items():
            if channel not in CHANNELS:
                raise ValueError(f"{action}: unknown channel {channel!r}; allowed: {', '.join(CHANNELS)}")
        return self


class Evidence(Settings):
    """One way into a phase: every stated condition must hold at the cutoff.

    ``kinds`` (none named: any behaviour) happened ``at_least`` n times (orders counted once) and ``at_most``
    m times in the last ``within_days``, counting only later days than that of the last order if
    ``since_last_order``. The silence (days since the last order) lies in
    ``[rhythm_at_least, rhythm_at_most]`` own mean gaps and in ``[usual_at_least, usual_at_most]`` usual gaps
    of the source. The customer orders at least ``pace_at_least`` times as often as is usual. The first
    behaviour known lies at most ``new_within_days`` back. A rule with ``where_source_lacks`` speaks only
    where the source can produce none of those kinds.
    """

    kinds: tuple[str, ...] = ()
    at_least: Annotated[int, Field(ge=0)] = 1
    at_most: Annotated[int, Field(ge=0)] | None = None
    within_days: Days | None = None
    rhythm_at_least: Annotated[float, Field(ge=0)] | None = None
    rhythm_at_most: Annotated[float, Field(ge=0)] | None = None
    usual_at_least: Annotated[float, Field(ge=0)] | None = None
    usual_at_most: Annotated[float, Field(ge=0)] | None = None
    pace_at_least: Annotated[float, Field(gt=0)] | None = None
    new_within_days: Days | None = None
    channels: tuple[str, ...] = ()
    since_last_order: bool = False
    where_source_lacks: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _known_words(self) -> Evidence:
        for word in (*self.kinds, *self.where_source_lacks):
            if word not in KINDS:
                raise ValueError(f"unknown kind {word!r}; allowed: {', '.join(KINDS)}")
        for word in self.channels:
            if word not in CHANNELS:
                raise ValueError(f"unknown channel {word!r}; allowed: {', '.join(CHANNELS)}")
        return self


class PhaseSettings(Settings):
    """One phase of a journey: its words, its place, the evidence that opens or keeps it."""

    key: Name
    label: dict[Literal["nl", "en"], str]
    goal: dict[Literal["nl", "en"], str]
    part: Literal["buyer", "customer"]
    priority: Annotated[int, Field(ge=1)]
    evidence: tuple[Evidence, ...]
    touchpoints: dict[Literal["nl", "en"], tuple[str, ...]] = Field(default_factory=dict)
    kpis: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()


class JourneySettings(Settings):
    """One file of ``conf/journeys``: ordered phases; the open phase with the highest priority wins.

    Nobody falls through: with no evidence left a customer is ``dormant``. A customer's own rhythm is their
    mean gap between order days, drawn to the usual gap (``mean_gap_prior_days``; null: as the source
    declares) with the weight of ``mean_gap_prior_weight`` gaps.
    """

    name: Name
    title: dict[Literal["nl", "en"], str]
    phases: tuple[PhaseSettings, ...]
    dormant: dict[Literal["nl", "en"], str]
    mean_gap_prior_days: Annotated[float, Field(gt=0)] | None = None
    mean_gap_prior_weight: Annotated[float, Field(gt=0)] = 1.0

    @model_validator(mode="after")
    def _distinct(self) -> JourneySettings:
        for what in ("key", "priority"):
            values = [getattr(phase, what) for phase in self.phases]
            if len(values) != len(set(values)):
                raise ValueError(f"phases must have distinct {what}, found {values}")
        return self

    @property
    def phase_keys(self) -> tuple[str, ...]:
        """Names of the phases in journey order, ``dormant`` last."""
        return (*(phase.key for phase in self.phases), DORMANT)
