"""Running the chain: notebooks through papermill, what need not run again, then their reports."""
