"""Room of notebook 01: what goes in, what is dropped, what is protected."""

from bigmodel_utils.data import audit
from bigmodel_utils.data.account import Account, DataError
from bigmodel_utils.data.pair import Pair
from bigmodel_utils.data.preparation import Prepared, prepare
from bigmodel_utils.data.quality import doubtful_labels

__all__ = ["Account", "DataError", "Pair", "Prepared", "audit", "doubtful_labels", "prepare"]
