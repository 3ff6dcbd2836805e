"""A form for every choice of a scenario, drawn from its model; what is changed is checked at once and can be run."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from html import escape
from typing import TYPE_CHECKING, Any, Literal, get_origin

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from bigmodel_utils import scenario as scenarios
from bigmodel_utils import trace
from bigmodel_utils.errors import BigModelError
from bigmodel_utils.scenario import Scenario

if TYPE_CHECKING:
    from ipywidgets import Accordion, ValueWidget, VBox

_OWN = ("name", "assumptions")  # the name is the file's; of an assumption the form shows its three numbers
_ENDS = ("low", "mid", "high")


class Form:
    """Fields of one scenario by dotted key; `overrides` holds what was changed, as `--set` and notebooks take it."""

    def __init__(self, name: str, given: Mapping[str, Any] | None = None) -> None:
        from ipywidgets import HTML

        self.name, self.given = name, dict(given or {})
        with trace.unseen():
            self.fields: dict[str, ValueWidget] = dict(_fields(scenarios.load(name, self.given)))
        self._shown = {key: field.value for key, field in self.fields.items()}
        self.answer = HTML()
        for field in self.fields.values():
            field.observe(self._answer, names="value")
        self._answer()

    @property
    def overrides(self) -> dict[str, Any]:
        """What was given and what was changed since; raises BigModelError for text that is no YAML."""
        changed = {key: field for key, field in self.fields.items() if field.value != self._shown[key]}
        return self.given | {key: _value(key, field.value) for key, field in changed.items()}

    def view(self) -> VBox:
        """Return the fields, folded by part of the scenario, over what they lead to."""
        from ipywidgets import VBox

        return VBox([self._folds(), self.answer])

    def _folds(self) -> Accordion:
        from ipywidgets import Accordion, VBox

        groups: dict[str, list[ValueWidget]] = {}
        for key, field in self.fields.items():
            groups.setdefault(key.partition(".")[0] if "." in key else "scenario", []).append(field)
        return Accordion([VBox(fields) for fields in groups.values()], titles=tuple(groups))

    def _answer(self, _: Any = None) -> None:
        """Show the command and the literal for a notebook, or why the values are refused."""
        try:
            overrides = self.overrides
            with trace.unseen():
                changed = scenarios.load(self.name, overrides).hash
        except BigModelError as error:
            self.answer.value = f"<pre>{escape(str(error))}</pre>"
            return
        settings = "".join(f" --set {shlex.quote(f'{key}={_text(value)}')}" for key, value in overrides.items())
        lines = [f"run {changed}", f"bigmodel run {self.name}{settings}", f"overrides = {overrides!r}"]
        self.answer.value = f"<pre>{escape(chr(10).join(lines))}</pre>"


def form(name: str, overrides: Mapping[str, Any] | None = None) -> VBox:
    """Return the form of a scenario (a name or the path of a .yml file) as a widget, `overrides` filled in."""
    return Form(name, overrides).view()


def _fields(part: BaseModel, path: str = "") -> Iterator[tuple[str, ValueWidget]]:
    for name, value in dict(part).items():
        key, info = f"{path}{name}", type(part).model_fields[name]
        if isinstance(value, BaseModel):
            yield from _fields(value, f"{key}.")
        elif key not in _OWN:
            yield key, _field(key, info, value)
    if isinstance(part, Scenario):
        for name, assumption in dict(part)["assumptions"].items():
            for end in _ENDS:
                key, info = f"assumptions.{name}.{end}", type(assumption).model_fields[end]
                yield key, _field(key, info, getattr(assumption, end))


def _field(label: str, info: FieldInfo, value: Any) -> ValueWidget:
    """Return the widget that fits the field's type: a box, a choice, a number within its bounds, or YAML text."""
    import ipywidgets

    look: dict[str, Any] = {"description": label, "style": {"description_width": "280px"}, "layout": {"width": "640px"}}
    if isinstance(value, bool):
        return ipywidgets.Checkbox(value, indent=False, **look)
    if get_origin(info.annotation) is Literal:
        return ipywidgets.Dropdown(options=info.annotation.__args__, value=value, **look)
    if isinstance(value, int | float) and info.annotation in (int, float):
        kind = "Int" if info.annotation is int else "Float"
        ends = _bounds(info)
        if len(ends) == 2:
            return getattr(ipywidgets, f"Bounded{kind}Text")(value, **ends, **look)
        return getattr(ipywidgets, f"{kind}Text")(value, **look)
    return ipywidgets.Text(_text(value), continuous_update=False, **look)


def _bounds(info: FieldInfo) -> Mapping[str, float]:
    """Return min and max where the model has them as ends that may be reached."""
    found = {}
    for rule in info.metadata:
        found |= {end: getattr(rule, limit) for end, limit in (("min", "ge"), ("max", "le")) if hasattr(rule, limit)}
    return found


def _text(value: Any) -> str:
    """Return a value as YAML on one line."""
    return (
        yaml.safe_dump(to_jsonable_python(value), default_flow_style=True, allow_unicode=True, width=10_000)
        .removesuffix("...\n")
        .strip()
    )


def _value(key: str, given: Any) -> Any:
    if not isinstance(given, str):
        return given
    try:
        return yaml.safe_load(given)
    except yaml.YAMLError:
        raise BigModelError(f"{key} = {given}", "a value in YAML, e.g. 0.3, [1, 2] or text", f"the field {key}") from None
