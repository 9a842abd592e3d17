"""How fast the explorer is, beside what one would use otherwise: `python -m benchmarks`."""
