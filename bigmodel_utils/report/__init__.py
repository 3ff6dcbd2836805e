"""Room of the reader: charts, tables, pages and the brief. `from bigmodel_utils import report` is all a notebook needs."""

import sys

from bigmodel_utils.report.late import Late, offered

PARTS = {
    "chart": ("Chart",),
    "form": ("form",),
    "heat_map": ("heat_map",),
    "table": ("Column", "Table"),
    "tables": ("assumptions", "figures", "settings"),
    "charts": (),
    "compliance_tables": (),
    "data_tables": (),
    "deployment_tables": (),
    "evaluation_tables": (),
    "explore": (),
    "market_explore": (),
    "market_tables": (),
    "model_tables": (),
    "strategy_tables": (),
    "trust_tables": (),
    "value_tables": (),
}
__all__ = offered(PARTS)
sys.modules[__name__].__class__ = Late
