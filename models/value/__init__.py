"""Predicted value: the net money a customer is expected to bring within the horizon."""
