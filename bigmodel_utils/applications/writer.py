"""A small language model of characters, made on the spot where no pretrained one is at hand; and the texts of both sides."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bigmodel_utils.application_choices import ContentGeneration
from bigmodel_utils.applications import inputs
from bigmodel_utils.applications.inputs import InputError
from bigmodel_utils.data import personal_data, sets, sources
from bigmodel_utils.scenario import Scenario

_TAG = re.compile(r"/[A-Za-z]+\s*|\s+")  # People's Daily: word/kind
_END, _UNKNOWN = "<end>", "<unknown>"
_LEAST = 8  # characters; a shorter text teaches no writing


@dataclass(frozen=True)
class Texts:
    """Texts without personal data, none twice: `first` for a model made here, the others of the target market."""

    first: list[str]
    train: list[str]
    tune: list[str]
    test: list[str]


def read(scenario: Scenario) -> Texts:
    """Return the texts to learn to write from; raises InputError where fewer are left than the scenario asks for."""
    chosen, rng = inputs.chosen(scenario, ContentGeneration), np.random.default_rng(scenario.seed)
    raw = sources.read(scenario.target_market, scenario.seed, scenario.accept_licence).frame["text"].dropna().astype(str)
    texts = _clean(raw.tolist())
    need = chosen.rows + 2 * chosen.checked_rows
    if len(texts) < need:
        raise InputError(f"{len(texts)} texts of the target market", f"{need} or more", "application.rows, or more texts")
    drawn = [texts[place] for place in rng.permutation(len(texts))[:need]]
    first: list[str] = []
    if chosen.weights is None:
        plain = _clean([_TAG.sub("", line) for line in _lines(chosen.first_texts, scenario.accept_licence)])
        first = [plain[place] for place in rng.permutation(len(plain))[: chosen.first_rows]]
    if chosen.weights is None and len(first) < chosen.checked_rows + _LEAST:
        given, allowed = f"{len(first)} texts in {chosen.first_texts}", f"{chosen.checked_rows + _LEAST} or more"
        raise InputError(given, allowed, "application.first_texts")
    return Texts(first, drawn[: chosen.rows], drawn[chosen.rows : -chosen.checked_rows], drawn[-chosen.checked_rows :])


def _clean(texts: Sequence[str]) -> list[str]:
    plain = (" ".join(text.split()) for text in texts)
    return list(dict.fromkeys(personal_data.masked(text) for text in plain if len(text) >= _LEAST))


def _lines(origin: str, accepted: bool) -> list[str]:
    kind, _, name = origin.partition(":")
    if kind == "packaged":
        return sets.content(name, accepted).decode("utf-8").splitlines()
    return inputs.own_file(name).read_text(encoding="utf-8", errors="replace").splitlines()


def untrained(texts: Sequence[str], out: Path, scenario: Scenario) -> Path:
    """Write an untrained Llama of characters (those that stand three times or more in `texts`) with its tokenizer to `out`."""
    import torch
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    chosen = inputs.chosen(scenario, ContentGeneration)
    counted = Counter(sign for text in texts for sign in text)
    signs = [_END, _UNKNOWN, *sorted(sign for sign, times in counted.items() if times >= 3)]
    tokenizer = Tokenizer(models.WordLevel({sign: place for place, sign in enumerate(signs)}, unk_token=_UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    tokenizer.decoder = decoders.Fuse()
    torch.manual_seed(scenario.seed)
    config = LlamaConfig(
        vocab_size=len(signs), hidden_size=chosen.width, intermediate_size=3 * chosen.width, num_hidden_layers=chosen.layers,
        num_attention_heads=4, num_key_value_heads=4, max_position_embeddings=512, tie_word_embeddings=True,
        bos_token_id=0, eos_token_id=0, pad_token_id=0,
    )  # fmt: skip
    out.mkdir(parents=True, exist_ok=True)
    LlamaForCausalLM(config).save_pretrained(out, safe_serialization=True)
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=_END, unk_token=_UNKNOWN, pad_token=_END).save_pretrained(out)
    return out


def first(texts: Texts, scenario: Scenario, out: Path, checkpoints: Path | None = None) -> Path:
    """Return the folder of the model to adapt: the scenario's weights, or one trained here on `texts.first`, in `out`."""
    from bigmodel_utils.training import pretrained
    from bigmodel_utils.training.language_model import fit_language_model

    chosen = inputs.chosen(scenario, ContentGeneration)
    if chosen.weights is not None:
        return pretrained.locate(chosen.weights)
    with tempfile.TemporaryDirectory() as aside:
        start = untrained([*texts.first, *texts.train], Path(aside) / "blank", scenario)
        held = chosen.checked_rows
        return fit_language_model(
            start, texts.first[:-held], texts.first[-held:], scenario, scenario.training, out, checkpoints
        ).folder


def sheets(scenario: Scenario) -> list[dict[str, object]]:
    """Return origin, about, licence and gaps of the texts, and of pretrained weights; what is one's own speaks for itself."""
    from bigmodel_utils.training import pretrained

    chosen, accepted = inputs.chosen(scenario, ContentGeneration), scenario.accept_licence
    texts = inputs.sheet(scenario.target_market.data.origin, accepted)
    if chosen.weights is None:
        return [texts, inputs.sheet(chosen.first_texts, accepted)]
    known = pretrained.stated(chosen.weights)
    return [
        texts,
        {"origin": chosen.weights.partition(":")[2], **{key: known.get(key) for key in ("about", "licence", "gaps")}},
    ]
