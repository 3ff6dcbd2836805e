"""The menu of smaller and faster forms of M_B: each a sequence of steps, and what readers call it."""

from __future__ import annotations

from bigmodel_utils.messages import Message

BASELINE = "float32"
MENU: dict[str, tuple[str, ...]] = {
    BASELINE: (),
    "bfloat16": ("bfloat16",),
    "trimmed": ("trim", "bfloat16"),
    "sparse": ("trim", "sparse", "bfloat16"),
    "narrow": ("trim", "narrow", "bfloat16"),
    "shallow": ("trim", "shallow", "bfloat16"),
    "distilled": ("trim", "shallow", "distil", "bfloat16"),
    "onnx": ("trim", "onnx"),
    "int8": ("trim", "onnx", "int8"),
    "distilled_int8": ("trim", "shallow", "distil", "onnx", "int8"),
}
NAMES = {
    BASELINE: Message("as trained, 32 bits"),
    "bfloat16": Message("16 bits"),
    "trimmed": Message("vocabulary of one market"),
    "sparse": Message("small weights set to zero"),
    "narrow": Message("fewer neurons"),
    "shallow": Message("fewer layers"),
    "distilled": Message("fewer layers, taught again"),
    "onnx": Message("ONNX Runtime, 32 bits"),
    "int8": Message("ONNX Runtime, 8 bits"),
    "distilled_int8": Message("fewer layers, taught again, 8 bits"),
}


def named(variant: str) -> Message:
    """Return what readers call a variant; a name that is not on the menu stands as it is."""
    return NAMES.get(variant, Message("{name}", name=variant))
