"""Room of trust: what a model gives away about its rows, and how to train where rows may not be shared."""

from bigmodel_utils.errors import BigModelError


class TrustError(BigModelError):
    """A privacy budget, holder or attack that no honest statement can be made with."""
