"""The `bigmodel` command."""

from __future__ import annotations

import errno
import functools
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bigmodel_utils.errors import BigModelError
from bigmodel_utils.pipeline import vault_commands
from bigmodel_utils.pipeline.arguments import DEFAULT, ScenarioName, Settings, parsed

if TYPE_CHECKING:
    from bigmodel_utils.scenario import Scenario

_INTERRUPTED = 130  # how typer ends on Ctrl-C
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__import__("bigmodel_utils").__doc__
)
app.add_typer(vault_commands.app)

Hook = Annotated[
    str | None, typer.Option(metavar="COMMAND|URL", help="Then start this command, or POST to this address on this machine.")
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
    accept_licence: Annotated[
        bool, typer.Option("--accept-licence", help="Use data sets that are free for research or personal use only.")
    ] = False,
    on_success: Hook = None,
    on_failure: Hook = None,
) -> None:
    """Run every notebook of a scenario and write its reports."""
    from bigmodel_utils import paths
    from bigmodel_utils.pipeline.runner import run_chain

    overrides = parsed(settings) | ({"accept_licence": True} if accept_licence else {})
    chain = functools.partial(run_chain, scenario, overrides, device, first)
    if on_success or on_failure:
        from bigmodel_utils import scenario as scenarios
        from bigmodel_utils.pipeline import hook

        hooks = hook.parsed(on_success, "--on-success"), hook.parsed(on_failure, "--on-failure")
        chain = functools.partial(hook.around, chain, scenarios.load(scenario, overrides), *hooks)
    typer.echo(f"report: {paths.shown(chain() / 'index.html')}")


@app.command()
def sweep(
    file: Annotated[Path, typer.Argument(help="YAML with scenarios, and grid, random or members.")],
    jobs: Annotated[int, typer.Option(min=1, help="Runs at a time on this machine.")] = 1,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    yes: Annotated[bool, typer.Option("--yes", help="Run more than fifty members without asking.")] = False,
    cluster: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="A Dask scheduler whose workers share this folder, e.g. tcp://host:8786."),
    ] = None,
) -> None:
    """Run many variants of scenarios and write one page that compares them; exits with 1 when a run failed."""
    from bigmodel_utils import paths
    from bigmodel_utils.pipeline import sweep as sweeping

    folder, failed = sweeping.run(file, jobs, device, yes, cluster)
    typer.echo(f"comparison: {paths.shown(folder / 'index.html')}")
    raise typer.Exit(int(failed > 0))


@app.command()
def check(
    scenario: ScenarioName = DEFAULT,
    settings: Settings = None,
    finished: Annotated[
        bool, typer.Option("--run", help="Also hold its finished run against its hashes; exits with 1 when it was altered.")
    ] = False,
) -> None:
    """Validate a scenario, its facts, and the files it points to, without running anything."""
    from bigmodel_utils import scenario as scenarios
    from bigmodel_utils.pipeline import preflight
    from bigmodel_utils.value import validity

    chosen = scenarios.load(scenario, parsed(settings))
    preflight.names(chosen)
    preflight.inputs(chosen)
    typer.echo(f"{chosen.name} {chosen.hash}: {chosen.title}; {len(chosen.assumptions)} assumptions, all with source and date")
    for name, country in validity.of_other_countries(chosen).items():
        typer.echo(
            f"assumptions.{name} is on file for {country}, not for {chosen.target_market.country}: give the market's own"
        )
    if finished:
        _hold(chosen)


def _hold(chosen: Scenario) -> None:
    from bigmodel_utils.artifacts import Run
    from bigmodel_utils.pipeline import integrity

    faults = integrity.faults(Run(chosen))
    typer.echo("\n".join(faults) or "the run is as it was sealed")
    raise typer.Exit(int(bool(faults)))


@app.command()
def diff(
    before: Annotated[str, typer.Argument(metavar="RUN", help="SCENARIO, SCENARIO~1 for the run before, or a run's id.")],
    after: Annotated[str, typer.Argument(metavar="RUN")],
) -> None:
    """Tell what differs between two finished runs: figures, choices, data, code and versions."""
    from bigmodel_utils.pipeline import difference

    for line in difference.lines(difference.find(before), difference.find(after)):
        typer.echo(line)


@app.command()
def pdf(
    scenario: ScenarioName = DEFAULT,
    language: Annotated[str, typer.Option(help="en or zh.")] = "en",
    paper: Annotated[str, typer.Option(help="A4 or Letter.")] = "A4",
) -> None:
    """Print the brief of a scenario as PDF through headless Chromium."""
    from bigmodel_utils import paths
    from bigmodel_utils import scenario as scenarios
    from bigmodel_utils.report import pdf as printing

    page = paths.reports() / scenarios.load(scenario).name / "index.html"
    made = printing.write(page, language=language, paper=paper)
    typer.echo(f"pdf: {paths.shown(made)}")


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

    run = Run(scenarios.load(scenario, parsed(settings)))
    for stage in runner.stages_from(run.stages, notebook)[: 1 if notebook else None]:
        reasons = freshness.changes(run, stage)
        typer.echo(f"{stage}: {'nothing changed' if not reasons else ''}".rstrip())
        for reason in reasons:
            typer.echo(f"  {reason}")


@app.command("list")
def list_runs() -> None:
    """List finished runs, newest first: scenario, run, verdict and chance of gain."""
    from bigmodel_utils.pipeline import shelf

    for line in shelf.lines():
        typer.echo(line)


@app.command()
def clean(keep: Annotated[int, typer.Option(min=0, help="Newest runs of each scenario to keep.")] = 5) -> None:
    """Remove old runs; the newest ones, downloads and reports stay."""
    from bigmodel_utils.pipeline import shelf

    typer.echo(f"removed {shelf.clean(keep)} runs")


@app.command()
def doctor() -> None:
    """Check what this machine has, each line with its mend."""
    from bigmodel_utils.pipeline import health

    findings = health.findings()
    for finding in findings:
        typer.echo(str(finding))
    raise typer.Exit(0 if all(finding.ok for finding in findings) else 1)


@app.command()
def lab(
    port: Annotated[int | None, typer.Option(help="A free port; JupyterLab's own choice by default.")] = None,
    browser: Annotated[bool, typer.Option(help="Open a browser window.")] = True,
) -> None:
    """Open the notebooks in JupyterLab on this machine only, behind a token."""
    from bigmodel_utils.pipeline.lab import open_lab

    open_lab(port, browser)


@app.command()
def estimate(
    what: Annotated[str, typer.Argument(help="training or serving.")],
    plan: Annotated[Path, typer.Argument(help="A CSV with the columns of training_runs.csv or inference_bench.csv.")],
    out: Annotated[Path, typer.Argument(help="Where the plan with low, mid, high, rung and reason goes.")],
) -> None:
    """Estimate chip-hours or throughput of every row of a plan; rows are never dropped."""
    from bigmodel_utils.value import planner

    typer.echo(f"estimated {planner.estimate_file(what, plan, out)} rows, see the column reason for the others: {out}")


@app.command()
def redact(
    source: Annotated[Path, typer.Argument(metavar="IN", help="A text, CSV or JSONL file.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The copy without personal data; spans go to OUT.spans.jsonl.")],
    mode: Annotated[str, typer.Option(help="replace by type, pseudonym (needs BIGMODEL_KEY) or drop the row.")] = "replace",
    language: Annotated[str, typer.Option(help="Language of the text, for its encoding.")] = "en",
) -> None:
    """Write a copy of a file without personal data, and what was found where."""
    from bigmodel_utils.data import redaction, vault

    done = redaction.redact(source, out, mode=mode, key=vault.key() if mode == "pseudonym" else None, language=language)
    found = ", ".join(f"{count} {kind}" for kind, count in done.finds.items()) or "nothing personal"
    typer.echo(f"{done.written} of {done.records} records written: {found}")


@app.command()
def drift(
    scenario: ScenarioName = DEFAULT,
    new: Annotated[Path, typer.Option("--new", help="A file with the market's columns: csv, tsv, jsonl or parquet.")] = ...,
    settings: Settings = None,
) -> None:
    """Compare new texts with the target market's training rows; exits with 1 on an alarm."""
    from bigmodel_utils import scenario as scenarios
    from bigmodel_utils.artifacts import Run
    from bigmodel_utils.data import drift as drifting

    run, represent = Run(scenarios.load(scenario, parsed(settings))), None
    if run.is_done(scenarios.MODELS):
        from bigmodel_utils.evaluation.predict import Classifier

        represent = Classifier.load(run.path(scenarios.MODELS, "model_b")).representations
    known = run.table(scenarios.DATA, "target_train")["text"].tolist()
    found = drifting.of_file(new, run.scenario.target_market, known, run.scenario.seed, represent)
    typer.echo(found.measures.to_string(index=False))
    typer.echo("ALARM: the new texts differ from the reference" if found.alarm else "no alarm")
    raise typer.Exit(int(found.alarm))


@app.command()
def serve(
    what: Annotated[
        str, typer.Argument(metavar="SCENARIO|FOLDER", help="A scenario's released or newest model, or a folder.")
    ] = DEFAULT,
    host: Annotated[str, typer.Option(help="Beyond this machine only with a token in BIGMODEL_TOKEN.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8080,
    batch: Annotated[int, typer.Option(min=1, max=256, help="Texts answered together; 1 answers one by one.")] = 32,
) -> None:
    """Serve a model over HTTP: POST /predict, a page to try it, /healthz and /metrics."""
    from bigmodel_utils.deployment import startup

    startup.run(what, host, port, batch, typer.echo)


@app.command()
def release(
    scenario: ScenarioName = DEFAULT,
    back: Annotated[bool, typer.Option("--back", help="Serve the release before the current one again.")] = False,
) -> None:
    """Release the newest model of a scenario, or go back to the one before; a running server follows."""
    from bigmodel_utils import scenario as scenarios
    from bigmodel_utils.deployment import release as releases

    name = scenarios.load(scenario).name
    version = releases.back(name) if back else releases.release(name, releases.newest(name))
    typer.echo(f"released: {name}/{version} (a server of {name} that is running changes over to it)")


@app.command()
def monitor(
    what: Annotated[str, typer.Argument(metavar="SCENARIO|FOLDER", help="What `bigmodel serve` was given.")] = DEFAULT,
) -> None:
    """Compare the newest predictions of a server with its first ones; exits with 1 on an alarm."""
    from bigmodel_utils.deployment import monitor as monitoring
    from bigmodel_utils.deployment import release as releases

    found = monitoring.watch(monitoring.log_path(releases.locate(what).name))
    typer.echo(f"{found.model}: the newest {found.new} predictions against the first {found.reference}")
    typer.echo(found.measures.to_string(index=False))
    typer.echo("ALARM: the stream or its answers have changed" if found.alarm else "no alarm")
    raise typer.Exit(int(found.alarm))


def main() -> None:
    """Run the command; a refusal is printed in three parts and exits with 2, a broken cell with 1."""
    from bigmodel_utils.pipeline.failure import RunFailed

    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal without → or Chinese signs still gets its answer
    try:
        app()
    except BigModelError as error:
        if "--debug" in sys.argv:
            raise
        typer.echo(str(error), err=True)
        sys.exit(2)
    except OSError as error:
        if "--debug" in sys.argv or not (error.filename or error.errno in _NO_ROOM):
            raise
        where = Path(str(error.filename or "a file")).name  # never the whole path: a message ends up in logs
        given = f"{error.strerror}: {where}"
        typer.echo(
            str(BigModelError(given, "a place that may be written, with room", "the path, its rights, or the disk")), err=True
        )
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
    except SystemExit as end:
        if end.code == _INTERRUPTED:
            typer.echo("stopped; what was finished is kept, and the same command goes on from there", err=True)
        raise


if __name__ == "__main__":
    main()
