"""Packages that load a name when it is first asked for: a page then depends only on the drawings that it shows."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import ModuleType
from typing import Any


class Late(ModuleType):
    """A package with `PARTS`: module -> the names it holds; a module without names is offered itself.

    A function may share its module's name, so the import system must not put that module in the function's place.
    """

    PARTS: Mapping[str, tuple[str, ...]]

    def __getattr__(self, name: str) -> Any:
        for place, held in self.__dict__.get("PARTS", {}).items():
            if name in held or (name == place and not held):
                module = importlib.import_module(f"{self.__name__}.{place}")
                found = getattr(module, name) if held else module
                self.__dict__[name] = found
                return found
        raise AttributeError(f"module '{self.__name__}' has no attribute '{name}'")

    def __setattr__(self, name: str, value: Any) -> None:
        if not (isinstance(value, ModuleType) and name in self.__dict__.get("PARTS", {}).get(name, ())):
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *offered(self.PARTS)})


def offered(parts: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return every name that `parts` offer, in order."""
    return sorted(name for place, held in parts.items() for name in held or (place,))
