"""The training loop: AdamW, linear warm-up and decay, clipped gradients, early stopping on validation loss."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bigmodel_utils.choices import Training
from bigmodel_utils.training import checkpoint, cores
from bigmodel_utils.training.batches import by_length, shuffled
from bigmodel_utils.training.checkpoint import Course
from bigmodel_utils.training.device import Device, DeviceError
from bigmodel_utils.training.distributed import Crew
from bigmodel_utils.training.dropout import drawing, is_light, lighten
from bigmodel_utils.training.forward import BATCH_TOKENS
from bigmodel_utils.training.learned import TrainingError, frozen_depth, trained
from bigmodel_utils.training.objective import Objective
from bigmodel_utils.training.precision import Image
from bigmodel_utils.training.progress import Progress
from bigmodel_utils.training.sharding import Shards
from bigmodel_utils.training.trunk import Trunk, embeddings, layers

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

CLIP_NORM = 1.0
_LEAST_ROWS = 4  # of a batch that are worth a core of their own
_LOG_POINTS = 40  # rows of training loss in a history
_SAVE_SECONDS = 60.0


@dataclass(frozen=True)
class Keep:
    """Where a training under way is kept, and what marks it as this very training."""

    path: Path
    fingerprint: str


class Loop:
    """One training of `model` (already on `device`) towards an objective; `run` leaves the best weights in it."""

    def __init__(
        self,
        model: PreTrainedModel,
        objective: Objective,
        settings: Training,
        seed: int,
        device: Device,
        watch: Callable[[float], None] | None = None,
    ) -> None:
        import torch

        self.objective, self.settings, self.seed, self.device = objective, settings, seed, device
        self.watch, self.crew = watch, Crew()
        self.sharded = self.crew.together and settings.sharding == "parameters"
        learning = trained(model, settings)
        self.image = _computing(model, device, self.sharded)
        self.parameters = {name: model.get_parameter(name) for name in learning}
        kinds = ([p for p in self.parameters.values() if p.ndim > 1], [p for p in self.parameters.values() if p.ndim < 2])
        groups = [{"params": kinds[0], "weight_decay": settings.weight_decay}, {"params": kinds[1], "weight_decay": 0.0}]
        self.optimiser = torch.optim.AdamW(groups, lr=settings.learning_rate, fused=True)
        self.texts = len(objective.train.lengths)
        self.epoch_steps = -(-self.texts // settings.batch_size)
        self.steps = self.epoch_steps * settings.epochs
        self.origin = [p.detach().clone() for p in self.parameters.values()] if settings.anchor else []
        self._depth = depth = frozen_depth(settings)
        self._frozen = [embeddings(self.image.model), *layers(self.image.model)[:depth]] if depth else []
        self._nothing = torch.zeros((), device=device.kind)
        self._each = map if self.sharded else partial(cores.each, kind=device.kind)
        together = device.kind == "cpu" and not self.sharded and is_light(self.image.model)
        self._parts = cores.count() if together else 1
        self.course = Course()

    def run(self, name: str, keep: Keep | None = None) -> Course:
        """Train to the end or until validation loss has not improved for `patience` checks.

        Raises TrainingError when the loss is no longer a number, DeviceError when one text alone exceeds the memory.
        """
        if keep and keep.path.exists():
            self.course = checkpoint.restore(keep.path, self.parameters, self.optimiser, keep.fingerprint)
        progress = Progress(name, self.steps)
        with self._held():
            for rows in self._remaining():
                if self.course.checks_without_gain >= self.settings.patience:
                    break
                started = time.perf_counter()
                self._losses.append(self._step(rows))
                self._seen += len(rows)
                self.course.step += 1
                self._spent += time.perf_counter() - started
                self._report(progress, keep)
        self._restore_best()
        return self.course

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Run the frozen part over all texts first; its time counts as training, also where it is remembered."""
        started = time.perf_counter()
        self.image.refresh()
        self.trunk = Trunk(self.image.model, 0 if self.sharded else self._depth, BATCH_TOKENS[self.device.kind])
        self.train, self.validation = self.trunk.hold(self.objective.train, self.objective.validation)
        self._learn()
        self.course.seconds += time.perf_counter() - started + self.trunk.spared
        try:
            yield
        finally:
            self.trunk.restore()

    def _learn(self) -> None:
        """Put the model into training; frozen parts stay at rest, so that they answer the same in every epoch."""
        self.image.model.train()
        for part in self._frozen:
            part.eval()

    def _remaining(self) -> Iterator[np.ndarray]:
        """Yield the batches that a fresh or resumed training still has to see."""
        self._losses: list[torch.Tensor] = []
        self._seen, self._spent, self._saved_at = 0, 0.0, time.monotonic()
        first = self.course.step
        for epoch in range(first // self.epoch_steps, self.settings.epochs):
            batches = shuffled(self.objective.train.lengths, self.settings.batch_size, self.seed, epoch)
            yield from batches[max(0, first - epoch * self.epoch_steps) :]

    def _step(self, rows: np.ndarray) -> torch.Tensor:
        import torch

        for group in self.optimiser.param_groups:
            group["lr"] = self.settings.learning_rate * self._rate()
        mine = [] if self.sharded else list(self.parameters.values())  # shards are summed on their way to their holders
        torch.manual_seed(self._draw(0))
        loss = self.crew.summed(self._gradients(rows), mine)
        for parameter, origin in zip(self.parameters.values(), self.origin, strict=False):
            parameter.grad.add_(parameter.detach() - origin, alpha=self.settings.anchor)
        torch.nn.utils.clip_grad_norm_(self.parameters.values(), CLIP_NORM)
        self.optimiser.step()
        self.image.refresh()
        return loss

    def _draw(self, part: int) -> int:
        """Return what decides which elements a part of this step drops, so that a resumed training drops the same."""
        return int(np.random.SeedSequence((self.seed, self.course.step, self.crew.rank, part)).generate_state(1, np.uint64)[0])

    def _rate(self) -> float:
        """Share of the learning rate at this step: linear warm-up, then linear decay to zero."""
        warm = max(1, round(self.settings.warmup_share * self.steps))
        step = self.course.step
        return (step + 1) / warm if step < warm else (self.steps - step) / max(1, self.steps - warm)

    def _gradients(self, rows: np.ndarray) -> torch.Tensor:
        """Leave the batch's mean gradient in the parameters; halve the part computed at once when memory runs out."""
        import torch

        weight, rows = self.objective.weight(rows), self.crew.share(rows)
        if self.sharded and not len(rows):
            weight, rows = np.inf, np.zeros(1, dtype=int)  # all must take part in the gathering; this text counts nothing
        while True:
            self.image.forget()
            try:
                return self._summed(rows, weight)
            except torch.OutOfMemoryError:
                if self.sharded or self.course.splits >= len(rows):
                    raise DeviceError(
                        "one text at a time does not fit in the device's memory",
                        "a smaller model or shorter texts",
                        "model.max_tokens",
                    ) from None
                self.course.splits *= 2
                torch.cuda.empty_cache()

    def _summed(self, rows: np.ndarray, weight: float) -> torch.Tensor:
        """Add the gradient of the summed loss of `rows` over `weight`, and return that loss; each core takes a part of them."""
        count = min(len(rows), max(self.course.splits, min(self._parts, len(rows) // _LEAST_ROWS)))
        parts = list(enumerate(np.array_split(rows, count))) if count else []
        total = self._nothing
        for loss, gradients in self._each(lambda part: self._backward(*part, weight), parts):
            self.image.collect(gradients)
            total = total + loss
        return total

    def _backward(self, number: int, rows: np.ndarray, weight: float) -> tuple[torch.Tensor, Sequence[torch.Tensor | None]]:
        with drawing(self._draw(number)):
            loss = self.objective.loss(self.trunk.output(self.train, rows).logits.float(), rows) / weight
            return loss.detach(), self.image.gradients(loss)

    def _report(self, progress: Progress, keep: Keep | None) -> None:
        """Log, check on validation data, and keep the state, when each is due."""
        step = self.course.step
        last = step == self.steps
        check = last or self._is_check(step)
        log = check or step % max(1, self.steps // _LOG_POINTS) == 0
        if log or progress.due():
            progress.show(step, self._mean_loss(), self._seen / self._spent)
        if log:
            self._log(check)
        due = not last and (check or time.monotonic() - self._saved_at > _SAVE_SECONDS)  # the last state becomes the model
        if keep and due and not self.crew.rank:
            checkpoint.save(keep.path, self.course, self.parameters, self.optimiser, keep.fingerprint)
            self._saved_at = time.monotonic()

    def _is_check(self, step: int) -> bool:
        """Checks stand at equal distances within an epoch, the last at its end."""
        checks, within = self.settings.checks_per_epoch, (step - 1) % self.epoch_steps + 1
        return within * checks // self.epoch_steps > (within - 1) * checks // self.epoch_steps

    def _mean_loss(self) -> float:
        import torch

        mean = float(torch.stack(self._losses).mean())
        if not np.isfinite(mean):
            raise TrainingError(
                f"a training loss that is no number at step {self.course.step}",
                "a finite loss",
                f"a learning_rate below {self.settings.learning_rate:g} in the scenario",
            )
        return mean

    def _log(self, check: bool) -> None:
        course = self.course
        loss, measure = self._validate() if check else (float("nan"), float("nan"))
        course.seconds += self._spent
        course.history.append(
            {
                "step": course.step,
                "epoch": course.step / self.epoch_steps,
                "examples": self._examples(course.step),
                "loss": self._mean_loss(),
                "validation_loss": loss,
                self.objective.measure: measure,
                "samples_per_second": self._seen / self._spent,
            }
        )
        self._losses, self._seen, self._spent = [], 0, 0.0
        if check:
            self._judge(loss)

    def _examples(self, step: int) -> int:
        epochs, rest = divmod(step, self.epoch_steps)
        return epochs * self.texts + rest * self.settings.batch_size

    def _validate(self) -> tuple[float, float]:
        """Return mean loss and the objective's measure on the validation texts, dropout off."""
        import torch

        @torch.no_grad()
        def observe(rows: np.ndarray) -> Any:
            return self.objective.observe(self.trunk.output(self.validation, rows).logits.float(), rows)

        self.image.model.eval()
        batches = by_length(self.objective.validation.lengths, BATCH_TOKENS[self.device.kind])
        observed = list(self._each(observe, batches if self.sharded else batches[self.crew.rank :: self.crew.size]))
        self._learn()
        return self.objective.score(observed if self.sharded else self.crew.gathered(observed))

    def _judge(self, loss: float) -> None:
        course = self.course
        if loss < course.best_loss:
            course.best_loss, course.best_step, course.checks_without_gain = loss, course.step, 0
            course.best = {name: parameter.detach().cpu().clone() for name, parameter in self.parameters.items()}
        else:
            course.checks_without_gain += 1
        if self.watch:
            self.watch(loss)

    def _restore_best(self) -> None:
        import torch

        with torch.no_grad():
            for name, tensor in self.course.best.items():
                self.parameters[name].copy_(tensor)


def _computing(model: PreTrainedModel, device: Device, sharded: bool) -> Image | Shards:
    """Return what computes, an image of `model` or the parts of it that this process holds; on CPUs it drops by bytes."""
    image = None if sharded else Image(model, device)
    if device.kind == "cpu":
        lighten(image.model if image else model)
    return image or Shards(model, device)
