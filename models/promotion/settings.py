"""When a challenger takes the place of the champion: block ``promotion`` of ``params.yaml``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from features.settings import Name, Settings


class PromotionSettings(Settings):
    """When a challenger takes the place of the champion.

    ``margin``: a difference in log loss (nats) up to this, and within chance, counts as equal. An equal challenger
    takes over if it is simpler or, with ``refresh``, no less simple and learnt from newer outcomes (a policy of next
    best actions: only if learnt from newer decisions).
    ``action_margin``: a policy that earns at most this share less than the champion's, within chance, counts as equal.
    ``calibration_tolerance``: probabilities may be off by this much (0.05 is five points) beyond chance.
    ``guarded``: segment dimensions (files of ``models/segment_dimensions``) in none of whose segments the
    challenger may be worse; ``audit`` stands for the audited attributes of the source.
    Resamples, confidence and the smallest group come from the block ``evaluation``.
    """

    margin: Annotated[float, Field(ge=0)] = 0.002
    refresh: bool = True
    action_margin: Annotated[float, Field(ge=0, lt=1)] = 0.05
    calibration_tolerance: Annotated[float, Field(gt=0, lt=1)] = 0.05
    guarded: tuple[Name, ...] = ("audit",)
