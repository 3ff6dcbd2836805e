"""One line that says how far training is: in a notebook a display that updates, in a terminal a line that rewrites itself."""

from __future__ import annotations

import os
import sys
import time
from typing import Any

from bigmodel_utils.messages import Message

_EVERY_SECONDS = 1.0


class Progress:
    """Shows `name`, step, loss and texts per second, at most once a second; silent where nobody looks."""

    def __init__(self, name: str, steps: int) -> None:
        self.name, self.steps = name, steps
        self._shown_at = 0.0
        self._handle = _notebook_display()

    def due(self) -> bool:
        """Whether a second has passed since the last line."""
        return time.monotonic() - self._shown_at >= _EVERY_SECONDS

    def show(self, step: int, loss: float, samples_per_second: float) -> None:
        """Write the line of this step."""
        self._shown_at = time.monotonic()
        line = Message(
            "{name}: step {step:integer} of {steps:integer}, loss {loss:number3}, {rate:number1} texts per second",
            name=self.name,
            step=step,
            steps=self.steps,
            loss=loss,
            rate=samples_per_second,
        )
        if self._handle is not None:
            self._handle.update(line)
        elif _batch():
            sys.stderr.write(line.read() + "\n")
            sys.stderr.flush()
        elif sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K{line.read()}" + ("\n" if step >= self.steps else ""))
            sys.stderr.flush()


def _batch() -> bool:
    """Whether the runner executes this notebook: it reads progress from standard error."""
    return bool(os.environ.get("BIGMODEL_BATCH"))


def _notebook_display() -> Any:
    """Return a display handle when a person's kernel runs this, else None."""
    if _batch():
        return None
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None or not hasattr(shell, "kernel"):
        return None
    from IPython.display import display

    return display(Message("training starts"), display_id=True)
