"""Take a trained model to a new market: measure the gap, price it, decide."""

__version__ = "0.1.0"
