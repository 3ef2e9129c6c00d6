"""Holidays of a country, as day numbers: settled once in the plan, so that no kernel looks them up."""

from __future__ import annotations

from features.contract import DAY_US
from features.cutoffs import day_of, midnight_us
from features.errors import InputError


def holiday_days(country: str | None, start_us: int, until_us: int) -> tuple[int, ...]:
    """Give the holidays from a year before a log begins until a year after its present.

    Parameters
    ----------
    country : str or None
        Two letters (ISO 3166); None has no holidays.
    start_us, until_us : int
        First and last moment of the log, microseconds.

    Returns
    -------
    tuple of int
        Day numbers (days since 1970-01-01), rising.

    Raises
    ------
    InputError
        If the country is not known.

    Examples
    --------
    >>> days = holiday_days("NL", 0, 0)
    >>> [day_of(day * DAY_US).isoformat() for day in days if day >= 0][:2]
    ['1970-01-01', '1970-03-27']
    """
    if country is None:
        return ()
    import holidays

    years = range(day_of(start_us).year - 1, day_of(until_us).year + 2)
    try:
        found = holidays.country_holidays(country, years=years)
    except NotImplementedError:
        allowed = ", ".join(sorted(holidays.list_supported_countries()))
        raise InputError(f"features.country in params.yaml is {country!r}; allowed: {allowed}") from None
    return tuple(sorted(midnight_us(day) // DAY_US for day in found))
