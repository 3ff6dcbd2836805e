"""Pretrained weights as a local Hugging Face folder: `packaged:NAME`, `hub:MODEL_ID` or `folder:PATH`."""

from __future__ import annotations

import copy
import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from bigmodel_utils import paths
from bigmodel_utils.artifacts import swap_in
from bigmodel_utils.errors import nearest
from bigmodel_utils.training import e5_file, gguf_file
from bigmodel_utils.training.e5_file import WeightsError

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

CATALOGUE = paths.PROJECT / "data" / "weights.yml"
_ORIGIN = "origin.json"
_HUB_FILES = ["*.json", "*.txt", "*.model", "*.safetensors"]  # text and safetensors: nothing that runs code when read
_MOST_TOKENIZERS = 2
_tokenizers: dict[str, PreTrainedTokenizerBase] = {}


def locate(weights: str) -> Path:
    """Return the folder of `weights` (a scenario's model.weights), converted or downloaded on first use.

    Raises WeightsError for an unknown name, a folder without safetensors, or a hub that cannot be reached.
    """
    kind, _, name = weights.partition(":")
    if kind == "packaged":
        return _packaged(name)
    if kind == "hub":
        return _readable(_from_hub(name), weights)
    if kind == "folder":
        return _readable((paths.workspace() / name).resolve(), weights)
    raise WeightsError(
        f"model.weights = '{weights}'", "packaged:NAME, hub:MODEL_ID or folder:PATH", "model.weights of the scenario"
    )


def catalogue() -> dict[str, dict[str, Any]]:
    """Return the packaged weights by name: package, member, about, licence, source, as_of."""
    return yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))


def stated(weights: str) -> dict[str, Any]:
    """Return what the catalogue states of a scenario's weights; {} where they are not packaged."""
    kind, _, name = weights.partition(":")
    return catalogue().get(name, {}) if kind == "packaged" else {}


def described(folder: Path) -> dict[str, Any]:
    """Return where the weights in `folder` come from, as recorded when they were converted, and their shape."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    origin = folder / _ORIGIN
    recorded = json.loads(origin.read_text(encoding="utf-8")) if origin.is_file() else {"folder": folder.name}
    shape = {key: config[key] for key in ("model_type", "num_hidden_layers", "hidden_size", "vocab_size") if key in config}
    return recorded | shape


def load_classifier(folder: Path, labels: list[str]) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Return a sequence classifier over `labels` (a fresh head unless the folder has one) and its tokenizer.

    Raises WeightsError when the folder's head decides between other labels.
    """
    from transformers import AutoModelForSequenceClassification

    return _with_head(AutoModelForSequenceClassification, "SequenceClassification", folder, labels)


def load_tagger(folder: Path, labels: list[str]) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Return a token classifier over `labels` (a fresh head unless the folder has one) and its tokenizer, as above."""
    from transformers import AutoModelForTokenClassification

    return _with_head(AutoModelForTokenClassification, "TokenClassification", folder, labels)


def load_writer(folder: Path) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Return a causal language model and its tokenizer; raises WeightsError for weights that never learned to write."""
    from transformers import AutoConfig, AutoModelForCausalLM

    silence()
    architectures = AutoConfig.from_pretrained(folder).architectures or []
    if not any("CausalLM" in name or "LMHead" in name for name in architectures):
        raise WeightsError(
            f"{paths.shown(folder)}, a {', '.join(architectures) or 'model of no named kind'}",
            "a causal language model, as GPT or Llama",
            "the weights of the scenario",
        )
    tokenizer = load_tokenizer(folder)
    return AutoModelForCausalLM.from_pretrained(folder, use_safetensors=True, dtype="float32"), tokenizer


def _with_head(
    kind: Any, architecture: str, folder: Path, labels: list[str]
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    from transformers import AutoConfig

    silence()
    config = AutoConfig.from_pretrained(folder)
    trained = any(architecture in name for name in config.architectures or [])
    known = [config.id2label[i] for i in range(config.num_labels)]
    if trained and known != labels:
        raise WeightsError(
            f"a model that decides between {known}", f"one that decides between {labels}", "task.labels or model.weights"
        )
    tokenizer = load_tokenizer(folder)
    model = kind.from_pretrained(
        folder,
        use_safetensors=True,
        id2label=dict(enumerate(labels)),
        label2id={label: index for index, label in enumerate(labels)},
        pad_token_id=tokenizer.pad_token_id,
    )
    return model, tokenizer


def load_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """Return the folder's tokenizer; where it has no padding, the end mark pads.

    A vocabulary of many languages takes seconds to read: of equal files that were read before a copy comes back.
    """
    from transformers import AutoTokenizer

    files = [path for path in sorted(folder.iterdir()) if path.suffix in {".json", ".txt", ".model"} and path.name != _ORIGIN]
    content = hashlib.sha256(b"".join(path.name.encode() + path.read_bytes() for path in files)).hexdigest()
    if content not in _tokenizers:
        if len(_tokenizers) >= _MOST_TOKENIZERS:
            _tokenizers.clear()
        _tokenizers[content] = AutoTokenizer.from_pretrained(folder)
    tokenizer = copy.copy(_tokenizers[content])
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def silence() -> None:
    """Keep Transformers' own bars and load reports out of pages: a fresh head is expected, not news."""
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()


def _packaged(name: str) -> Path:
    from bigmodel_utils.data import packages

    known = catalogue()
    if name not in known:
        raise WeightsError(f"packaged weights '{name}'", nearest(name, known), paths.shown(CATALOGUE))
    origin = {"sha256": packages.pin(known[name]["package"]).sha256, "member": known[name]["member"]}
    folder = paths.raw() / "weights" / name
    if _is_whole(folder, origin):
        return folder
    silence()
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{name}-"))
    try:
        write = gguf_file.write_folder if known[name]["member"].endswith(".gguf") else e5_file.write_folder
        write(packages.member(known[name]["package"], known[name]["member"]), aside)
        origin["sizes"] = {path.name: path.stat().st_size for path in aside.iterdir()}
        (aside / _ORIGIN).write_text(json.dumps(origin, indent=1), encoding="utf-8")
        aside.chmod(0o755)
        swap_in(aside, folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return folder


def _is_whole(folder: Path, origin: dict[str, str]) -> bool:
    """Whether `folder` was converted from this very package file and still has every byte."""
    try:
        stored = json.loads((folder / _ORIGIN).read_text(encoding="utf-8"))
        sizes = {name: (folder / name).stat().st_size for name in stored["sizes"]}
    except (OSError, ValueError, KeyError):
        return False
    return sizes == stored["sizes"] and all(stored.get(key) == value for key, value in origin.items())


def _from_hub(model_id: str) -> Path:
    from huggingface_hub import HfApi, errors, snapshot_download

    try:
        return Path(snapshot_download(model_id, local_files_only=True, allow_patterns=_HUB_FILES))
    except (errors.LocalEntryNotFoundError, errors.HFValidationError):
        pass  # not on this machine yet
    mend = "model.weights of the scenario, or a network, or a copy with weights 'folder:PATH'"
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}:
        raise WeightsError(
            f"hub:{model_id}, which is not on this machine", "models downloaded before, as HF_HUB_OFFLINE is set", mend
        )
    try:
        commit = HfApi().model_info(model_id, timeout=5).sha
        return Path(snapshot_download(model_id, revision=commit, allow_patterns=_HUB_FILES))
    except (errors.RepositoryNotFoundError, errors.GatedRepoError, errors.HFValidationError):
        raise WeightsError(f"hub:{model_id}", "an id of a public model, as 'intfloat/multilingual-e5-small'", mend) from None
    except Exception as error:  # the hub's client raises its transport's own classes, which change between versions
        reason = " ".join(str(error).split())[:120]
        raise WeightsError(
            f"hub:{model_id}, and the hub cannot be reached ({reason})", "models downloaded before", mend
        ) from None


def _readable(folder: Path, weights: str) -> Path:
    if not (folder / "config.json").is_file() or not any(folder.glob("*.safetensors")):
        raise WeightsError(
            f"{weights} ({paths.shown(folder)})",
            "a folder with config.json, a tokenizer and *.safetensors (pickled weights are not read)",
            "model.weights of the scenario",
        )
    return folder
