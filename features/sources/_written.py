"""How a flat export is written: times, numbers, fields."""

from __future__ import annotations

import codecs
from typing import Annotated, Literal

from pydantic import Field, field_validator

from features.settings import Settings
from features.sources._moments import check_zone


class WrittenOptions(Settings):
    """Options that every flat export shares.

    ``date_format`` null: ISO 8601; ``time_zone``: of moments that name none; ``delimiter`` null: found from the
    header; ``missing``: texts that stand for no value; ``duplicates``: what is done with rows that come twice.
    """

    date_format: str | None = None
    time_zone: str = "UTC"
    decimal: Literal[".", ","] = "."
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    encoding: str = "utf-8"
    missing: tuple[str, ...] = ("",)
    duplicates: Literal["drop", "keep"] = "drop"

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        return check_zone(zone)

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, encoding: str) -> str:
        try:
            codecs.lookup(encoding)
        except LookupError as error:
            raise ValueError(
                f"{encoding!r} is not an encoding; allowed: utf-8, latin-1, cp1252, ..."
            ) from error
        return encoding
