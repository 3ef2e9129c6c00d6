"""The shape of ``reports/journey.json``: everything the stage ``journey`` found, numbers and keys, no words.

Shares lie in [0, 1]; money is in the currency of the source; ``low`` and ``high`` are 95 % intervals, null where
there is none. A number that could not be measured is null and says why in ``reason``. Words stand in
``models/journey/words.json``: ``kpi_<key>``, ``kpi_<key>_meaning``, ``kpi_reason_<code>``, ``finding_<key>``,
``journey_note_<key>``, each in ``en`` and ``nl``; blanks of a text are filled from ``figures``.
"""

from __future__ import annotations

from typing import TypedDict


class Estimate(TypedDict):
    """A number with its interval; ``n`` is what it rests on (visits, orders, customers ...)."""

    value: float | None
    low: float | None
    high: float | None
    n: int


class Kpi(Estimate):
    """One KPI in one scope.

    ``unit``: ``count``, ``share``, ``money``, ``seconds``, ``hours``, ``per_year``, ``points`` (NPS, -100..100),
    ``stars`` (1-5), ``tone`` (-1..1). ``reason`` (with ``figures`` for its blanks) says why ``value`` is null:
    ``not_declared`` (``kinds``: what the source lacks), ``nothing_seen``, ``no_costs``, ``no_contract``.
    ``rate``: of a count, per 100 customers and week. ``better``: ``higher``, ``lower`` or null.
    """

    key: str
    unit: str
    better: str | None
    reason: str | None
    figures: dict[str, str | float | int]
    rate: Estimate | None


class Trend(TypedDict):
    """A KPI of the last 28 days beside the 28 days before; ``clear`` if the interval of the change leaves out 0."""

    key: str
    unit: str
    better: str | None
    now: Estimate
    before: Estimate
    change: Estimate
    clear: bool


class Touchpoint(TypedDict):
    """What touches customers in a phase; ``share`` = of the customers seen in the phase, ``channel`` null = unknown."""

    kind: str
    channel: str | None
    events: int
    customers: int
    share: float


class Dwell(TypedDict):
    """Days a stay in the phase lasts (Kaplan-Meier); null: more than half (a quarter) never seen to end.

    ``p25``: a quarter of the stays is over by then; ``median`` with ``low`` and ``high``; ``p75``.
    ``n`` stays of which ``ended`` were seen to end.
    """

    p25: float | None
    median: float | None
    p75: float | None
    low: float | None
    high: float | None
    n: int
    ended: int


class LastTouch(TypedDict):
    """The last thing a customer did before falling asleep, ``share`` of the drop-offs of the phase."""

    kind: str
    channel: str | None
    n: int
    share: float


class DropOff(Estimate):
    """Share of the stays that end in ``dormant`` (``n`` stays that ended, ``lost`` of them), and after what."""

    lost: int
    last_touches: list[LastTouch]


class LostWithin(Estimate):
    """Share of who was in the phase that was in ``dormant`` ``days`` later, by whatever way.

    ``n`` weeks that customers began in the phase (and could be followed for ``days``), ``lost`` of them so; the
    interval respects that one customer may have many. Read it as: of those who are here, so many will be silent
    ``days`` later. Beside it, ``drop_off`` only counts who goes from this phase to ``dormant`` directly: by the rules
    of most journeys nearly everybody who falls silent passes the first phase on the way.
    """

    days: int
    lost: int


class Finding(TypedDict):
    """A pain or a chance: ``finding_<key>`` with the blanks ``figures``; the heaviest first.

    A figure named ``*_share`` is a share, ``*_days`` days, ``*_hours`` hours, ``*_points`` points (NPS), ``*_rate``
    per 100 customers and week, ``*_tone`` a sentiment, ``*_phase`` a phase, ``*_channel`` a channel, ``*_kind`` a
    kind of event; others are plain numbers.
    """

    key: str
    weight: float
    figures: dict[str, str | float | int]


class PhaseData(TypedDict):
    """One phase; ``part`` is ``buyer``, ``customer`` or null (dormant)."""

    key: str
    part: str | None
    customers: int
    share: float
    customers_seen: int
    entries: int
    events: int
    dwell: Dwell
    drop_off: DropOff | None
    lost_within: LostWithin | None
    touchpoints: list[Touchpoint]
    sentiment: Estimate
    kpis: list[Kpi]
    pains: list[Finding]
    chances: list[Finding]


class Transition(Estimate):
    """Share of the customers of ``from`` that are in ``to`` one step later (``n`` customer-steps in ``from``,
    ``moved`` of them to ``to``); every pair stands here, staying included.
    """  # noqa: D205

    moved: int


class Transitions(TypedDict):
    """The same matrix over two steps; each item of a list also has ``from`` and ``to``."""

    weekly: list[dict[str, str | float | int | None]]
    four_weekly: list[dict[str, str | float | int | None]]


class Entry(TypedDict):
    """Stays that begin in ``to``, by where the customer came from; ``from`` = ``new`` for a first phase."""

    to: str
    n: int
    share: float


class Loop(TypedDict):
    """The loyalty loop, over every order followed for ``days`` days.

    ``orders`` orders of ``customers``; ``again`` share that was followed by another order; ``reentered`` share
    after which the customer was back in a buyer phase; ``looped`` share that went through a buyer phase AND
    ordered again; ``median_days`` from such an order to the next; ``orders_per_customer`` among buyers.
    """

    days: int
    customers: int
    orders: int
    again: Estimate
    reentered: Estimate
    looped: Estimate
    median_days: float | None
    orders_per_customer: Estimate


class ChannelRole(TypedDict):
    """What a channel does in the touches of the 28 days (since the last order) before an order.

    Counts of orders: in ``starter`` it was the first touch, in ``closer`` the last, in ``assist`` neither;
    ``orders`` any of these. ``*_share`` = of the orders with a touch, with interval.
    """

    channel: str
    orders: int
    starter: int
    assist: int
    closer: int
    starter_share: Estimate
    assist_share: Estimate
    closer_share: Estimate


class ChannelRoles(TypedDict):
    """``window_days`` before an order, ``orders`` in all, ``with_touch`` of them with a touch seen."""

    window_days: int
    orders: int
    with_touch: int
    channels: list[ChannelRole]


class Traffic(TypedDict):
    """Visits by the channel that brought them (channel of the first event of the visit)."""

    channel: str | None
    visits: int
    visitors: int
    share: float
    visits_now: int
    bounce: Estimate
    conversion: Estimate


class Category(TypedDict):
    """A product category; the biggest by value first, at most 20 (``__rest__`` holds what is left)."""

    category: str
    views: int
    order_lines: int
    customers: int
    value: float
    share: float


class Acquisition(TypedDict):
    """Spend per channel, and the new customers whose last touch before the first order was that channel."""

    channel: str
    spend: float
    new_customers: int
    cost_per_acquisition: float | None


class Week(TypedDict):
    """Customers per phase at the start of a day of the grid; ``touched``: the step before it misses a day."""

    day: str
    touched: bool
    customers: dict[str, int]


class Totals(TypedDict):
    """What the analysis rests on."""

    customers: int
    buyers: int
    new_buyers: int
    events: int
    orders: int
    value: float
    visits: int
    spend: float | None


class JourneyData(TypedDict):
    """The whole file. ``from`` cannot be a field name in Python: the JSON has ``from_day`` and ``as_of`` days."""

    journey: str
    source: str
    currency: str
    as_of: str
    from_day: str
    step_days: int
    period_days: int
    kinds: list[str]
    phases: list[PhaseData]
    transitions: Transitions
    entries: list[dict[str, str | float | int]]
    kpis: list[Kpi]
    trend: list[Trend]
    loop: Loop | None
    channel_roles: ChannelRoles | None
    traffic: list[Traffic]
    categories: list[Category]
    acquisition: list[Acquisition]
    weeks: list[Week]
    totals: Totals
    missing_days: list[str]
    notes: list[Finding]
