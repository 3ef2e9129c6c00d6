"""The targets: what is predicted, and under which names it stands in files."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """One probability per customer.

    Parameters
    ----------
    name : str
        As in ``params.yaml`` and ``features/labels``; prefixes the label columns.
    score : str
        Its column in the score file.
    """

    name: str
    score: str

    @property
    def population_column(self) -> str:
        """Column of the label table: whether the customer is at risk under the contract."""
        return f"{self.name}__population"


CHURN = Target("churn", "p_churn")
READINESS = Target("readiness", "p_ready")
#: The targets that predict a yes or no, in the order in which people read them.
PROBABILITIES = (CHURN, READINESS)
PROBABILITY_TARGETS = tuple(target.name for target in PROBABILITIES)
#: Every target of the pipeline.
TARGETS = (*PROBABILITY_TARGETS, "next_action")
