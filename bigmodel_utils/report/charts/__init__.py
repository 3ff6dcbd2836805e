"""The pictures of the workbench. Each function takes small frames and returns a `Chart` whose title is the finding."""

import sys

from bigmodel_utils.report.late import Late, offered

PARTS = {
    "accuracy": ("confusion", "dots_with_intervals"),
    "choice": ("later_start", "price_response", "ranks"),
    "compliance": ("duties",),
    "confidence": ("confidence",),
    "cost": ("cost_per_thousand", "threshold_cost"),
    "deployment": ("frontier",),
    "groups": ("groups", "pieces"),
    "labels": ("labels",),
    "learning": ("learning",),
    "load": ("latency_by_rate",),
    "map": ("markets_map",),
    "market": ("adoption", "market_size"),
    "plan": ("gantt",),
    "ranking": ("ranking",),
    "reliability": ("reliability",),
    "rows": ("account", "label_shares", "lengths"),
    "strain": ("noise", "slices"),
    "strategies": ("ways",),
    "trust": ("attack", "privacy", "sharing"),
    "value": ("cash_fan", "npv_density", "tornado"),
}
__all__ = offered(PARTS)
sys.modules[__name__].__class__ = Late
