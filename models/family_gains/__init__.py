"""What each feature family costs to build and brings to the forecast, measured on the log at hand."""
