"""Where the parameters come from: sources, labels, and the one place that reads checkpoints."""
