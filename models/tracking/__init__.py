"""The only package that talks to MLflow: the run, its models, the registry."""
