"""The pictures of the workbench. Each function takes small frames and returns a `Chart` whose title is the finding."""

from bigmodel_utils.report.charts.accuracy import confusion, dots_with_intervals
from bigmodel_utils.report.charts.choice import later_start, price_response, ranks
from bigmodel_utils.report.charts.confidence import confidence
from bigmodel_utils.report.charts.cost import cost_per_thousand, threshold_cost
from bigmodel_utils.report.charts.deployment import frontier
from bigmodel_utils.report.charts.groups import groups, pieces
from bigmodel_utils.report.charts.labels import labels
from bigmodel_utils.report.charts.learning import learning
from bigmodel_utils.report.charts.load import latency_by_rate
from bigmodel_utils.report.charts.map import markets_map
from bigmodel_utils.report.charts.market import adoption, market_size
from bigmodel_utils.report.charts.plan import gantt
from bigmodel_utils.report.charts.ranking import ranking
from bigmodel_utils.report.charts.reliability import reliability
from bigmodel_utils.report.charts.rows import account, label_shares, lengths
from bigmodel_utils.report.charts.strain import noise, slices
from bigmodel_utils.report.charts.trust import attack, privacy, sharing
from bigmodel_utils.report.charts.value import cash_fan, npv_density, tornado

__all__ = [
    "account",
    "adoption",
    "attack",
    "cash_fan",
    "confidence",
    "confusion",
    "cost_per_thousand",
    "dots_with_intervals",
    "frontier",
    "gantt",
    "groups",
    "label_shares",
    "labels",
    "latency_by_rate",
    "later_start",
    "learning",
    "lengths",
    "market_size",
    "markets_map",
    "noise",
    "npv_density",
    "pieces",
    "price_response",
    "privacy",
    "ranking",
    "ranks",
    "reliability",
    "sharing",
    "slices",
    "threshold_cost",
    "tornado",
]
