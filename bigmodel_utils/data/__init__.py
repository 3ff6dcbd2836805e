"""Room of notebook 01: what goes in, what is dropped, what is protected."""
