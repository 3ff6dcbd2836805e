"""Smaller, faster, served: compression, serving, load, release."""
