"""Room of the reader: charts, tables, pages and the brief. `from bigmodel_utils import report` is all a notebook needs."""

from bigmodel_utils.report import (
    charts,
    data_tables,
    deployment_tables,
    evaluation_tables,
    explore,
    market_explore,
    market_tables,
    model_tables,
    trust_tables,
    value_tables,
)
from bigmodel_utils.report.chart import Chart
from bigmodel_utils.report.form import form
from bigmodel_utils.report.heat_map import heat_map
from bigmodel_utils.report.table import Column, Table
from bigmodel_utils.report.tables import assumptions, figures, settings

__all__ = [
    "Chart",
    "Column",
    "Table",
    "assumptions",
    "charts",
    "data_tables",
    "deployment_tables",
    "evaluation_tables",
    "explore",
    "figures",
    "form",
    "heat_map",
    "market_explore",
    "market_tables",
    "model_tables",
    "settings",
    "trust_tables",
    "value_tables",
]
