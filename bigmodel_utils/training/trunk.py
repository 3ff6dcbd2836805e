"""The frozen lower part of a model: which it is, and its output, computed once per text instead of once per epoch or model."""

from __future__ import annotations

import functools
import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from bigmodel_utils.training import cores
from bigmodel_utils.training.batches import Encoded, by_length

if TYPE_CHECKING:
    from transformers import PreTrainedModel
    from transformers.utils import ModelOutput

_MOST_BYTES = 2 * 2**30  # of kept output; beyond it the frozen part runs anew with every batch
_MOST_REMEMBERED = 2**30  # bytes of output that outlive their model, for others with an equal frozen part
_ORIGIN = {"_name_or_path", "architectures", "transformers_version"}  # in a configuration: whence, not what it computes
_memory: OrderedDict[str, tuple[torch.Tensor, float]] = OrderedDict()  # output and the seconds that it took, oldest first


class _Reached(Exception):
    """The frozen part has answered, with `output`; nothing above it need run."""

    def __init__(self, output: Any) -> None:
        self.output = output


class _Recall(nn.Module):
    """Stands where the embeddings stood and returns the kept output of the frozen part for the batch that its thread has at hand."""

    def __init__(self) -> None:
        super().__init__()
        self.at_hand = threading.local()

    def forward(self, *_: Any, **__: Any) -> torch.Tensor:
        return self.at_hand.states


@dataclass
class Held:
    """Texts with the frozen part's output on them, one row a token, in the order of `encoded.flat`; None: not kept."""

    encoded: Encoded
    states: torch.Tensor | None = None


class Trunk:
    """Computes with `model`, whose embeddings and lowest `depth` layers are frozen, on texts that may be held.

    Holding pays with frozen layers, costs memory, and needs a model whose upper part alone gives the answers of the whole:
    that is tried on the first texts, and where it fails, or memory would not do, the whole model runs. Models that were
    fine-tuned from one start share their frozen part, so what it makes of the same texts is remembered from one to the next;
    `spared` are the seconds that this saved.
    """

    def __init__(self, model: PreTrainedModel, depth: int, tokens_at_once: int) -> None:
        self.model, self.depth, self.tokens_at_once = model, depth, tokens_at_once
        self.spared = 0.0
        self._recall: _Recall | None = None
        self._put_back: Callable[[], None] = lambda: None

    def hold(self, *texts: Encoded) -> list[Held]:
        """Return `texts` with the frozen part's output where that can be kept."""
        width = getattr(self.model.config, "hidden_size", 0)
        size = sum(len(encoded.flat) for encoded in texts) * width * self.model.dtype.itemsize
        if not (self.depth and 0 < size <= _MOST_BYTES and self._is_alike(texts[0], width)):
            return [Held(encoded) for encoded in texts]
        held = [Held(encoded, self._remembered(encoded, width)) for encoded in texts]
        self._put_back = self._cut()
        return held

    def output(self, held: Held, rows: np.ndarray, **asked: bool) -> ModelOutput:
        """Return the model's output on `rows` of texts."""
        ids, mask = (tensor.to(self.model.device, non_blocking=True) for tensor in held.encoded.batch(rows))
        if self._recall is not None:
            self._recall.at_hand.states = _padded(held, rows, mask)
        return self.model(input_ids=ids, attention_mask=mask, **asked)

    def restore(self) -> None:
        """Put the frozen part back, so that the model is whole again."""
        self._put_back()
        self._recall = None

    def _remembered(self, encoded: Encoded, width: int) -> torch.Tensor:
        """Return the frozen part's output on all texts, taken over where an equal part has read the same texts the same way."""
        digest = hashlib.sha256(self._reading)
        for part in (encoded.flat, encoded.starts):
            digest.update(part)
        key = f"{digest.hexdigest()} {encoded.pad} {encoded.limit}"
        if key in _memory:
            self.spared += _memory[key][1]
        else:
            started = time.perf_counter()
            _memory[key] = self._states(encoded, width), time.perf_counter() - started
        states = _memory[key][0]
        _memory.move_to_end(key)
        while sum(kept.nbytes for kept, _ in _memory.values()) > _MOST_REMEMBERED:
            _memory.popitem(last=False)
        return states

    @functools.cached_property
    def _reading(self) -> bytes:
        """A hash of all that the frozen part's output depends on beside the texts."""
        parts = nn.ModuleList([embeddings(self.model), *layers(self.model)[: self.depth]])
        config = {name: value for name, value in self.model.config.to_dict().items() if name not in _ORIGIN}
        how = (config, self.model.config._attn_implementation, self.model.device, self.tokens_at_once)
        digest = hashlib.sha256(repr(how).encode())
        for name, tensor in parts.state_dict().items():
            digest.update(f"{name} {tensor.dtype}".encode())
            digest.update(tensor.reshape(-1).view(torch.uint8).cpu().numpy())
        return digest.digest()

    def _states(self, encoded: Encoded, width: int) -> torch.Tensor:
        states = torch.empty(len(encoded.flat), width, dtype=self.model.dtype, device=self.model.device)

        def read(rows: np.ndarray) -> None:
            ids, mask = (tensor.to(self.model.device, non_blocking=True) for tensor in encoded.batch(rows))
            states[_places(encoded, rows).to(states.device)] = self._lower(ids, mask)[mask.bool()]

        with self._stopping():
            list(cores.each(read, by_length(encoded.lengths, self.tokens_at_once), states.device.type))
        return states

    @contextmanager
    def _stopping(self) -> Iterator[None]:
        """Let the model, at rest, stop above the lowest layers with what they say."""

        def stop(_: nn.Module, __: Any, output: Any) -> None:
            raise _Reached(output)

        handle, was_training = layers(self.model)[self.depth - 1].register_forward_hook(stop), self.model.training
        self.model.eval()
        try:
            yield
        finally:
            handle.remove()
            self.model.train(was_training)

    @torch.no_grad()
    def _lower(self, ids: torch.Tensor, mask: torch.Tensor) -> Any:
        """Return the output of the lowest layers of a model that stops above them: (rows, width, features), or what others make."""
        try:
            return self.model(input_ids=ids, attention_mask=mask)
        except _Reached as reached:
            return reached.output

    @torch.no_grad()
    def _is_alike(self, encoded: Encoded, width: int) -> bool:
        """Whether the upper part alone, fed with the lower part's output, gives the whole model's answers."""
        rows = np.arange(min(2, len(encoded.lengths)))
        ids, mask = (tensor.to(self.model.device) for tensor in encoded.batch(rows))
        with self._stopping():
            lower = self._lower(ids, mask)
        if not isinstance(lower, torch.Tensor) or lower.shape != (*ids.shape, width):
            return False
        was_training = self.model.training
        whole = self.model.eval()(input_ids=ids, attention_mask=mask).logits
        restore = self._cut()
        try:
            self._recall.at_hand.states = lower
            return torch.allclose(self.model(input_ids=ids, attention_mask=mask).logits, whole, rtol=1e-3, atol=1e-3)
        except (TypeError, AttributeError, ValueError, IndexError, RuntimeError):  # an architecture of another build
            return False
        finally:
            restore()
            self._recall = None
            self.model.train(was_training)

    def _cut(self) -> Callable[[], None]:
        """Take the frozen part out of the model; returns a function that puts it back."""
        below, stack = embeddings(self.model), layers(self.model)
        parents = [_parent(self.model, part) for part in (below, stack)]
        self._recall = _Recall()
        setattr(*parents[0], self._recall)
        setattr(*parents[1], nn.ModuleList(stack[self.depth :]))

        def restore() -> None:
            setattr(*parents[0], below)
            setattr(*parents[1], stack)

        return restore


def forget() -> None:
    """Drop what was remembered, so that the next model reads its texts anew."""
    _memory.clear()


def embeddings(model: PreTrainedModel) -> nn.Module:
    """Return the part that turns token ids into vectors: word, position and type embeddings with their norm."""
    return getattr(model.base_model, "embeddings", None) or model.get_input_embeddings()


def layers(model: PreTrainedModel) -> nn.ModuleList:
    """Return the stack of like layers, lowest first: the outermost list of `num_hidden_layers` modules."""
    depth = model.config.num_hidden_layers
    return next((part for part in model.modules() if isinstance(part, nn.ModuleList) and len(part) == depth), nn.ModuleList())


def _parent(model: nn.Module, part: nn.Module) -> tuple[nn.Module, str]:
    """Return the module that holds `part`, and under which name."""
    name = next(name for name, found in model.named_modules() if found is part)
    above, _, last = name.rpartition(".")
    return model.get_submodule(above), last


def _places(encoded: Encoded, rows: np.ndarray) -> torch.Tensor:
    """Return where the tokens of `rows` stand in `encoded.flat`, row after row."""
    return torch.from_numpy(np.concatenate([np.arange(encoded.starts[row], encoded.starts[row + 1]) for row in rows]))


def _padded(held: Held, rows: np.ndarray, mask: torch.Tensor) -> torch.Tensor:
    """Return the held output of `rows`, (rows, width, features), zero where the batch is padding."""
    states = held.states
    batch = torch.zeros(*mask.shape, states.shape[1], dtype=states.dtype, device=states.device)
    batch[mask.bool()] = states[_places(held.encoded, rows).to(states.device)]
    return batch
