"""A chart is its finding, its alt text, its note and a way to draw itself for any language and width."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

from bigmodel_utils.messages import LANGUAGES, Message
from bigmodel_utils.report import palette
from bigmodel_utils.report.canvas import WIDTHS, Canvas
from bigmodel_utils.report.markup import both, headline, plain

MIME = "application/vnd.bigmodel.html+json"
LAB_STYLE = "".join(f"--{name}:{colour};" for colour, name in palette.CSS_NAMES.items()) + (
    "--ink:var(--jp-content-font-color1,#16202a);--mute:var(--jp-content-font-color2,#5b6773);"
    "--line:var(--jp-border-color2,#d9dee3);--paper:var(--jp-layout-color0,#fefefe);"
    "color:var(--ink);font-family:var(--jp-content-font-family,system-ui,sans-serif);margin:0;"
)


@dataclass(frozen=True)
class Chart:
    """`finding` is the computed title, `alt` what the picture shows in words, `note` how to read it.

    `draw` paints one `Canvas`; it is called once for every language and width.
    """

    finding: Message
    alt: Message
    note: Message
    draw: Callable[[Canvas], None]

    def svg(self, language: str = "en", width: str = "wide") -> str:
        """Return one variant as an inline SVG element with its alt text."""
        canvas = Canvas(language, width)
        self.draw(canvas)
        alt = escape(plain(self.alt, language))
        return canvas.svg(f'class="{width}" lang="{language}" role="img" aria-label="{alt}"')

    def html(self, titled: bool = True) -> str:
        """Return a figure with every variant; the page's CSS shows one. `titled` puts the finding above it."""
        drawings = "".join(self.svg(language, width) for language in LANGUAGES for width in WIDTHS)
        title = f'<p class="finding">{headline(self.finding)}</p>' if titled else ""
        return f'<figure class="chart">{title}{drawings}<figcaption>{both(self.note)}</figcaption></figure>'

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        english = self.svg().replace(
            "<svg ", '<svg style="max-width:720px;display:block;overflow:visible;font-size:13px;fill:var(--ink)" ', 1
        )
        caption = f'<figcaption style="color:var(--mute);font-size:12.5px">{escape(plain(self.note, "en"))}</figcaption>'
        lab = f'<figure style="{LAB_STYLE}"><p style="font-size:17px;font-weight:600">{escape(plain(self.finding, "en"))}</p>'
        return {
            "text/html": f"{lab}{english}{caption}</figure>",
            "text/plain": plain(self.alt, "en"),
            MIME: {"html": self.html()},
        }
