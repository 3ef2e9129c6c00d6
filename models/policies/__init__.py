"""The constrained policy: hard masks, budget and stock, exploration, and the trace of every decision."""
