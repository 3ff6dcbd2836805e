"""A small student learns to answer as a large teacher does (Hinton et al. 2015)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import kl_div, log_softmax

from bigmodel_utils.choices import Training
from bigmodel_utils.training.batches import Encoded, encode
from bigmodel_utils.training.device import choose
from bigmodel_utils.training.forward import image, logits
from bigmodel_utils.training.loop import Loop
from bigmodel_utils.training.pretrained import silence

SOFTNESS = 2.0  # temperature of both sides: shows which wrong answers the teacher finds likelier


@dataclass(frozen=True)
class Imitation:
    """The objective of a student: stay close to the teacher's answers, float32 logits (texts, labels), to both sets of texts."""

    train: Encoded
    validation: Encoded
    wanted: torch.Tensor
    expected: torch.Tensor
    measure: str = "validation_agreement"

    def weight(self, rows: np.ndarray) -> float:
        return len(rows)

    def loss(self, answers: torch.Tensor, rows: np.ndarray) -> torch.Tensor:
        return divergence(answers, self.wanted[rows].to(answers.device))

    def observe(self, answers: torch.Tensor, rows: np.ndarray) -> tuple[float, float]:
        """Return the summed divergence and in how many texts both find the same label likeliest."""
        answers, expected = answers.cpu(), self.expected[rows]
        return float(divergence(answers, expected)), float((answers.argmax(dim=1) == expected.argmax(dim=1)).sum())

    def score(self, observed: list[tuple[float, float]]) -> tuple[float, float]:
        loss, same = np.sum(observed, axis=0) / len(self.expected)
        return float(loss), float(same)


def divergence(answers: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Return the summed Kullback-Leibler divergence of softened answers from the wanted ones, in the scale of gradients."""
    sides = (log_softmax(logits / SOFTNESS, dim=-1) for logits in (answers, wanted))
    return kl_div(*sides, reduction="sum", log_target=True) * SOFTNESS**2


def distilled(
    student: Path, teacher: Path, train: Sequence[str], validation: Sequence[str], settings: Training, seed: int, out: Path
) -> None:
    """Write the student's folder after it learned the teacher's answers to the texts of `train`; labels are not needed.

    Both folders share a tokenizer. Kept are the weights closest to the teacher on `validation`. Raises TrainingError as `Loop`.
    """
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    silence()
    torch.manual_seed(seed)
    device, tokenizer = choose(), AutoTokenizer.from_pretrained(student)
    texts = [encode(tokenizer, part, tokenizer.model_max_length) for part in (train, validation)]
    load = AutoModelForSequenceClassification.from_pretrained
    quick = image(load(teacher, use_safetensors=True).to(device.kind), device)
    answers = [torch.from_numpy(logits(quick, part, device)) for part in texts]
    model = load(student, use_safetensors=True).to(device.kind)
    Loop(model, Imitation(*texts, *answers), settings, seed, device).run("distillation")
    model.to("cpu").eval().save_pretrained(out)
    tokenizer.save_pretrained(out)
