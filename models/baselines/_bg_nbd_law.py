"""The BG/NBD law of buying: Poisson orders at a rate of one's own, and after any order one may leave for good."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

#: Where the four parameters are looked for: wide enough for any shop, narrow enough for every formula to hold.
LOWEST, HIGHEST = 1e-3, 1e4


@dataclass(frozen=True)
class Buying:
    """What the law knows of customers, one entry per customer.

    Parameters
    ----------
    repeats : float array
        Orders after the first.
    last : float array
        Weeks from the first order to the last; 0 without repeats.
    age : float array
        Weeks from the first order to now.
    """

    repeats: Floats
    last: Floats
    age: Floats


@dataclass(frozen=True)
class BgNbdLaw:
    """Rates vary over customers as Gamma(r, alpha), the chance to leave after an order as Beta(a, b).

    Parameters
    ----------
    r : float
        Shape of the rates.
    alpha : float
        Their scale, in weeks.
    a, b : float
        Shape of the chance to leave after an order.

    References
    ----------
    Fader, Hardie and Lee (2005), "Counting your customers the easy way: an alternative to the Pareto/NBD model",
    Marketing Science 24.
    """

    r: float
    alpha: float
    a: float
    b: float

    @classmethod
    def learn(cls, buying: Buying, active: float | None = None) -> BgNbdLaw:
        """Find the law under which these histories are most likely.

        Parameters
        ----------
        buying : Buying
            At least one customer; the order of the customers changes no bit.
        active : float, optional
            Only customers with an order in the last so many weeks are here. Without saying so, a law learnt from
            them would have it that hardly anybody leaves.
        """
        from scipy.optimize import minimize

        columns = np.column_stack([buying.repeats, buying.last, buying.age])
        unique, counts = np.unique(columns, axis=0, return_counts=True)
        kinds = Buying(*np.ascontiguousarray(unique.T))
        share = counts / counts.sum()
        chosen = _Chosen.of(kinds, share, active)
        start = np.log([1.0, max(float(np.sum(share * kinds.age)), LOWEST), 1.0, 2.0])
        bounds = [(np.log(LOWEST), np.log(HIGHEST))] * 4
        # Looked for in logs: all four are above 0.
        found = minimize(_surprise, start, (kinds, share, chosen), "L-BFGS-B", jac=True, bounds=bounds,
                         options={"maxiter": 500, "ftol": 1e-12, "gtol": 1e-8})  # fmt: skip
        return cls(*(float(value) for value in np.exp(found.x)))

    def log_likelihoods(self, buying: Buying) -> Floats:
        """Give the log likelihood of each customer's history."""
        return _log_likelihoods(np.array([self.r, self.alpha, self.a, self.b]), buying)[0]

    def here(self, buying: Buying) -> Floats:
        """Give the probability that each customer has not left.

        Examples
        --------
        >>> law = BgNbdLaw(0.243, 4.414, 0.793, 2.426)
        >>> history = Buying(np.array([0.0, 2.0]), np.array([0.0, 30.43]), np.array([38.86, 38.86]))
        >>> law.here(history).round(3).tolist()
        [1.0, 0.727]
        """
        shape = self.r + buying.repeats
        # Who never came back has made no second choice: in this law such a customer is always still here.
        again = buying.repeats > 0
        odds = np.log(self.a / (self.b + np.maximum(buying.repeats, 1.0) - 1.0))
        odds = odds + shape * np.log((self.alpha + buying.age) / (self.alpha + buying.last))
        # Past 700 the exponential would overflow; such a customer is gone all the same.
        gone = np.where(again, np.exp(np.minimum(odds, 700.0)), 0.0)
        return np.asarray(1.0 / (1.0 + gone), dtype=np.float64)

    def orders_within(self, buying: Buying, gap: float | Floats, horizon: float) -> Floats:
        """Give the probability of at least one order after a gap, within a horizon.

        Parameters
        ----------
        buying : Buying
            As known now.
        gap, horizon : float
            Weeks; the window is (now + gap, now + gap + horizon]. The gap may differ per customer.

        Returns
        -------
        float array, one per customer
        """
        shape, scale = self.r + buying.repeats, self.alpha + buying.age
        # Still here at the end of the gap and silent in the window = still here, silent from now to its end at the
        # rate of orders, less what leaving in the gap takes: E exp(-rate * p * gap) * (1 - exp(-rate * horizon)).
        later = np.exp(-shape * np.log1p(horizon / scale))
        stays = self._stays(shape, gap / scale)
        stays_and_silent = later * self._stays(shape, gap / (scale + horizon))
        return np.asarray(self.here(buying) * np.maximum(stays - stays_and_silent, 0.0), dtype=np.float64)

    def _stays(self, shape: Floats, reach: Floats) -> Floats:
        """Give E exp(-rate * p * gap), ``reach`` the gap in units of the scale of the rate.

        It is 2F1(shape, a; a + b + repeats; -reach), turned (Pfaff) into a series of rising terms in [0, 1).
        """
        from scipy.special import hyp2f1

        if not np.any(reach > 0):
            return np.ones(len(reach))
        repeats = shape - self.r
        series = hyp2f1(self.a, self.a + self.b - self.r, self.a + self.b + repeats, reach / (1.0 + reach))
        return np.asarray(np.exp(-self.a * np.log1p(reach)) * series, dtype=np.float64)


@dataclass(frozen=True)
class _Chosen:
    """Who is here for an order in the last ``active`` weeks, by the weeks ``before`` them since the first order."""

    before: Floats
    share: Floats
    active: float

    @classmethod
    def of(cls, buying: Buying, share: Floats, active: float | None) -> _Chosen | None:
        """Find them; whose first order lies in those weeks is here anyway."""
        if active is None or not np.any(buying.age > active):
            return None
        late = buying.age > active
        # To the whole week: these chances change slowly, and each age costs two hypergeometric functions.
        weeks, place = np.unique(np.rint(buying.age[late] - active), return_inverse=True)
        return cls(weeks, np.asarray(np.bincount(place, weights=share[late]), dtype=np.float64), active)

    def surprise(self, log_parameters: Floats) -> float:
        """Give the mean log of the chance to be here."""
        nothing = np.zeros(len(self.before))
        at_first = Buying(nothing, nothing, nothing)
        here = BgNbdLaw(*np.exp(log_parameters)).orders_within(at_first, self.before, self.active)
        return float(np.sum(self.share * np.log(np.maximum(here, 1e-300))))


def _surprise(
    log_parameters: Floats, buying: Buying, share: Floats, chosen: _Chosen | None
) -> tuple[float, Floats]:
    """Give the mean negative log likelihood, and its slope in the logs of the parameters."""
    parameters = np.exp(log_parameters)
    values, slopes = _log_likelihoods(parameters, buying)
    value, slope = -float(np.sum(share * values)), -parameters * np.sum(share * slopes, axis=1)
    if chosen is None:
        return value, slope
    # Far from any answer the functions overflow; the search turns back from what is not finite.
    with np.errstate(over="ignore", invalid="ignore"):
        # The slope of a hypergeometric function in its parameters has no closed form.
        steps = [
            chosen.surprise(log_parameters + sign * step) for step in 1e-5 * np.eye(4) for sign in (1, -1)
        ]
        return value + chosen.surprise(log_parameters), slope + (np.array(steps[::2]) - steps[1::2]) / 2e-5


def _log_likelihoods(parameters: Floats, buying: Buying) -> tuple[Floats, Floats]:
    """Give the log likelihood per customer, and its slopes in (r, alpha, a, b), shape (4, customers)."""
    from scipy.special import gammaln, psi

    r, alpha, a, b = parameters
    x = buying.repeats
    again, shape, before = x > 0, r + x, b + np.maximum(x, 1.0) - 1.0
    log_age, log_last = np.log(alpha + buying.age), np.log(alpha + buying.last)
    stayed = -shape * log_age
    left = np.where(again, np.log(a) - np.log(before) - shape * log_last, -np.inf)
    either = np.logaddexp(stayed, left)
    gone = np.exp(left - either)
    values = gammaln(shape) - gammaln(r) + r * np.log(alpha) + either
    values += gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
    waited = (1.0 - gone) / (alpha + buying.age) + gone / (alpha + buying.last)
    slopes = [
        psi(shape) - psi(r) + np.log(alpha) - (1.0 - gone) * log_age - gone * log_last,
        r / alpha - shape * waited,
        psi(a + b) - psi(a + b + x) + gone / a,
        psi(a + b) + psi(b + x) - psi(b) - psi(a + b + x) - np.where(again, gone / before, 0.0),
    ]
    return values, np.array(slopes)
