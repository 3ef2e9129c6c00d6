"""Population: somebody to learn from, and somebody to predict."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from models.label_checks._check import Case, Check, Finding


def _look(case: Case) -> Iterator[Finding]:
    cutoffs = case.panel.cutoff_us[case.here]
    scored = int((cutoffs == case.plan.as_of_us).sum())
    wider = f"raise {case.key('active_days')} or change {case.key('active_event')} in params.yaml"
    if case.contract.phases is not None:
        wider += f"; {case.key('phases')} names {', '.join(case.contract.phases)} only"
    if not len(case.y) and not np.isin(cutoffs, case.grid).any():
        yield Finding("refused", f"{case.refusal}: nobody was at risk at any cutoff", wider)
    elif not scored:
        yield Finding("warned", "nobody is at risk at the moment of scoring: nobody will be predicted", wider)
    else:
        yield Finding("fine", f"{len(case.y)} rows to learn from, {scored} customers to predict")


CHECK = Check({"en": "anybody at risk", "nl": "iemand om wie het gaat"}, _look, place=10)
