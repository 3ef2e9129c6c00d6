"""Typed settings of everything under ``features``: cutoffs, families, label contracts, sources, journeys."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from features.contract import CHANNELS, KINDS

Days = Annotated[int, Field(ge=1, le=3650)]
HistoryDays = Annotated[int, Field(ge=0, le=3650)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
#: A file of features/families, or a module of one's own.
FamilyName = Annotated[str, Field(pattern=r"^[a-zA-Z_][\w.]*$")]
#: A file of conf/journeys; one may begin with a digit (``5k``).
JourneyName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]*$")]
Words = dict[Literal["nl", "en"], str]
TargetEvent = Literal["purchase", "behaviour"]
#: The phase of who shows no evidence of any other; last in every journey.
DORMANT = "dormant"
#: What a phase may be measured by; a phase names those that are shown for it.
KPIS = (
    "visits", "visitors", "new_visitors", "bounce_rate", "time_on_page", "product_views", "sign_ups",
    "basket_rate", "abandoned_baskets", "conversion", "orders", "order_value", "repeat_rate", "order_frequency",
    "retention_rate", "churn_rate", "customer_value", "return_rate", "nps", "satisfaction", "tickets",
    "waiting_time", "sentiment", "reviews", "rating", "referrals", "shares", "email_open_rate",
    "email_click_rate", "cost_per_acquisition",
)  # fmt: skip


class Settings(BaseModel):
    """Base of every settings block: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class EngineSettings(Settings):
    """Which engine moves rows, and how much of the machine it may use; the result depends on none of it.

    ``batch_events``: events a worker holds at once (whole persons, so one may be larger); null: by ``memory_gb``.
    """

    name: Literal["local", "spark"] = "local"
    threads: Annotated[int, Field(ge=1, le=256)] = 2
    memory_gb: Annotated[float, Field(gt=0)] = 4.0
    batch_events: Annotated[int, Field(ge=1)] | None = None

    @property
    def events_per_batch(self) -> int:
        """Events that a worker holds at once."""
        # A batch costs some 2 kB an event while it is computed; half the memory is left to reading and writing.
        return self.batch_events or max(1, int(250_000 * self.memory_gb / self.threads))


class CutoffSettings(Settings):
    """The observation grid. ``null`` means: as the source declares."""

    as_of: date | None = None
    step_days: Days | None = None
    min_history_days: HistoryDays | None = None


class FeatureSettings(Settings):
    """Which families, over which windows (days back from the cutoff, whole days).

    A family is a file in ``features/families``, or a module of your own (``my_package.my_family``).
    ``kind_windows_days``: those of the windows in which each kind of event is counted on its own; null: all.
    ``country``: whose holidays the calendar knows (two letters, ISO 3166); null: none.
    """

    families: tuple[FamilyName, ...]
    windows_days: tuple[Days, ...]
    kind_windows_days: tuple[Days, ...] | None = None
    lookback_days: Days = 730
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None

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
    """What ``params.yaml`` may set of a label contract.

    ``null`` counts as not set: then as the ``preset`` says (a file of conf/labels, `features.label_presets`), else as
    the source declares, else the default here. ``phases``: only customers in these phases are at risk; null: all.
    """

    preset: Name | None = None
    event: TargetEvent | None = None
    active_event: TargetEvent | None = None
    horizon_days: Days | None = None
    active_days: Days | None = None
    gap_days: Annotated[int, Field(ge=0, le=365)] = 0
    min_positives: Annotated[int, Field(ge=1)] = 50
    min_negatives: Annotated[int, Field(ge=1)] = 50
    phases: Annotated[tuple[Name, ...], Field(min_length=1)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _null_is_not_set(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        may_be_null = ("gap_days", "min_positives", "min_negatives")
        kept = {key: value for key, value in data.items() if value is not None or key not in may_be_null}
        # What is handed on is no longer read as JSON, so lists must be the tuples that they stand for.
        return {key: tuple(value) if isinstance(value, list) else value for key, value in kept.items()}


class LabelContract(Settings):
    """One target, fully spelled out: who is predicted, what counts, over which window.

    The label looks at ``[cutoff + gap, cutoff + gap + horizon)``; the population is everybody with at least
    one ``active_event`` in ``[cutoff - active_days, cutoff)`` (``active_days`` null: ever before).
    ``horizons_days`` (rising; the last is ``horizon_days``) are those of a label that is asked at several. Where
    ``phases`` are named, only who is in one of them at the cutoff is at risk.
    """

    target: Name
    event: TargetEvent = "purchase"
    active_event: TargetEvent = "purchase"
    horizon_days: Days
    horizons_days: Annotated[tuple[Days, ...], Field(strict=False)] = ()
    active_days: Days | None = None
    gap_days: Annotated[int, Field(ge=0, le=365)] = 0
    min_positives: Annotated[int, Field(ge=1)] = 50
    min_negatives: Annotated[int, Field(ge=1)] = 50
    phases: Annotated[tuple[Name, ...], Field(min_length=1, strict=False)] | None = None


class Rhythm(Settings):
    """How fast life goes in a data set: the only learning settings that a source declares.

    ``usual_gap_days`` is the usual time between two orders of a customer; null: half the churn horizon where
    churn is about purchases, else 28 days. ``min_history_days``: of the log before the first cutoff.
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
    min_history_days: HistoryDays = 56


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
    of the source. The customer orders at least ``pace_at_least`` times as often as is usual. ``ordered``: an
    order is known (true) or none is (false). The first behaviour known lies at most ``new_within_days`` back.
    A rule with ``where_source_lacks`` speaks only where the source can produce none of those kinds.
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
    ordered: bool | None = None
    new_within_days: Days | None = None
    channels: tuple[str, ...] = ()
    since_last_order: bool = False
    where_source_lacks: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _known_words(self) -> Evidence:
        _all_known("kind", (*self.kinds, *self.where_source_lacks), KINDS)
        _all_known("channel", self.channels, CHANNELS)
        return self


class PhaseSettings(Settings):
    """One phase of a journey: its words, its place, the evidence that opens or keeps it.

    ``part``: of the buyer journey (up to the purchase) or the customer journey (after it). ``kpis`` are words of
    ``KPIS``; ``actions`` are those allowed in the phase, ``none`` always among them.
    """

    key: Name
    label: Words
    goal: Words
    part: Literal["buyer", "customer"]
    priority: Annotated[int, Field(ge=1)]
    evidence: tuple[Evidence, ...]
    touchpoints: dict[Literal["nl", "en"], tuple[str, ...]] = Field(default_factory=dict)
    kpis: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _known_words(self) -> PhaseSettings:
        _all_known("kpi", self.kpis, KPIS)
        if self.key == DORMANT:
            raise ValueError(f"{DORMANT!r} is what a customer is outside every phase; choose another key")
        if self.actions and "none" not in self.actions:
            raise ValueError(f"actions must hold 'none', found {', '.join(self.actions)}")
        return self


class Loop(Settings):
    """Where the journey closes to a circle: who ``leaves`` a phase may be met again where it ``enters``."""

    leaves: Name
    enters: Name


class JourneySettings(Settings):
    """One file of ``conf/journeys``: ordered phases; the open phase with the highest priority wins.

    Nobody falls through: with no evidence left a customer is ``dormant``. A customer's own rhythm is their
    mean gap between order days, drawn to the usual gap (``mean_gap_prior_days``; null: as the source
    declares) with the weight of ``mean_gap_prior_weight`` gaps. The phases of the buyer come before those of the
    customer; ``loops`` lead back from the latter to the former.
    """

    name: JourneyName
    title: Words
    phases: tuple[PhaseSettings, ...]
    dormant: Words
    loops: tuple[Loop, ...] = ()
    mean_gap_prior_days: Annotated[float, Field(gt=0)] | None = None
    mean_gap_prior_weight: Annotated[float, Field(gt=0)] = 1.0

    @model_validator(mode="after")
    def _hangs_together(self) -> JourneySettings:
        for what in ("key", "priority"):
            values = [getattr(phase, what) for phase in self.phases]
            if len(values) != len(set(values)):
                raise ValueError(f"phases must have distinct {what}, found {values}")
        parts = [phase.part for phase in self.phases]
        if parts != sorted(parts):
            raise ValueError(f"phases of the buyer must come before those of the customer, found {parts}")
        for loop in self.loops:
            _all_known("phase", (loop.leaves, loop.enters), self.phase_keys[:-1])
            if self.phase_keys.index(loop.enters) >= self.phase_keys.index(loop.leaves):
                raise ValueError(f"a loop leads back; {loop.enters!r} does not come before {loop.leaves!r}")
        return self

    @property
    def phase_keys(self) -> tuple[str, ...]:
        """Names of the phases in journey order, ``dormant`` last."""
        return (*(phase.key for phase in self.phases), DORMANT)


def _all_known(what: str, words: tuple[str, ...], allowed: tuple[str, ...]) -> None:
    for word in words:
        if word not in allowed:
            raise ValueError(f"unknown {what} {word!r}; allowed: {', '.join(allowed)}")
