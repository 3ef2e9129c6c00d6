"""Effects of actions: the decision log, its propensities, doubly robust values, and the gate."""
