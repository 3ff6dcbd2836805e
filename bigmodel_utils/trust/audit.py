"""Who ran what: one JSON line per event in data/runs/audit.jsonl, appended and never rewritten, readable by its owner only.

A person stands in it as the number of their account on this machine, and as nothing more.
"""

from __future__ import annotations

import contextlib
import getpass
import hashlib
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from bigmodel_utils import paths

NAME = "audit.jsonl"


def account() -> str:
    """Return the number of the account that runs this process; where accounts have no number, a hash of the name."""
    if hasattr(os, "getuid"):
        return str(os.getuid())
    return hashlib.sha256(getpass.getuser().encode()).hexdigest()[:8]


def record(event: str, **what: str | None) -> None:
    """Append one event; lines of processes that write at once do not mix, for each is one write at the end of the file."""
    line = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "account": account(), "event": event}
    line |= {name: value for name, value in what.items() if value is not None}
    paths.runs().mkdir(parents=True, exist_ok=True)
    handle = os.open(paths.runs() / NAME, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        end = os.lseek(handle, 0, os.SEEK_END)
        os.lseek(handle, max(end - 1, 0), os.SEEK_SET)
        joint = "" if os.read(handle, 1) in (b"", b"\n") else "\n"  # a line that was cut short stays a line
        os.write(handle, (joint + json.dumps(line, ensure_ascii=False, sort_keys=True) + "\n").encode())
    finally:
        os.close(handle)


@contextlib.contextmanager
def logged(event: str, **what: str | None) -> Iterator[None]:
    """Record that `event` began and how it ended: finished, or the kind of error that stopped it."""
    record(event, outcome="begun", **what)
    try:
        yield
    except BaseException as error:
        record(event, outcome=f"stopped: {type(error).__name__}", **what)
        raise
    record(event, outcome="finished", **what)


def entries(**where: str) -> list[dict[str, Any]]:
    """Return the events whose fields equal `where`, oldest first; a line that a crash cut short does not count."""
    try:
        lines = (paths.runs() / NAME).read_bytes().splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        with contextlib.suppress(ValueError):
            found.append(json.loads(line))
    return [entry for entry in found if all(entry.get(name) == value for name, value in where.items())]
