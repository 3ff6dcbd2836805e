"""Sentences that can still be translated, and numbers written the reader's way.

A `Message` keeps its English text and its values apart until someone reads it: JupyterLab shows English,
a report shows every language. Catalogues are gettext files under `locale/`.
"""

from __future__ import annotations

import string
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from bigmodel_utils.units import Quantity

LANGUAGES = ("en", "zh")
MIME = "application/vnd.bigmodel.message+json"
_LOCALES = {"en": "en_US", "zh": "zh_Hans_CN"}
_SHORTENED_FROM = 10_000  # CLDR begins at a thousand in English: $2.6K beside $360 hides what parts them
_DECIMALS = {"en_US": 1, "zh_Hans_CN": 2}  # of what was shortened: 亿 is a hundred times coarser than a million
_CURRENCY_AFTER = {"zh_Hans_CN"}  # whose readers write 31.1万美元; CLDR's short form US$31.1万 is nobody's


class Message:
    """An English sentence with named values: `Message("Right in {share:percent}", share=0.91)`.

    Formats after the colon: see `format_value`. A value may be a number, a Quantity (its mid is shown),
    a date, a string taken as it is, or another Message.
    """

    def __init__(self, text: str, /, **values: Any) -> None:
        self.text, self.values = text, values

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and (self.text, self.values) == (other.text, other.values)

    def __repr__(self) -> str:
        return self.read()

    def read(self, language: str = "en") -> str:
        """Return the sentence in `language`; a text without translation stays English."""
        return _Reader(language).vformat(translate(self.text, language), (), filled(self.values))

    def to_json(self) -> dict[str, Any]:
        return {"text": self.text, "values": {key: _plain(value) for key, value in self.values.items()}}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Message:
        values = {k: cls.from_json(v) if isinstance(v, dict) else v for k, v in stored["values"].items()}
        return cls(stored["text"], **values)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/markdown": self.read(), "text/plain": self.read(), MIME: self.to_json()}


_nouns = {
    "item": Message("text"),
    "items": Message("texts"),
    "customer": Message("customer"),
    "customers": Message("customers"),
    "case": Message("case"),
    "cases": Message("cases"),
}


def speak_of(item: str, customer: str, case: str) -> None:
    """Let every sentence with a slot such as {items} or {customer} speak of this business; nouns are English, in the singular."""
    for slot, noun in {"item": item, "customer": customer, "case": case}.items():
        _nouns.update({slot: Message(noun), f"{slot}s": Message(f"{noun}s")})


def filled(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a sentence, and the nouns of the business for slots that have none of their own."""
    return _nouns | values


class _Reader(string.Formatter):
    def __init__(self, language: str) -> None:
        self.language = language

    def format_field(self, value: Any, spec: str) -> str:
        return format_value(value, spec, self.language)


def _plain(value: Any) -> Any:
    if isinstance(value, Message):
        return value.to_json()
    if isinstance(value, Quantity):
        return value.mid
    if isinstance(value, date):
        return value.isoformat()
    return value.item() if hasattr(value, "item") else value


@cache
def catalogue(language: str) -> dict[str, str]:
    """Return English text -> translation for `language` (empty for English)."""
    from babel.messages.pofile import read_po

    path = Path(__file__).parent / "locale" / language / "LC_MESSAGES" / "bigmodel.po"
    if not path.exists():
        return {}
    with path.open("rb") as file:
        return {m.id: m.string for m in read_po(file) if m.id and m.string and not m.fuzzy}


def translate(text: str, language: str) -> str:
    return text if language == "en" else catalogue(language).get(text, text)


def format_value(value: Any, spec: str, language: str) -> str:
    """Write one value for a reader of `language`.

    spec: "" as it is · integer · number1..number4 (decimals) · upto1 (a decimal only where there is one) · percent, percent1 · money (short: $1.8M) ·
    cents (two decimals) · p (p-value, three decimals or < 0.001) · compact (1.2M) · date · seconds · country (of an ISO 3166 alpha-3 code).  Source of the patterns: CLDR, through Babel.
    """
    from babel import dates

    if isinstance(value, Message):
        return value.read(language)
    value = value.mid if isinstance(value, Quantity) else value
    if value is None:
        return "–"
    if spec == "" and isinstance(value, (str, int)):
        return str(value)
    locale = _LOCALES[language]
    kind, digits = spec.rstrip("0123456789"), int(spec[-1]) if spec[-1:].isdigit() else 0
    if kind == "date":
        return dates.format_date(date.fromisoformat(str(value)), "long", locale=locale)
    if kind == "country":
        return _country(str(value), locale)
    return _duration(value, language) if kind == "seconds" else _number(value, kind, digits, locale)


def _number(value: float, kind: str, digits: int, locale: str) -> str:
    from babel import numbers

    value = 0.0 if round(value, digits + 2) == 0 and kind in ("percent", "number") else value  # no minus before a nought
    if kind == "percent":
        return numbers.format_percent(value, "#,##0" + ("." + "0" * digits if digits else "") + "%", locale)
    if kind == "money":
        return _money(value, locale)
    if kind == "cents":
        return _dollars(value, "#,##0.00", locale)
    if kind == "compact":
        return _compact(value, locale)
    if kind == "p":
        return "< 0.001" if value < 0.001 else numbers.format_decimal(value, "0.000", locale)
    if kind == "upto":
        return numbers.format_decimal(value, "#,##0." + "#" * digits, locale)
    if kind == "integer":
        return numbers.format_decimal(round(value), locale=locale)
    return numbers.format_decimal(value, "#,##0." + "0" * (digits or 2), locale=locale)


def _country(alpha3: str, locale: str) -> str:
    from babel import Locale
    from babel.core import get_global

    code = get_global("territory_aliases").get(alpha3, [alpha3])[0]
    return Locale.parse(locale).territories.get(code, alpha3)


def _money(value: float, locale: str) -> str:
    from babel import numbers

    if 0 < abs(value) < 0.01:
        return _dollars(value, "#,##0.0000", locale)
    if abs(value) < _SHORTENED_FROM:
        whole = abs(value) >= 100 or (abs(value) >= 10 and value == round(value))
        return _dollars(value, "#,##0" if whole else "#,##0.00", locale)
    rounded, digits = _three_digits(value), _DECIMALS[locale]
    if locale in _CURRENCY_AFTER:
        amount = numbers.format_compact_decimal(rounded, locale=locale, fraction_digits=digits)
        return amount + numbers.get_currency_name("USD", locale=locale)
    return numbers.format_compact_currency(rounded, "USD", locale=locale, fraction_digits=digits)


def _dollars(value: float, pattern: str, locale: str) -> str:
    from babel import numbers

    if locale in _CURRENCY_AFTER:
        return numbers.format_currency(value, "USD", pattern, locale, False, format_type="name")
    return numbers.format_currency(value, "USD", f"¤{pattern}", locale, False)


def _compact(value: float, locale: str) -> str:
    from babel import numbers

    if 1000 <= abs(value) < 10_000:
        return numbers.format_decimal(round(value), locale=locale)
    return numbers.format_compact_decimal(
        _three_digits(value), locale=locale, fraction_digits=_DECIMALS[locale] if abs(value) >= 1000 else 0
    )


def _three_digits(value: float) -> float:
    """Round as a reader does who is told thousands or millions: 307.1K is no truer than 307K."""
    return float(f"{value:.3g}")


def _duration(seconds: float, language: str) -> str:
    minutes, rest = divmod(seconds, 60)
    units = ("min", "s") if language == "en" else ("分", "秒")
    return f"{minutes:.0f} {units[0]} {rest:.0f} {units[1]}" if minutes else f"{rest:.1f} {units[1]}"
