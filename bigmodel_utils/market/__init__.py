"""Who would buy, how many, how soon, against whom, where: pure functions on numbers, draws and fact rows."""

from bigmodel_utils.errors import BigModelError


class MarketError(BigModelError):
    """A market question that cannot be answered as asked."""
