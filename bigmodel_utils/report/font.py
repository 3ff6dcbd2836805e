"""The typeface inside the page: Noto Sans SC (OFL) from a pip package, cut down to the signs that are shown.

So Chinese text never turns to boxes, on any machine and without a request. Where the package is absent,
pages fall back to the reader's own fonts.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import io
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from bigmodel_utils import paths
from bigmodel_utils.artifacts import write_atomic

FAMILY = "Bigmodel Sans"
_PACKAGE = "justmytype-intl-cjk"
_FILE = "notosanssc/NotoSansSC[wght].ttf"
_WEIGHTS = (400, 700)
_ALWAYS = "".join(map(chr, range(32, 127))) + "–—−×·•…“”‘’≤≥±→←↗%€£¥≈"
_FORMAT = "woff"  # a fifth larger than woff2, whose compression takes longer than all the rest of a page
_CUTS = 100  # kept; the newest
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
    """The signs of all `texts`, loaded once when needed; `css(text)` cuts out those of one page. Same text, same bytes.

    A cut is kept beside the downloads: a page whose signs are known costs no cutting again.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._signs = set(_ALWAYS).union(*texts)
        self._path = source()

    def css(self, text: str) -> str:
        """Return the @font-face rule with the font as a data URI, or "" without the package."""
        if self._path is None:
            return ""
        data = self._known(set(_ALWAYS) | set(text))
        weights = f"{_WEIGHTS[0]} {_WEIGHTS[1]}"
        return f'@font-face{{font-family:"{FAMILY}";font-weight:{weights};src:url(data:font/{_FORMAT};base64,{data}) format("{_FORMAT}")}}'

    def _known(self, signs: set[str]) -> str:
        """Return the cut in base64, from the cuts that are kept if it is there."""
        versions = [metadata.version(name) for name in (_PACKAGE, "fonttools")]
        key = hashlib.sha256("\0".join([*versions, _FORMAT, str(_WEIGHTS), "".join(sorted(signs))]).encode()).hexdigest()
        cut = paths.raw() / "typefaces" / f"{key[:32]}.txt"
        if not cut.is_file():
            cut.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(cut, base64.b64encode(_saved(_subset(self._small, signs), _FORMAT)).decode("ascii"))
            for old in sorted(cut.parent.glob("*.txt"), key=lambda path: path.stat().st_mtime)[:-_CUTS]:
                old.unlink(missing_ok=True)
        return cut.read_text(encoding="ascii")

    @functools.cached_property
    def _small(self) -> bytes:
        """The typeface with the signs of all pages. It keeps every weight: cutting weights takes longer than it saves."""
        return _saved(_subset(self._path.read_bytes(), self._signs))


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
