"""What every contender sees, what it answers, and how few customers it may contact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.actions.tournament_settings import TournamentSettings

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class View:
    """Decisions to choose for, and what was learnt about them on other customers.

    Attributes
    ----------
    arms : tuple of str
        ``none`` first; position 0 means doing nothing everywhere.
    eligible : bool array (rows, arms)
    response : array (rows, arms)
        Probability of success given the customer and the action.
    effect : array (rows, arms)
        On that probability, against none.
    net : array (rows, arms)
        Money per decision after costs: value x probability - cost, with the effects.
    worth : array (arms,)
        Mean money of a success after this action.
    cost : array (arms,)
        Money per decision.
    constant : int
        The action with the highest value for everybody; ``none`` may be it.
    single : int
        The same among the actions other than ``none``.
    settings : TournamentSettings
    """

    arms: tuple[str, ...]
    eligible: BoolArray
    response: FloatArray
    effect: FloatArray
    net: FloatArray
    worth: FloatArray
    cost: FloatArray
    constant: int
    single: int
    settings: TournamentSettings


@dataclass(frozen=True)
class Proposal:
    """What a contender would do.

    Attributes
    ----------
    target : array (rows, arms)
        Probability of every action; 0 where it is not eligible; rows sum to 1.
    lead : array (rows,)
        How much the contender wants the contact: within a budget the highest come first, equals share alike.
    """

    target: FloatArray
    lead: FloatArray


class Contender(Protocol):
    """One way to choose an action per decision."""

    def propose(self, view: View) -> Proposal:
        """Choose for every decision of the view; never an action that is not eligible."""


def one_action(choice: IntArray, lead: FloatArray, arms: int) -> Proposal:
    """Propose one action per decision, given by position."""
    return Proposal(np.eye(arms)[choice], lead)


def best_eligible(score: FloatArray, view: View) -> tuple[IntArray, FloatArray]:
    """Give per decision the eligible action other than ``none`` with the highest score, and that score.

    ``none``, at minus infinity, where no other action is eligible.
    """
    masked = np.where(view.eligible, score, -np.inf)
    masked[:, 0] = -np.inf
    # All of a row at minus infinity: the first position, none.
    choice = np.argmax(masked, axis=1)
    return choice, masked[np.arange(len(choice)), choice]


def within_share(proposal: Proposal, share: float) -> FloatArray:
    """Keep the most wanted contacts up to a share of all decisions; the others get ``none``.

    Parameters
    ----------
    proposal : Proposal
    share : float
        Of all decisions, those that may get another action than ``none``. 1: no limit.

    Returns
    -------
    array (rows, arms)
        Probabilities. Decisions wanted equally that do not all fit get the same chance of a contact, so one
        action for everybody becomes that action for a random part.

    Examples
    --------
    >>> four = Proposal(np.eye(2)[[1, 1, 1, 0]], np.array([3.0, 1.0, 1.0, 9.0]))
    >>> within_share(four, 0.5)[:, 1].tolist()
    [1.0, 0.5, 0.5, 0.0]
    """
    if share >= 1:
        return proposal.target
    contact = 1.0 - proposal.target[:, 0]
    _, rank = np.unique(-proposal.lead, return_inverse=True)
    mass = np.bincount(rank, weights=contact)
    before = mass.cumsum() - mass
    fits = np.clip((share * len(contact) - before) / np.maximum(mass, 1e-12), 0.0, 1.0)
    kept: FloatArray = proposal.target * fits[rank][:, None]
    kept[:, 0] = 1.0 - kept[:, 1:].sum(axis=1)
    return kept
