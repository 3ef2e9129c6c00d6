"""Pictures: drawn once, used in the report (SVG) and in MLflow (PNG). matplotlib is imported when drawing."""
