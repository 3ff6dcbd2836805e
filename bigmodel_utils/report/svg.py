"""Matplotlib's SVG made small and themable: no ids, no style attributes (a strict page forbids them), CSS variables."""

from __future__ import annotations

import re

from bigmodel_utils.report import palette

_STYLE = re.compile(r'\sstyle="([^"]*)"')
_NUMBER = re.compile(r"-?\d+\.\d+")
_PATH = re.compile(r'\bd="([^"]*)"')
_MARKER = re.compile(r'<defs>\s*<path id="(m[0-9a-f]+)" d="([^"]*)"[^>]*/>\s*</defs>')
_USE = re.compile(r'<use xlink:href="#(m[0-9a-f]+)" x="([^"]*)" y="([^"]*)"( style="[^"]*")?/>')
_FOOT = re.compile(r"\s*M 0 (\d+(?:\.\d+)?)\s")
_CURVES = 8
_DROPPED = ("font-family", "stroke-linejoin", "stroke-linecap", "stroke-miterlimit")


def cleaned(document: str, attributes: str) -> str:
    """Return the inner `<svg>` of a Matplotlib document with `attributes` on its root; repeatable byte for byte."""
    size = re.search(r'viewBox="([^"]*)"', document)
    if size is None:
        raise ValueError("a Matplotlib SVG document has a viewBox")
    body = document[document.index(">", size.end()) + 1 : document.rindex("</svg>")]
    body = re.sub(r"<defs>\s*<style.*?</defs>", "", body, flags=re.S)
    body = re.sub(r"<!--.*?-->", "", body, flags=re.S)
    body = re.sub(r"<defs>\s*<clipPath.*?</defs>", "", body, flags=re.S)
    body = _STYLE.sub(_attributes, _without_markers(body))
    body = re.sub(r' (?:id|clip-path)="[^"]*"', "", body)
    body = re.sub(r' transform="rotate\(-?0 [^"]*\)"', "", body)
    body = _PATH.sub(lambda match: f'd="{_short_path(match[1])}"', body)
    body = re.sub(r' (x|y)="([^"]*)"', lambda match: f' {match[1]}="{_short(match[2])}"', body)
    return f'<svg viewBox="{size[1]}" {attributes}>{_without_empty_groups(body)}</svg>'


def _without_markers(body: str) -> str:
    """Put each marker's shape where it is used: ids would clash between the charts of a page."""
    shapes = dict(_MARKER.findall(body))
    body = _MARKER.sub("", body)

    def placed(match: re.Match[str]) -> str:
        name, x, y, style = match.groups()
        shape, x, y = shapes[name], _short(x), _short(y)
        if radius := _radius(shape):
            return f'<circle cx="{x}" cy="{y}" r="{_short(radius)}"{style or ""}/>'
        return f'<path d="{shape}" transform="translate({x} {y})"{style or ""}/>'

    return _USE.sub(placed, body)


def _radius(path: str) -> str | None:
    """Return the radius of a marker that Matplotlib draws as a circle of eight curves from its foot, None for other shapes."""
    foot = _FOOT.match(path)
    return foot[1] if foot and path.count("C") == _CURVES else None


def _attributes(match: re.Match[str]) -> str:
    pairs = (pair.split(":", 1) for pair in match[1].split(";") if ":" in pair)
    kept = {key.strip(): value.strip() for key, value in pairs if key.strip() not in _DROPPED}
    for key, value in kept.items():
        if value in palette.CSS_NAMES:
            kept[key] = f"var(--{palette.CSS_NAMES[value]})"
    if kept.get("font-size") == "13px":
        del kept["font-size"]
    return "".join(f' {key}="{value}"' for key, value in kept.items())


def _short_path(path: str) -> str:
    path = re.sub(r"\s*\n\s*", "", path.strip())
    path = re.sub(r"\s*([MLCQZz])\s*", r"\1", path)
    return _NUMBER.sub(lambda match: _short(match[0]), path)


def _short(number: str) -> str:
    return (
        f"{float(number):.1f}".removesuffix(".0").replace("-0", "0")
        if abs(float(number)) < 0.05
        else (f"{float(number):.1f}".removesuffix(".0"))
    )


def _without_empty_groups(body: str) -> str:
    body = re.sub(r">\s+<", "><", body.strip())
    while (shorter := re.sub(r"<g>\s*</g>|<g/>", "", body)) != body:
        body = shorter
    while (shorter := re.sub(r"<g>((?:(?!</?g\b).)*)</g>", r"\1", body, flags=re.S)) != body:
        body = shorter
    return body
