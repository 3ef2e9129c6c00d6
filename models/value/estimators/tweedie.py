"""One stage: boosted trees with the Tweedie deviance, zeros and money together."""

from __future__ import annotations

from models.estimators._base import Tuned
from models.value.estimators._base import Floats, MoneyRows, picked
from models.value.estimators._boosted import Boosted
from models.value.settings import ValueSettings


class Tweedie(Boosted):
    """Boosted trees of the money of everybody."""

    simplicity = 2

    def attempt(self, fit: MoneyRows, later: MoneyRows, settings: ValueSettings) -> tuple[Tuned, Floats]:
        """Choose the number of rounds on later rows."""
        tuned, found = self.tune(fit, later, settings)
        return tuned, found.predict(picked(later.x, later.columns, found.columns))


ESTIMATOR = Tweedie("tweedie")
