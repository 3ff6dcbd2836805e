"""Running the chain: notebooks through papermill, then their reports."""

from bigmodel_utils.pipeline.runner import RunFailed, run_chain

__all__ = ["RunFailed", "run_chain"]
