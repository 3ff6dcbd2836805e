"""What the pipeline costs beside the compute: against papermill's own engine and nbclient, in one run on one machine.

`python tests/benchmarks/bench_pipeline.py [PART …] [--scenario NAME]`, all parts on the smoke test in about ten minutes:
`chain` the whole scenario in a new workspace, then again without a change, then edits of single notebooks · `engines` a
notebook that imports what ours import, ours against papermill's · `outputs` cells that print much · `killed` a page of kept
results, killed at a random moment · `interrupted` the scenario's trainings and measurements, killed at a random moment.
"""

from __future__ import annotations

import argparse
import copy
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
import papermill
from nbclient import NotebookClient
from papermill.engines import papermill_engines

from bigmodel_utils import paths, scenario
from bigmodel_utils.artifacts import DONE, Run
from bigmodel_utils.pipeline import kernels
from bigmodel_utils.pipeline.engine import NAME, Engine
from bigmodel_utils.pipeline.reuse import executed

papermill_engines.register(NAME, Engine)
SPEC = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
HEAVY = "import numpy, pandas, scipy.stats, seaborn, torch, transformers.modeling_utils"
COMPUTE = "import time; end = time.process_time() + 2\nwhile time.process_time() < end: pass"
CELLS, OUTPUT = 200, 100_000
STEPS, STEP_SECONDS = 5, 2.0
KEPT = "*/*/.checkpoints/kept/*/step*"
COMMAND = (sys.executable, "-m", "bigmodel_utils.cli")
RESUMED = """
import sys, papermill
from papermill.engines import papermill_engines
from bigmodel_utils.pipeline.engine import NAME, Engine
papermill_engines.register(NAME, Engine)
papermill.execute_notebook(sys.argv[1], sys.argv[2], engine_name=NAME, kernel_name="python3", progress_bar=False)
"""


def notebook(*sources: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources], metadata=SPEC)


def timed(call: Callable[[], object]) -> tuple[float, object]:
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result


def through(engine: str | None, content: nbformat.NotebookNode, target: Path) -> nbformat.NotebookNode:
    return papermill.execute_notebook(
        copy.deepcopy(content), target, engine_name=engine, kernel_name="python3", progress_bar=False
    )


def inside(content: nbformat.NotebookNode) -> float:
    """Return the seconds that the cells took by papermill's own clock."""
    return sum(cell.metadata.papermill.duration or 0 for cell in content.cells)


def chain(folder: Path, name: str) -> None:
    """A whole scenario from nothing, then what need not run again, then notebooks that were edited."""
    home = workspace(folder)
    whole, told = command("run", name)
    run = Run(scenario.load(name))
    cells = sum(map(compute, [run] * len(run.stages), run.stages))
    print(told.strip())
    print(f"  wall {whole:.1f} s, compute inside cells {cells:.1f} s, ratio {whole / cells:.3f}")
    again = [command("run", name)[0] for _ in range(6)]
    empty = statistics.median(command("--help")[0] for _ in range(5))
    print(
        f"  no-op chain of {len(run.stages)} notebooks: first {again[0]:.2f} s, then {statistics.median(again[1:]):.2f} s (help alone: {empty:.2f} s)"
    )
    for stage in (run.stages[-1], run.stages[-3]):
        (run.folder / stage / DONE).unlink()  # as after an edit of one of its cells
        seconds, told = command("run", name)
        made = [line.split()[1] for line in told.splitlines() if line.startswith("done")]
        cells = sum(compute(run, each) for each in made)
        alone, _ = timed(lambda stage=stage: by_papermill(stage, name, home / "alone.ipynb"))
        print(
            f"  {stage} edited, {', '.join(made)} made: {seconds:.1f} s with all reports; over its cells {seconds / cells:.2f}, over papermill's own run of it ({alone:.1f} s) {seconds / alone:.2f}"
        )


def workspace(folder: Path) -> Path:
    """Make a new workspace that has the project's downloads the one of this process and its children."""
    home = folder / "home"
    (home / "data").mkdir(parents=True)
    (home / "data" / "raw").symlink_to(paths.PROJECT / "data" / "raw")
    os.environ["BIGMODEL_HOME"] = str(home)
    return home


def compute(run: Run, stage: str) -> float:
    return inside(nbformat.read(executed(run, stage), as_version=4))


def by_papermill(stage: str, name: str, out: Path) -> None:
    words = ["papermill", str(paths.notebooks() / f"{stage}.ipynb"), str(out), "-p", "scenario", name, "-k", "python3"]
    subprocess.run([sys.executable, "-m", *words], check=True, capture_output=True, cwd=paths.notebooks())


def command(*words: str) -> tuple[float, str]:
    """Return the seconds that a command took, and what it told."""
    seconds, done = timed(lambda: subprocess.run([*COMMAND, *words], check=True, capture_output=True, text=True))
    return seconds, done.stderr


def engines(folder: Path, _: str, notebooks: int = 2) -> None:
    """Notebooks that import what ours import and compute for two seconds each."""
    work = notebook(HEAVY, COMPUTE)
    kernels.warm(("numpy", "pandas", "scipy", "matplotlib", "torch", "transformers"))
    taken = {}
    for engine in (NAME, None):
        taken[engine], made = timed(lambda e=engine: [through(e, work, folder / f"{n}.ipynb") for n in range(notebooks)])
        ratio = taken[engine] / sum(map(inside, made))
        print(f"  {engine or 'papermill':<10} wall {taken[engine]:6.1f} s, over compute inside cells {ratio:.2f}")
    print(f"  ratio ours : papermill {taken[NAME] / taken[None]:.2f}")


def outputs(folder: Path, _: str) -> None:
    """200 cells that print 100 kB each."""
    content = notebook(*[f"print('{number % 10}' * {OUTPUT})" for number in range(CELLS)])
    runs: dict[str, Callable[[], nbformat.NotebookNode]] = {
        "nbclient": lambda: NotebookClient(copy.deepcopy(content), kernel_name="python3").execute(),
        NAME: lambda: through(NAME, content, folder / "ours.ipynb"),
    }
    taken, shown = {}, {}
    for name, call in runs.items():
        taken[name], done = timed(call)
        shown[name] = ["".join(out.text for out in cell.outputs) for cell in done.cells]
    assert shown["nbclient"] == shown[NAME]
    for name, seconds in taken.items():
        print(f"  {name:<10} {seconds:6.1f} s, {seconds / taken['nbclient']:.2f} of nbclient")
    content.cells = content.cells[: CELLS // 4]  # papermill's own engine rewrites the file around each: minutes for all of them
    for engine in (NAME, None):
        seconds, _ = timed(lambda e=engine: through(e, content, folder / "peer.ipynb"))
        print(f"  the first {CELLS // 4}: {engine or 'papermill'} {seconds:.1f} s")


def killed(folder: Path, _: str, times: int = 2) -> None:
    """A page of five kept results of two seconds each, killed at a random moment: what the second run takes."""
    cells = [f"page.kept('step{number}', time.sleep, {STEP_SECONDS})" for number in range(STEPS)]
    setup = "import time\nfrom bigmodel_utils import notebook\npage = notebook.start('03_evaluate_model', 'smoke')"
    source, draw = folder / "in.ipynb", random.Random(7)
    nbformat.write(notebook(setup, *cells), source)
    for _ in range(times):
        home = Path(tempfile.mkdtemp(dir=folder))
        words = [sys.executable, "-c", RESUMED, str(source), str(home / "out.ipynb")]
        environment = {**os.environ, "BIGMODEL_HOME": str(home)}
        kept = home / "data" / "runs"
        process = subprocess.Popen(words, env=environment)
        wanted = draw.randint(1, STEPS - 1)
        while len(list(kept.glob(KEPT))) < wanted:
            time.sleep(0.02)
        time.sleep(draw.uniform(0, STEP_SECONDS * 0.9))
        process.send_signal(signal.SIGKILL)
        process.wait()
        done = list(kept.glob(KEPT))
        subprocess.run(words, env=environment, check=True, capture_output=True)
        content = nbformat.read(home / "out.ipynb", as_version=4)
        again = inside(content) - content.cells[0].metadata.papermill.duration
        left = (STEPS - len(done)) * STEP_SECONDS
        print(
            f"  killed after {len(done)} of {STEPS}: remaining work {left:.1f} s, cells of the second run {again:.1f} s, ratio {again / left:.2f}"
        )


def interrupted(folder: Path, name: str) -> None:
    """The notebooks that train and measure, killed at a random moment: what the same command then takes."""
    chain = ("run", name, "--set", "chain=[01_prepare_data, 02_train_model, 03_evaluate_model]")
    workspace(folder / "whole")
    whole, _ = command(*chain)
    workspace(folder / "killed")
    process = subprocess.Popen([*COMMAND, *chain], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    after = random.Random(7).uniform(0.2, 0.8) * whole
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    process.wait()
    again, told = command(*chain)
    print(told.strip())
    print(
        f"  killed after {after:.1f} of {whole:.1f} s; the second run took {again:.1f} s, over the rest {again / (whole - after):.2f}"
    )


PARTS = {part.__name__: part for part in (engines, outputs, killed, interrupted, chain)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--scenario", default="smoke")
    asked = parser.parse_args()
    for name in asked.parts or PARTS:
        print(f"{name}: {PARTS[name].__doc__}", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            PARTS[name](Path(folder), asked.scenario)


if __name__ == "__main__":
    main()
