"""The commands that keep data safe: `bigmodel key`, `seal` and `unseal` for who holds the key; `backup` and `restore`."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bigmodel_utils.pipeline.arguments import DEFAULT, Settings, parsed

if TYPE_CHECKING:
    from bigmodel_utils.artifacts import Run

app = typer.Typer()
keys = typer.Typer(
    no_args_is_help=True, help="Make or change the key of sealed files; the key in use is BIGMODEL_KEY or its file."
)
app.add_typer(keys, name="key")


@keys.command()
def new(
    path: Annotated[Path, typer.Argument(help="The file to write, readable by you only; an existing one is never replaced.")],
) -> None:
    """Write a new random key."""
    from bigmodel_utils.data import vault

    vault.create_key(path)
    typer.echo(f"a new key: set {vault.KEY_FILE_VARIABLE} to its path, and keep a copy elsewhere; without it nothing opens")


@keys.command()
def rotate(
    path: Annotated[Path, typer.Argument(help="The file that holds the new key.")],
    folder: Annotated[Path, typer.Argument(help="Where the sealed files are; all below it are changed.")],
) -> None:
    """Seal every .enc file of a folder under a new key; the one that it has now stands in the environment."""
    from bigmodel_utils.data import vault

    done = vault.rotate(folder, vault.key(), vault.read_key(path))
    typer.echo(f"{done} files sealed under the new key: set {vault.KEY_FILE_VARIABLE} to its path")


@app.command()
def seal(
    source: Annotated[Path, typer.Argument(metavar="IN")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Ends in .enc; a scenario reads it as origin: file:OUT.")],
) -> None:
    """Encrypt a file with the key in use; the plain one stays, remove it yourself."""
    from bigmodel_utils.data import vault

    vault.seal(source, vault.sealed_name(out), vault.key())
    typer.echo(f"sealed: {out.name}; {source.name} still lies beside it unencrypted")


@app.command()
def unseal(
    source: Annotated[Path, typer.Argument(metavar="IN", help="A file that `bigmodel seal` wrote.")],
    out: Annotated[Path, typer.Argument(metavar="OUT")],
) -> None:
    """Write the plain content of a sealed file, readable by you only."""
    from bigmodel_utils.data import vault

    vault.unseal_to(source, out, vault.key())
    typer.echo(f"opened: {out.name}")


@app.command()
def backup(
    archive: Annotated[Path, typer.Argument(help="Ends in .tar.gz, or .tar.gz.enc to encrypt with BIGMODEL_KEY.")],
    scenario: Annotated[str, typer.Option(help="The scenario whose run is backed up.")] = DEFAULT,
    released: Annotated[bool, typer.Option("--released", help="The released models instead of the run.")] = False,
    settings: Settings = None,
) -> None:
    """Write a run's results, or released models, into one verified archive."""
    from bigmodel_utils.data import backup as safe

    folder = _folder(_run(scenario, settings), released)
    typer.echo(f"{safe.back_up(folder, archive, _secret(archive))} files in {archive.name}")


@app.command()
def restore(
    archive: Annotated[Path, typer.Argument(help="An archive that `bigmodel backup` wrote.")],
    scenario: Annotated[str, typer.Option(help="The scenario whose run is restored.")] = DEFAULT,
    released: Annotated[bool, typer.Option("--released", help="The released models instead of the run.")] = False,
    settings: Settings = None,
) -> None:
    """Put a run's results, or released models, back from an archive, each file checked against its hash."""
    from bigmodel_utils.data import backup as safe
    from bigmodel_utils.pipeline import claims

    run = _run(scenario, settings)
    with contextlib.nullcontext() if released else claims.alone(run):
        typer.echo(f"{safe.restore(archive, _folder(run, released), _secret(archive))} files restored")


def _run(scenario: str, settings: list[str] | None) -> Run:
    from bigmodel_utils import scenario as scenarios
    from bigmodel_utils.artifacts import Run

    return Run(scenarios.load(scenario, parsed(settings)))


def _folder(run: Run, released: bool) -> Path:
    from bigmodel_utils.deployment import release as releases

    return releases.released(run.scenario.name) if released else run.folder


def _secret(archive: Path) -> bytes | None:
    from bigmodel_utils.data import vault

    return vault.key() if archive.suffix == ".enc" else None
