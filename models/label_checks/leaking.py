"""Leaking: a feature that tells the label by itself, or that is only known afterwards."""

from __future__ import annotations

from collections.abc import Iterator

from models.label_checks._check import Case, Check, Finding
from models.label_checks._single_columns import named, strengths, tells_alone
from models.selection import MIN_JUDGED

#: This well is rare, and worth a look.
SUSPECT = 0.95
#: A column that ranks at least this well is one that a model leans on.
LEANS = 0.6
#: Fewer customers at the moment of scoring do not show whether a column is empty there.
SCORED = 50


def _look(case: Case) -> Iterator[Finding]:
    strength = strengths(case.rows, case.own)
    if not strength:
        yield Finding("fine", f"fewer than {MIN_JUDGED} rows of a label on the newest cutoff: not looked at")
        return
    best = max(strength, key=lambda name: (strength[name], name))
    family = best.split("__")[0]
    look = (
        f"look at family {family!r} (klantreis canary); if the column is honest, then who has gone already is still at "
        f"risk: lower {case.key('active_days')}"
    )
    if told := tells_alone(strength):
        yield Finding("refused", told, look)
    elif strength[best] >= SUSPECT:
        yield Finding("warned", f"{named(strength, SUSPECT)} ranks customers almost without a model", look)
    else:
        yield Finding("fine", f"the strongest single feature is {best} (AUC {strength[best]:.3f})")
    yield from _empty_at_scoring(case, strength)


def _empty_at_scoring(case: Case, strength: dict[str, float]) -> Iterator[Finding]:
    """Warn of columns that the past leans on and that say the same of everybody when it matters."""
    scored = case.panel.x[case.at_risk & (case.panel.cutoff_us == case.plan.as_of_us)]
    if len(scored) < SCORED:
        return
    constant = scored.max(axis=0) == scored.min(axis=0)
    empty = {
        name: strength[name]
        for name, same in zip(case.panel.columns, constant.tolist(), strict=True)
        if same and strength.get(name, 0.0) >= LEANS
    }
    if empty:
        yield Finding(
            "warned",
            f"{named(empty, LEANS)} told the outcomes of the past but says the same of all {len(scored)} customers "
            "that are scored now: it may be known only afterwards",
            "see whether its events have reached the log yet, or leave its family out (features.families)",
        )


CHECK = Check({"en": "nothing leaks", "nl": "niets lekt"}, _look, place=60)
