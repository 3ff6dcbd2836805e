"""A chat with the support assistant for the person at the keyboard; the batch run leaves its cell out."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from bigmodel_utils.report.chart import LAB_STYLE
from bigmodel_utils.report.markup import plain

if TYPE_CHECKING:
    from ipywidgets import VBox

    from bigmodel_utils.applications.support_assistant import Assistant, Reply

_KEPT = 20  # exchanges on screen
_WHO = {"answer": "assistant", "desk": "assistant, passing on to the desk", "person": "a person will answer"}


def chat(assistant: Assistant) -> VBox:
    """Return a line to type in and the conversation above it; both sides are shown as text, never as markup."""
    from ipywidgets import HTML, Text, VBox

    said: list[str] = []
    page, line = HTML(), Text(placeholder="type a question and press Enter", continuous_update=False, layout={"width": "640px"})

    def send(_: Any) -> None:
        if line.value:
            said.append(exchange(line.value, assistant.reply(line.value)))
            page.value = f'<div style="{LAB_STYLE}">{"".join(said[-_KEPT:])}</div>'
            line.value = ""

    line.observe(send, names="value")
    return VBox([page, line])


def exchange(message: str, reply: Reply) -> str:
    """Return one exchange as HTML; what the customer wrote is shortened, made whole Unicode and escaped."""
    shown = message if len(message) <= 500 else f"{message[:500]} …"
    shown = shown.encode("utf-8", "replace").decode()  # half of a pair of surrogates cannot be sent to a browser
    text = reply.text or plain(reply.why, "en")
    return f"<p><b>you</b>: {escape(shown)}<br><b>{_WHO[reply.kind]}</b>: {escape(text)}</p>"
