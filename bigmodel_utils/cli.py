"""The `bigmodel` command."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from bigmodel_utils.errors import BigModelError

DEFAULT = "reviews_us_to_cn"
app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__import__("bigmodel_utils").__doc__
)

ScenarioName = Annotated[str, typer.Argument(help="A name from data/scenarios, or the path of a .yml file.")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Override one value, e.g. --set seed=3.")
]


@app.callback()
def _options(debug: Annotated[bool, typer.Option("--debug", help="Show the full traceback of an error.")] = False) -> None:
    """Take a trained model to a new market: measure the gap, price it, decide."""


@app.command()
def run(
    scenario: ScenarioName = DEFAULT,
    settings: Settings = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    first: Annotated[
        str | None, typer.Option("--from", help="Start at this notebook, e.g. 03; earlier ones must have run.")
    ] = None,
) -> None:
    """Run every notebook of a scenario and write its reports."""
    from bigmodel_utils import paths
    from bigmodel_utils.pipeline.runner import run_chain

    folder = run_chain(scenario, _parsed(settings), device, first)
    typer.echo(f"report: {paths.shown(folder / 'index.html')}")


@app.command()
def check(scenario: ScenarioName = DEFAULT, settings: Settings = None) -> None:
    """Validate a scenario and its facts without running anything."""
    from bigmodel_utils import scenario as scenarios

    chosen = scenarios.load(scenario, _parsed(settings))
    typer.echo(f"{chosen.name} {chosen.hash}: {chosen.title}; {len(chosen.assumptions)} assumptions, all with source and date")


@app.command()
def why(
    notebook: Annotated[str | None, typer.Argument(help="A notebook's number or name; all by default.")] = None,
    scenario: Annotated[str, typer.Option(help="The scenario.")] = DEFAULT,
    settings: Settings = None,
) -> None:
    """Say why notebooks would run again, one line per cause."""
    from bigmodel_utils import scenario as scenarios
    from bigmodel_utils.artifacts import Run
    from bigmodel_utils.pipeline import freshness, runner

    run = Run(scenarios.load(scenario, _parsed(settings)))
    for stage in runner.stages_from(notebook)[: 1 if notebook else None]:
        reasons = freshness.changes(run, stage)
        typer.echo(f"{stage}: {'nothing changed' if not reasons else ''}".rstrip())
        for reason in reasons:
            typer.echo(f"  {reason}")


@app.command()
def lab() -> None:
    """Open the notebooks in JupyterLab on this machine only."""
    from jupyterlab.labapp import LabApp

    from bigmodel_utils import paths

    LabApp.launch_instance(
        argv=["--ServerApp.ip=127.0.0.1", f"--ServerApp.root_dir={paths.PROJECT}", "--LabApp.default_url=/lab/tree/notebooks"]
    )


def _parsed(settings: list[str] | None) -> dict[str, Any]:
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


def main() -> None:
    """Run the command; a refusal is printed in three parts and exits with 2, a broken cell with 1."""
    from bigmodel_utils.pipeline.failure import RunFailed

    try:
        app()
    except BigModelError as error:
        if "--debug" in sys.argv:
            raise
        typer.echo(str(error), err=True)
        sys.exit(2)
    except RunFailed as error:
        if "--debug" in sys.argv:
            raise
        from bigmodel_utils import paths

        typer.echo(
            f"{error}\nkept:    {paths.shown(error.kept)} shows the cells up to there; earlier reports are as they were",
            err=True,
        )
        sys.exit(2 if error.refused else 1)
    except KeyboardInterrupt:
        typer.echo("stopped; finished notebooks are kept, go on with --from", err=True)
        sys.exit(130)


if __name__ == "__main__":
    main()
