"""What commands share: the scenario they are given, and its values set on the command line."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from bigmodel_utils.errors import BigModelError

DEFAULT = "reviews_us_to_cn"

ScenarioName = Annotated[str, typer.Argument(help="A name from data/scenarios, or the path of a .yml file.")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Override one value, e.g. --set seed=3.")
]


def parsed(settings: list[str] | None) -> dict[str, Any]:
    """Return key -> value of `--set key=value`, values read as YAML; raises BigModelError for what is neither."""
    import yaml

    overrides = {}
    for setting in settings or []:
        key, equals, value = setting.partition("=")
        if not (key and equals):
            raise BigModelError(
                f"--set {setting}", "--set key=value, e.g. --set target_market.split.train=400", "the command line"
            )
        try:
            overrides[key.strip()] = yaml.safe_load(value)
        except yaml.YAMLError:
            raise BigModelError(f"--set {setting}", "a value in YAML, e.g. 0.3, [1, 2] or 'text'", "the command line") from None
    return overrides
