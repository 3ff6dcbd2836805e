"""The typeface inside the page: Noto Sans SC (OFL) from a pip package, cut down to the signs that are shown.

So Chinese text never turns to boxes, on any machine and without a request. Where the package is absent,
pages fall back to the reader's own fonts.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

FAMILY = "Bigmodel Sans"
_PACKAGE = "justmytype-intl-cjk"
_FILE = "notosanssc/NotoSansSC[wght].ttf"
_WEIGHTS = (400, 700)
_ALWAYS = "".join(map(chr, range(32, 127))) + "–—−×·•…“”‘’≤≥±→←↗%€£¥≈"
_DROPPED = ["vhea", "vmtx", "VORG", "BASE", "STAT", "MVAR"]


def source() -> Path | None:
    """Return the variable font file that the package ships, or None when it is not installed."""
    try:
        files = metadata.distribution(_PACKAGE).files or []
    except metadata.PackageNotFoundError:
        return None
    found = [Path(str(file.locate())) for file in files if str(file).endswith(_FILE)]
    return found[0] if found and found[0].is_file() else None


class Typeface:
    """The signs of all `texts`, loaded once; `css(text)` cuts out those of one page. Same text, same bytes."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._small = b""
        path = source()
        if path is not None:
            from fontTools.varLib import instancer

            font = _subset(path.read_bytes(), set(_ALWAYS).union(*texts))
            self._small = _saved(instancer.instantiateVariableFont(font, {"wght": _WEIGHTS}))

    def css(self, text: str) -> str:
        """Return the @font-face rule with the font as a data URI, or "" without the package."""
        if not self._small:
            return ""
        data = base64.b64encode(_saved(_subset(self._small, set(_ALWAYS) | set(text)), "woff2")).decode("ascii")
        weights = f"{_WEIGHTS[0]} {_WEIGHTS[1]}"
        return (
            f'@font-face{{font-family:"{FAMILY}";font-weight:{weights};src:url(data:font/woff2;base64,{data}) format("woff2")}}'
        )


def _subset(font_bytes: bytes, signs: set[str]):
    from fontTools import subset

    options = subset.Options(hinting=False, layout_features=["kern", "tnum", "pwid"], drop_tables=_DROPPED)
    font = subset.load_font(io.BytesIO(font_bytes), options)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=[ord(sign) for sign in signs])
    cutter.subset(font)
    return font


def _saved(font, flavor: str | None = None) -> bytes:
    buffer = io.BytesIO()
    font.flavor = flavor
    font.save(buffer)
    return buffer.getvalue()
