"""What a model can do without: small weights, neurons between layers, whole layers. No training here; see distillation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.training.batches import BATCH_TOKENS, by_length, encode
from bigmodel_utils.training.pretrained import silence
from bigmodel_utils.training.trunk import layers

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

SPARSE_SHARE = 0.3  # of all weights of the layers: the smallest, as Han et al. 2015
KEPT_NEURONS = 0.75
KEPT_LAYERS = 2 / 3


def sparse(source: Path, out: Path) -> None:
    """Write the model with the smallest weights of its layers set to zero (magnitude pruning, over all layers at once)."""
    import torch
    from torch.nn.utils import prune

    model, tokenizer = _loaded(source)
    products = [(part, "weight") for part in layers(model).modules() if isinstance(part, torch.nn.Linear)]
    prune.global_unstructured(products, prune.L1Unstructured, amount=SPARSE_SHARE)
    for part, name in products:
        prune.remove(part, name)
    _write(model, tokenizer, out)


def can_narrow(folder: Path) -> bool:
    """Whether the model is built like BERT, whose inner width is one number of its configuration."""
    from transformers import AutoConfig

    return AutoConfig.from_pretrained(folder).model_type in {"bert", "roberta", "xlm-roberta", "electra", "camembert"}


def narrow(source: Path, texts: Sequence[str], out: Path) -> None:
    """Write the model with the least of the neurons between each layer's two products left out (structured pruning).

    A neuron weighs as much as it fires on `texts`, times the norm of its outgoing weights (Sun et al. 2024, per neuron).
    """
    import torch

    model, tokenizer = _loaded(source)
    width = max(1, round(KEPT_NEURONS * model.config.intermediate_size))
    fired = _fired(model, tokenizer, texts)
    with torch.no_grad():
        for layer, energy in zip(layers(model), fired, strict=True):
            into, back = layer.intermediate.dense, layer.output.dense
            kept = (energy.sqrt() * back.weight.norm(dim=0)).topk(width).indices.sort().values
            into.weight, into.bias = _part(into.weight[kept]), _part(into.bias[kept])
            back.weight = _part(back.weight[:, kept])
    model.config.intermediate_size = width
    _write(model, tokenizer, out)


def shallow(source: Path, texts: Sequence[str], out: Path) -> None:
    """Write the model without the third of its layers that change the representation of `texts` least (Men et al. 2024)."""
    import torch

    model, tokenizer = _loaded(source)
    change = influence(model, tokenizer, texts)
    keep = max(1, round(KEPT_LAYERS * len(change)))
    kept = sorted(np.argsort(change)[-keep:].tolist())
    stack = layers(model)
    above, _, last = next(name for name, part in model.named_modules() if part is stack).rpartition(".")
    setattr(model.get_submodule(above), last, torch.nn.ModuleList(stack[index] for index in kept))
    model.config.num_hidden_layers = keep
    _write(model, tokenizer, out)


def influence(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> np.ndarray:
    """Return how far each layer turns its input: one minus the mean cosine over all tokens of `texts`, shape (layers,)."""
    import torch
    from torch.nn.functional import cosine_similarity

    encoded = encode(tokenizer, texts, tokenizer.model_max_length)
    turned, tokens = np.zeros(model.config.num_hidden_layers), 0.0
    with torch.inference_mode():
        for rows in by_length(encoded.lengths, BATCH_TOKENS["cpu"]):
            ids, mask = encoded.batch(rows)
            states = model.base_model(input_ids=ids, attention_mask=mask, output_hidden_states=True).hidden_states
            kept = mask.bool()
            for layer, (before, after) in enumerate(pairwise(states)):
                turned[layer] += float((1 - cosine_similarity(before[kept], after[kept], dim=-1)).sum())
            tokens += float(kept.sum())
    return turned / tokens


def _fired(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> list[torch.Tensor]:
    """Return the summed square of every inner neuron's activation over all tokens of `texts`, one tensor a layer."""
    import torch

    found = [torch.zeros(model.config.intermediate_size) for _ in layers(model)]
    mask = torch.zeros(0)

    def listen(place: int) -> Callable[..., None]:
        def note(part: torch.nn.Module, given: tuple, fired: torch.Tensor) -> None:
            found[place] += (fired.square() * mask[..., None]).sum(dim=(0, 1))

        return note

    hooks = [layer.intermediate.register_forward_hook(listen(place)) for place, layer in enumerate(layers(model))]
    encoded = encode(tokenizer, texts, tokenizer.model_max_length)
    with torch.inference_mode():
        for rows in by_length(encoded.lengths, BATCH_TOKENS["cpu"]):
            ids, mask = encoded.batch(rows)
            model(input_ids=ids, attention_mask=mask)
    for hook in hooks:
        hook.remove()
    return found


def _part(values: torch.Tensor) -> torch.nn.Parameter:
    import torch

    return torch.nn.Parameter(values.contiguous())


def _loaded(source: Path) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    silence()
    model = AutoModelForSequenceClassification.from_pretrained(source, use_safetensors=True)
    return model.eval(), AutoTokenizer.from_pretrained(source)


def _write(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, out: Path) -> None:
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)
