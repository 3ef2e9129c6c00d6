"""Label contracts of vendors, as data: one file of conf/labels each, chosen by ``preset`` in params.yaml."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Literal

from pydantic import Field

from features.errors import InputError
from features.settings import Days, LabelSettings, Name, Settings, TargetEvent, Words

#: What a preset may set of a contract; every other key of it is for people, or for the linter.
SETS = ("event", "active_event", "horizon_days", "active_days", "gap_days", "min_positives", "min_negatives",
        "phases")  # fmt: skip


class LabelPreset(Settings):
    """One file of conf/labels: what a vendor calls this prediction, as a label contract.

    ``rule`` is what the vendor itself asks (who is eligible, how much data); ``differs`` is what we do otherwise.
    ``min_customers``, ``min_history_days`` and ``max_silence_days`` (the newest event that counts is at most so many
    days old) are what the vendor asks of a whole log: the linter warns where it is not so. Null: the vendor does not
    say, and our own defaults hold.
    """

    title: Words
    vendor: str
    reference: Annotated[tuple[str, ...], Field(min_length=1)]
    target: Literal["churn", "readiness", "value"]
    event: TargetEvent
    active_event: TargetEvent
    horizon_days: Days
    active_days: Days
    gap_days: Annotated[int, Field(ge=0, le=365)] = 0
    min_positives: Annotated[int, Field(ge=1)] | None = None
    min_negatives: Annotated[int, Field(ge=1)] | None = None
    phases: Annotated[tuple[Name, ...], Field(min_length=1)] | None = None
    min_customers: Annotated[int, Field(ge=1)] | None = None
    min_history_days: Days | None = None
    max_silence_days: Days | None = None
    rule: Words
    differs: Words


def with_preset(
    settings: LabelSettings, target: str, presets: Callable[[], Mapping[str, LabelPreset]]
) -> LabelSettings:
    """Fill what params.yaml does not set with what its preset says.

    Parameters
    ----------
    settings : LabelSettings
        The block of one target; what is set there wins over the preset.
    target : str
        For example ``"churn"``.
    presets : callable
        Gives every preset by name; only called if one is chosen.

    Returns
    -------
    LabelSettings
        What is still null is as the source declares. Giving the result again changes nothing.

    Raises
    ------
    InputError
        If there is no such preset, or it is for another target.

    Examples
    --------
    >>> words = {"nl": "", "en": ""}
    >>> weekly = LabelPreset(title=words, vendor="v", reference=("r",), target="churn", event="behaviour",
    ...                      active_event="behaviour", horizon_days=7, active_days=7, rule=words, differs=words)
    >>> found = with_preset(LabelSettings(preset="weekly", active_days=14), "churn", lambda: {"weekly": weekly})
    >>> found.event, found.horizon_days, found.active_days
    ('behaviour', 7, 14)
    """
    if settings.preset is None:
        return settings
    preset = chosen_preset(settings.preset, target, presets())
    own = {name for name in settings.model_fields_set if getattr(settings, name) is not None}
    said = {name: getattr(preset, name) for name in SETS if name not in own}
    return settings.model_copy(update={name: value for name, value in said.items() if value is not None})


def chosen_preset(name: str, target: str, presets: Mapping[str, LabelPreset]) -> LabelPreset:
    """Give the preset that ``<target>.preset`` names.

    Raises
    ------
    InputError
        If there is no such preset, or it is for another target; naming those that are for this one.
    """
    found = presets.get(name)
    if found is not None and found.target == target:
        return found
    problem = "there is no such file in conf/labels" if found is None else f"it is for {found.target}"
    fitting = ", ".join(one for one, preset in presets.items() if preset.target == target) or "none"
    raise InputError(
        f"params.yaml: key '{target}.preset': {name!r} cannot be used, {problem}; allowed for {target}: {fitting}; "
        "an own one is a new file in conf/labels"
    )
