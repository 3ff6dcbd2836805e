"""A multilingual vocabulary cut to one market: the pieces that its texts use, and all others in its own scripts.

Unigram models only: there, a piece that no text uses can go without changing how those texts are cut.
"""

from __future__ import annotations

import functools
import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bigmodel_utils.training.pretrained import silence

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

MAIN_SHARE = 0.05  # of all letters: rarer scripts are names and borrowed words
_SPACE = "▁"  # how SentencePiece writes the start of a word


def can_trim(folder: Path) -> bool:
    """Whether the tokenizer of `folder` is a Unigram model."""
    path = folder / "tokenizer.json"
    return path.is_file() and json.loads(path.read_text(encoding="utf-8"))["model"].get("type") == "Unigram"


def trimmed(source: Path, texts: Sequence[str], out: Path) -> None:
    """Write the model of `source` with only the vocabulary that `texts` need; they are cut into the same pieces as before."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    silence()
    model = AutoModelForSequenceClassification.from_pretrained(source, use_safetensors=True)
    tokenizer = AutoTokenizer.from_pretrained(source)
    kept = needed(tokenizer, texts)
    old = model.get_input_embeddings()
    model.set_input_embeddings(torch.nn.Embedding.from_pretrained(old.weight.detach()[kept], freeze=False))
    model.config.vocab_size = len(kept)
    for role in ("pad", "bos", "eos"):
        known = getattr(model.config, f"{role}_token_id", None)
        if known in kept:
            setattr(model.config, f"{role}_token_id", kept.index(known))
    model.save_pretrained(out)
    _with(tokenizer, kept).save_pretrained(out)


def needed(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> list[int]:
    """Return the ids to keep, in their old order.

    Kept are special pieces, pieces that `texts` use, single characters of every script in them, and every piece in
    one of the main scripts, so that texts of the same market that nobody has seen yet are cut as before, too.
    """
    fast = tokenizer.backend_tokenizer
    content = json.loads(fast.to_str())
    used = {token["id"] for token in content["added_tokens"]} | {content["model"]["unk_id"]}
    for row in tokenizer(list(texts), return_attention_mask=False, verbose=False)["input_ids"]:
        used.update(row)
    scripts = Counter(_script(letter) for text in texts for letter in text if letter.isalpha())
    main = {script for script, count in scripts.items() if count >= MAIN_SHARE * scripts.total()}
    pieces = fast.get_vocab(with_added_tokens=True)
    used.update(index for piece, index in pieces.items() if _belongs(piece.replace(_SPACE, ""), main, set(scripts)))
    return sorted(used)


def _belongs(piece: str, main: set[str], seen: set[str]) -> bool:
    """Whether a piece is one character of a script that was seen, or several of the main ones; signs belong to every script."""
    allowed = seen if len(piece) <= 1 else main
    return {_script(character) for character in piece if character.isalpha()} <= allowed


@functools.cache
def _script(letter: str) -> str:
    """Return the script that a letter's Unicode name begins with: LATIN, CJK, CYRILLIC …"""
    return unicodedata.name(letter, "?").split(" ", 1)[0]


def _with(tokenizer: PreTrainedTokenizerBase, kept: list[int]) -> PreTrainedTokenizerBase:
    """Return the same tokenizer over `kept` pieces, which get new ids in their old order."""
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

    new = {old: index for index, old in enumerate(kept)}
    content = json.loads(tokenizer.backend_tokenizer.to_str())
    content["truncation"] = content["padding"] = None
    vocabulary = content["model"]["vocab"]
    content["model"]["vocab"] = [vocabulary[old] for old in kept if old < len(vocabulary)]
    content["model"]["unk_id"] = new[content["model"]["unk_id"]]
    for token in content["added_tokens"]:
        token["id"] = new[token["id"]]
    for special in _specials(content["post_processor"]):
        special["ids"] = [new[old] for old in special["ids"]]
    named = {
        f"{role}_token": getattr(tokenizer, f"{role}_token") for role in ("bos", "eos", "pad", "unk", "cls", "sep", "mask")
    }
    return PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(json.dumps(content, ensure_ascii=False)),
        model_max_length=tokenizer.model_max_length,
        **{role: token for role, token in named.items() if token is not None},
    )


def _specials(post_processor: dict[str, Any] | None) -> Iterable[dict[str, Any]]:
    """Yield the special tokens that a post-processor template adds, each with its ids."""
    for step in [post_processor or {}, *(post_processor or {}).get("processors", [])]:
        yield from step.get("special_tokens", {}).values()
