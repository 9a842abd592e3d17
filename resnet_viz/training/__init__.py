"""Training: data sets, recipes and runs, and what the bundled weights were made with."""
