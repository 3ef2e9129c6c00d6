"""Persona: the group of customers with alike behaviour, found by the stage ``personas``."""

from __future__ import annotations

from models.personas.assign import Personas
from models.segment_dimensions._base import Dimension, Known, Segments


def _segments(known: Known) -> dict[str, Segments]:
    personas = Personas.read(known.personas) if known.personas is not None else None
    table = known.table(personas.columns) if personas else None
    if personas is None or table is None:
        return {}
    table["segment"] = personas.assign(table[list(personas.columns)].to_numpy())
    return {"": known.matched(table)}


# The words follow from the name of a persona, see `models.personas.names`.
DIMENSION = Dimension(_segments, name={"en": "Persona", "nl": "Persona"}, place=45)
