"""ResNet Explorer: see what happens inside a residual network."""

__version__ = "0.1.0"
