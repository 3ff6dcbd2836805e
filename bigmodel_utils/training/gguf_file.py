"""Unpack a small language model stored as GGUF (llama.cpp's quantised format) into a plain Hugging Face folder."""

from __future__ import annotations

import tempfile
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from bigmodel_utils.training.e5_file import WeightsError


def write_folder(source: bytes, folder: Path) -> None:
    """Write config.json, model.safetensors (bfloat16: finer than the stored weights) and the tokenizer into `folder`.

    Raises WeightsError where the reader's package is missing, or the file is no causal language model in GGUF.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, modeling_gguf_pytorch_utils

    if find_spec("gguf") is None:
        raise WeightsError("weights stored as GGUF", "the package `gguf`, which reads them", "pip install 'bigmodel[generate]'")
    reader = modeling_gguf_pytorch_utils
    reader.tqdm = partial(reader.tqdm, disable=True)  # a page would keep its bar, which has no switch
    with tempfile.TemporaryDirectory() as aside:
        (Path(aside) / "model.gguf").write_bytes(source)
        try:
            model = AutoModelForCausalLM.from_pretrained(aside, gguf_file="model.gguf", dtype=torch.bfloat16)
            tokenizer = AutoTokenizer.from_pretrained(aside, gguf_file="model.gguf")
        except Exception as error:  # Transformers and gguf raise what their parsers happen to meet
            reason = " ".join(str(error).split())[:120]
            raise WeightsError(f"a GGUF file that cannot be read ({reason})", "a whole one", "data/weights.yml") from None
    model.hf_quantizer = None  # the weights are plain numbers now
    del model.config.quantization_config
    model.save_pretrained(folder, safe_serialization=True)
    tokenizer.save_pretrained(folder)
