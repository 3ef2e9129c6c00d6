"""Tables: built for the contract that params.yaml asks for now, or for an older one."""

from __future__ import annotations

from collections.abc import Iterator

from models.label_checks._check import Case, Check, Finding

#: Minima decide what may be learnt, not what the tables hold.
LEFT_OUT = ("min_positives", "min_negatives")


def _look(case: Case) -> Iterator[Finding]:
    built, asked = case.contract.model_dump(), case.asked.model_dump()
    changed = [key for key in built if key not in LEFT_OUT and built[key] != asked[key]]
    if not changed:
        yield Finding("fine", "the tables were built for this contract")
        return
    told = ", ".join(f"{key} {_shown(asked[key])} instead of {_shown(built[key])}" for key in changed)
    yield Finding(
        "warned",
        f"what follows is about other labels than are asked for: the settings now say {told}",
        "run klantreis features (or dvc repro), then check again",
    )


def _shown(value: object) -> str:
    return "null" if value is None else str(value)


CHECK = Check({"en": "tables up to date", "nl": "tabellen bij de tijd"}, _look, place=0, each_phase=False)
