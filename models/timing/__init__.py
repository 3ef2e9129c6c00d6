"""When the next order comes: probabilities per horizon, quantiles in days, and leaving as the competing risk."""
