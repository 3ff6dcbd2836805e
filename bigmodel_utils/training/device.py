"""Where the model computes: BIGMODEL_DEVICE = auto, cpu or cuda, and the number format that pays there."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bigmodel_utils.errors import BigModelError, nearest

if TYPE_CHECKING:
    import torch

VARIABLE = "BIGMODEL_DEVICE"


class DeviceError(BigModelError):
    """A device that this machine does not have, or whose memory is too small."""


@dataclass(frozen=True)
class Device:
    """`kind` is a torch device, `bfloat16` whether the model computes in it, `name` what a reader may see."""

    kind: str
    bfloat16: bool
    name: str

    @property
    def reported(self) -> str:
        """What prices are looked up by: "cpu", or the GPU's own name."""
        return "cpu" if self.kind == "cpu" else self.name

    def move(self, *tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(tensor.to(self.kind, non_blocking=True) for tensor in tensors)


def choose() -> Device:
    """Return the device of BIGMODEL_DEVICE; raises DeviceError for another word, or `cuda` without a GPU."""
    import torch

    asked = os.environ.get(VARIABLE) or "auto"
    if asked not in {"auto", "cpu", "cuda"}:
        raise DeviceError(
            f"{VARIABLE} = '{asked}'", nearest(asked, ("auto", "cpu", "cuda")), f"--device, or the variable {VARIABLE}"
        )
    if asked == "cuda" and not torch.cuda.is_available():
        raise DeviceError(
            "device cuda, but torch sees no GPU here", "auto or cpu on this machine", f"--device, or the variable {VARIABLE}"
        )
    if asked != "cpu" and torch.cuda.is_available():
        return Device("cuda", torch.cuda.is_bf16_supported(), torch.cuda.get_device_name())
    capabilities = torch.cpu.get_capabilities()
    return Device("cpu", bool(capabilities.get("amx_bf16")), capabilities.get("cpu_name") or "CPU")
