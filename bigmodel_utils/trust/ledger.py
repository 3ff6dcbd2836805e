"""What has been spent on a data set, kept where no clean-up reaches: an account that refuses to be overdrawn.

Every private training tells something about its rows, and what several tell adds up. The account of a data set (named by
the hash of its rows) holds one line per training, each with a hash of the line before, so that a removed or altered line
shows. Repeating a training with the same rows, settings and noise gives the same weights again: nothing new is told, and
nothing is spent. Noise can only be repeated by who holds the workspace's secret key; a seed that stands in a scenario could
be subtracted by anyone who reads it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from bigmodel_utils import paths
from bigmodel_utils.artifacts import owner_only, replacing, write_atomic
from bigmodel_utils.trust import TrustError, accountant
from bigmodel_utils.trust.accountant import Mechanism

_KEY_BYTES = 32


@dataclass(frozen=True)
class Entry:
    """One private training: what it is for, its mechanism, and a `fingerprint` of rows, settings and noise."""

    purpose: str
    epsilon: float
    delta: float
    noise_multiplier: float
    sample_rate: float
    steps: int
    fingerprint: str
    at: str = ""

    @property
    def mechanism(self) -> Mechanism:
        return Mechanism(self.noise_multiplier, self.sample_rate, self.steps)


class Ledger:
    """The account of one data set in this workspace."""

    def __init__(self, data_set: str) -> None:
        self.data_set, self.path = data_set, _folder() / f"{data_set}.jsonl"

    def entries(self) -> list[Entry]:
        """Return what was spent, oldest first; raises TrustError when a line was altered or is missing."""
        found, before = [], ""
        for line in self._lines():
            try:
                record = json.loads(line)
                chained = record.pop("before") == _digest(before)
                entry = Entry(**record)
            except (ValueError, KeyError, TypeError, AttributeError):
                chained = False
            if not chained:
                allowed = "lines as they were written; what was spent stays spent"
                raise TrustError(f"line {len(found) + 1} of {paths.shown(self.path)} altered", allowed, "restore a back-up")
            found.append(entry)
            before = line
        return found

    def spent(self, delta: float) -> float:
        """Return the epsilon that all trainings so far spend together at `delta` (Renyi composition)."""
        return accountant.epsilon([entry.mechanism for entry in self.entries()], delta)

    def spend(self, wanted: Sequence[Entry], budget: float | None) -> list[Entry]:
        """Write down the entries that are new, before their trainings run, and return them; all of them or none.

        Raises TrustError when everything together would exceed `budget` at the smallest delta; None sets no limit.
        """
        from filelock import FileLock

        with FileLock(self.path.with_suffix(".lock")):
            known = self.entries()
            told = {entry.fingerprint for entry in known}
            new = list({entry.fingerprint: entry for entry in wanted if entry.fingerprint not in told}.values())
            if new and budget is not None:
                self._refuse_overdraft([*known, *new], budget)
            if new:
                self._append(new)
        return new

    def _refuse_overdraft(self, entries: list[Entry], budget: float) -> None:
        delta = min(entry.delta for entry in entries)
        total = accountant.epsilon([entry.mechanism for entry in entries], delta)
        if total > budget:
            raise TrustError(
                f"a total epsilon of {total:.2f} on rows {self.data_set}",
                f"at most {budget:g}, of which {self.spent(delta):.2f} is spent",
                "fewer trust.epsilons or trust.seeds, fresh rows, or a larger trust.budget that somebody answers for",
            )

    def _append(self, new: list[Entry]) -> None:
        lines, now = self._lines(), datetime.now(UTC).isoformat(timespec="seconds")
        for entry in new:
            record = asdict(entry) | {"at": now, "before": _digest(lines[-1] if lines else "")}
            lines.append(json.dumps(record, sort_keys=True))
        write_atomic(self.path, "\n".join(lines) + "\n")

    def _lines(self) -> list[str]:
        return self.path.read_text(encoding="utf-8").splitlines() if self.path.is_file() else []


def noise_seed(fingerprint: str) -> int:
    """Return a seed that repeats in this workspace and that nobody without its key can tell (HMAC-SHA256), below 2^63."""
    return int.from_bytes(hmac.digest(_key(), fingerprint.encode(), "sha256")[:8], "big") >> 1


def _key() -> bytes:
    """Return the workspace's secret, made on first use and readable by its owner only; raises TrustError when it is damaged."""
    from filelock import FileLock

    path = _folder() / "noise.key"
    with FileLock(path.with_suffix(".lock")):
        if not path.exists():
            with replacing(path, "wb", owner_only) as file:
                file.write(secrets.token_bytes(_KEY_BYTES))
    secret = path.read_bytes()
    if len(secret) != _KEY_BYTES:  # anybody could tell the noise of a short one
        allowed = f"{_KEY_BYTES} secret bytes, as they were made"
        raise TrustError(
            f"{len(secret)} bytes in {paths.shown(path)}", allowed, "restore it, or remove it: new noise is spent anew"
        )
    return secret


def _folder() -> Path:
    folder = paths.runs() / ".privacy"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _digest(line: str) -> str:
    return hashlib.sha256(line.encode()).hexdigest()[:16] if line else ""
