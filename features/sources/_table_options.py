"""Options of the kind ``table``: how the columns of any log become canonical events."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from features.contract import CHANNELS, KINDS
from features.money import parse_money
from features.settings import Name, Settings
from features.sources._written import WrittenOptions

Scalar = str | int | float


class ColumnNames(Settings):
    """Which raw column holds what. ``value`` is an arithmetic expression over columns."""

    customer: str
    occurred: str
    known: str | None = None
    kind: str | None = None
    channel: str | None = None
    campaign: str | None = None
    session: str | None = None
    category: str | None = None
    value: str | None = None
    quantity: str | None = None
    rating: str | None = None
    sentiment: str | None = None
    event_id: str | None = None

    @field_validator("value")
    @classmethod
    def _arithmetic(cls, text: str | None) -> str | None:
        if text is not None:
            parse_money(text)
        return text


class Constants(Settings):
    """What is the same for every row."""

    kind: str | None = None
    channel: str | None = None
    campaign: str | None = None
    category: str | None = None
    value: float | None = None
    quantity: float | None = None
    rating_scale: Literal["nps", "stars"] | None = None


class ValueMaps(Settings):
    """Raw value to canonical word; ``"*"`` stands for every other value."""

    kind: dict[str, str] = Field(default_factory=dict)
    channel: dict[str, str] = Field(default_factory=dict)


class Declared(Settings):
    """What the source can produce, where the value maps do not say it."""

    kinds: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()


class SkipRule(Settings):
    """Rows to leave out by one condition: quarantined, with the rule as reason, so that they are counted."""

    column: str
    equals: Scalar | None = None
    among: Annotated[tuple[Scalar, ...] | None, Field(alias="in")] = None
    below: float | None = None
    above: float | None = None
    missing: bool | None = None

    @model_validator(mode="after")
    def _one_condition(self) -> SkipRule:
        given = [
            name
            for name in ("equals", "among", "below", "above", "missing")
            if getattr(self, name) is not None
        ]
        if len(given) != 1:
            raise ValueError("give exactly one of equals, in, below, above, missing")
        return self

    def __str__(self) -> str:
        if self.missing is not None:
            return f"{self.column} is {'missing' if self.missing else 'present'}"
        if self.among is not None:
            return f"{self.column} in {', '.join(map(str, self.among))}"
        for word in ("equals", "below", "above"):
            if getattr(self, word) is not None:
                return f"{self.column} {word} {getattr(self, word)}"
        raise AssertionError("a rule has one condition")


class AttributeColumn(Settings):
    """A column that describes the customer. ``sensitive``: used to audit fairness, never as a feature."""

    column: str
    sensitive: bool


class TableOptions(WrittenOptions):
    """Options of the kind ``table``."""

    files: str | tuple[str, ...]
    columns: ColumnNames
    constants: Constants = Constants()
    values: ValueMaps = ValueMaps()
    declares: Declared = Declared()
    skip: tuple[SkipRule, ...] = ()
    allow_negative: bool = False
    attributes: dict[Name, AttributeColumn] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _known_words(self) -> TableOptions:
        if (self.columns.kind is None) == (self.constants.kind is None):
            raise ValueError("give the kind either as columns.kind or as constants.kind")
        for one in ("channel", "campaign", "category", "value", "quantity"):
            if getattr(self.columns, one) is not None and getattr(self.constants, one) is not None:
                raise ValueError(f"{one} is given twice: as columns.{one} and as constants.{one}")
        kinds = (*self.values.kind.values(), *self.declares.kinds, *filter(None, [self.constants.kind]))
        channels = (
            *self.values.channel.values(),
            *self.declares.channels,
            *filter(None, [self.constants.channel]),
        )
        for words, allowed, what in ((kinds, KINDS, "kind"), (channels, CHANNELS, "channel")):
            for word in words:
                if word not in allowed:
                    raise ValueError(f"unknown {what} {word!r}; allowed: {', '.join(allowed)}")
        return self

    @property
    def patterns(self) -> tuple[str, ...]:
        """Patterns of the files to read."""
        return (self.files,) if isinstance(self.files, str) else self.files

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds that rows may have: as mapped or declared, else every kind of the contract."""
        if self.constants.kind is not None:
            return (self.constants.kind,)
        return tuple(sorted({*self.values.kind.values(), *self.declares.kinds})) or KINDS

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels that rows may have; any other value becomes ``other``."""
        if self.constants.channel is not None:
            return (self.constants.channel,)
        if self.columns.channel is None:
            return ()
        return tuple(sorted({"other", *self.values.channel.values(), *self.declares.channels}) if (
            self.values.channel or self.declares.channels
        ) else CHANNELS)  # fmt: skip
