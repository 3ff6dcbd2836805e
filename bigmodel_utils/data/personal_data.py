"""Personal data in text, Western and Chinese: found by pattern, proven by check digit where there is one, replaced.

Check digits: ISO 7064 MOD 11-2 (GB 11643 resident number), Luhn (ISO/IEC 7812 cards), MOD 97-10 (ISO 13616 IBAN).
Names of people and postal addresses are not found: no recogniser for both languages is light enough to be exact.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from ipaddress import ip_address

KINDS = ("URL", "EMAIL", "IBAN", "ID_CN", "CARD", "SSN_US", "IP", "PHONE", "HANDLE")

_DASHES, _SPACES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d", "\u00a0\u2002\u2003\u2009\u202f\u3000"
# One character for one, so that positions in the folded text are positions in the text.
_FOLD = (
    {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
    | dict.fromkeys(map(ord, _DASHES), "-")
    | dict.fromkeys(map(ord, _SPACES), " ")
    | {0x0660 + n: str(n) for n in range(10)}
    | {0x06F0 + n: str(n) for n in range(10)}
)
# A text without any of these holds nothing that the patterns below could find.
_HINT = re.compile(
    r"@|://|www\.|::|[0-9A-Fa-f]:[0-9A-Fa-f]{1,4}:|\d(?:[ .()-]{0,3}\d){6}|\d+\.\d+\.\d+\.\d|[A-Z]{2}\d\d |(?i:qq|vx|wechat|weixin)|微信"
)


@dataclass(frozen=True, order=True)
class Span:
    """One find: text[start:end] is of type `kind`."""

    start: int
    end: int
    kind: str


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())


def _is_resident_number(text: str) -> bool:
    body = re.sub(r"[ -]", "", text).upper()
    try:
        born = date(int(body[6:10]), int(body[10:12]), int(body[12:14]))
    except ValueError:
        return False
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(d) * w for d, w in zip(body[:17], weights, strict=True))
    return born.year >= 1850 and "10X98765432"[total % 11] == body[17]


def _is_card(text: str) -> bool:
    digits = [int(d) for d in _digits(text)]
    doubled = [sum(divmod(2 * d, 10)) for d in digits[-2::-2]]
    return 13 <= len(digits) <= 19 and len(set(digits)) > 1 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_iban(text: str) -> bool:
    body = text.replace(" ", "").upper()
    rearranged = "".join(str(int(c, 36)) for c in body[4:] + body[:4])
    return 15 <= len(body) <= 34 and int(rearranged) % 97 == 1


def _is_ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return any(c.isdigit() for c in text)


def _is_international(text: str) -> bool:
    return 8 <= len(_digits(text)) <= 15


@dataclass(frozen=True)
class _Pattern:
    """What a kind looks like, and the proof that a match must pass. A group `value` marks the personal part."""

    kind: str
    pattern: re.Pattern[str]
    proof: Callable[[str], bool]


def _pattern(kind: str, pattern: str, proof: Callable[[str], bool] = bool) -> _Pattern:
    return _Pattern(kind, re.compile(pattern, re.VERBOSE), proof)


_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})\.){1,8}[A-Za-z]{2,24}"
_URL = r"""(?<![A-Za-z0-9]) (?:[A-Za-z][A-Za-z0-9+.-]{1,15}:// | [Ww]{3}\.)
           [A-Za-z0-9] [!#-&*-;=?-Z_a-z~\[\]]{1,400} (?<![.,;:!?])"""
_EMAIL = rf"(?<![A-Za-z0-9.%+-]) [A-Za-z0-9_%+-][A-Za-z0-9._%+-]{{0,63}} (?:@|[ ]@[ ]) {_HOST} (?![A-Za-z0-9])"
_IBAN = r"(?<![A-Za-z0-9]) [A-Z]{2}\d{2} (?:[ ]?[A-Z0-9]{4}){2,7} (?:[ ]?[A-Z0-9]{1,3})? (?![A-Za-z0-9])"
_RESIDENT = r"(?<![\dA-Za-z]) [1-9]\d{5}[ -]? (?:18|19|20)\d{2}[ -]? \d{4}[ -]? \d{3}[\dXx] (?![\dA-Za-z])"
_CARD = r"(?<![\d.+])(?<!\d[ -]) (?:1800|2131|[2-6]\d{3})(?:[ -]?\d){9,15} (?!\d)(?![ -]\d)"
_SSN = r"(?<![\d-]) (?!000|666|9)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4} (?![\d-])"
_SSN_NAMED = r"""(?i:ssn|social[ ]security[ ](?:no\.?|number|\#)?) [ :#]{0,3}
                 (?P<value>(?!000|666|9)\d{3}(?!00)\d{2}(?!0000)\d{4}) (?!\d)"""
_IP4 = r"(?<![\d.]) (?:\d{1,3}\.){3}\d{1,3} (?!\d|\.\d)"
_IP6 = r"(?<![0-9A-Za-z:.]) (?:[0-9A-Fa-f]{1,4}:){1,7} (?::?[0-9A-Fa-f]{1,4}){0,7} (?:[0-9A-Fa-f]{1,4}|:) (?![0-9A-Za-z:])"
_MOBILE_CN = r"(?<![\dA-Za-z.]) (?:(?:\+|00)?[ ]?\(?86\)?[ -]?)? 1[3-9]\d (?:[ -]?\d{4}){2} (?!\d)"
_LANDLINE_CN = r"""(?<![\d.])(?<!\d-) (?:(?:\+|00)86[ -]?)? \(?0(?:10|2\d|[3-9]\d{2})\)? [ -]? [2-9]\d{6,7}
                   (?:[ ]?(?:-|转)\d{1,6})? (?!\d)"""
_LANDLINE_CN_ABROAD = r"(?<![\d.]) (?:\+|00)86[ -]? (?:10|2\d|[3-9]\d{2}) [ -]? [2-9]\d{6,7} (?!\d)"
_SERVICE_CN = r"(?<![\d.])(?<!\d-) [48]00[ -]?\d{3}[ -]?\d{4} (?!\d)"
_TIMESTAMP = r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{2}(?!\d)"
_PHONE_US = rf"""(?<![\dA-Za-z.$])(?<!\d-)(?!{_TIMESTAMP}) (?:(?:\+|00)?1[ .-]?)? (?:\([2-9]\d{{2}}\)[ ]?-?|[2-9]\d{{2}}[ .-]?)
                [2-9]\d{{2}}[ .-]?\d{{4}} (?:[ ]?(?:[xX]|ext\.?|extension)[ ]?\d{{1,6}})? (?!\d)"""
_PHONE_ABROAD = r"(?<![\dA-Za-z]) (?:\+|00(?=[1-9]\d)) [1-9]\d{0,2} (?:[ .-]?\(?\d{1,5}\)?){2,6} (?!\d)"
_CHAT_NUMBER = r"""(?<![A-Za-z]) (?i:微信|qq|wechat|weixin|vx) (?:号码?|[ ]id)?[ ]?[:是为]?[ ]?
                   (?P<value>(?=[A-Za-z0-9_-]*\d)[A-Za-z0-9_][A-Za-z0-9_-]{4,19})"""
_AT_NAME = r"(?<![A-Za-z0-9._%+@/-]) @(?!\d+(?:[.:]\d+)?(?:[aApP][mM])?(?!\w)) [A-Za-z0-9_][A-Za-z0-9_.-]{1,29} (?<![.-])"
_AT_NAME_CN = r"(?<![A-Za-z0-9._%+@/-]) @[\u4e00-\u9fff][\w-]{1,29}"

_PATTERNS = (
    _pattern("URL", _URL),
    _pattern("EMAIL", _EMAIL),
    _pattern("IBAN", _IBAN, _is_iban),
    _pattern("ID_CN", _RESIDENT, _is_resident_number),
    _pattern("CARD", _CARD, _is_card),
    _pattern("SSN_US", _SSN),
    _pattern("SSN_US", _SSN_NAMED),
    _pattern("IP", _IP4, _is_ip),
    _pattern("IP", _IP6, _is_ip),
    _pattern("PHONE", _MOBILE_CN),
    _pattern("PHONE", _LANDLINE_CN),
    _pattern("PHONE", _LANDLINE_CN_ABROAD),
    _pattern("PHONE", _SERVICE_CN),
    _pattern("PHONE", _PHONE_US),
    _pattern("PHONE", _PHONE_ABROAD, _is_international),
    _pattern("HANDLE", _CHAT_NUMBER),
    _pattern("HANDLE", _AT_NAME),
    _pattern("HANDLE", _AT_NAME_CN),
)


def find(text: str) -> list[Span]:
    """Return the personal data in `text`, in order and without overlap; the earlier kind of KINDS wins a contest."""
    folded = text if text.isascii() else text.translate(_FOLD)
    if not _HINT.search(folded):
        return []
    taken = bytearray(len(text))
    found = []
    for known in _PATTERNS:
        part = "value" if "value" in known.pattern.groupindex else 0
        for match in known.pattern.finditer(folded):
            start, end = match.span(part)
            if not any(taken[start:end]) and known.proof(folded[start:end]):
                taken[start:end] = b"\1" * (end - start)
                found.append(Span(start, end, known.kind))
    return sorted(found)


def replace(text: str, spans: Iterable[Span], key: bytes | None = None) -> str:
    """Return `text` with each span replaced by its type, as [EMAIL]; with `key` by a pseudonym, as [EMAIL:9f86d081].

    The same value gives the same pseudonym under one key (HMAC-SHA256, 32 bits shown); without the key it says nothing.
    """
    parts, at = [], 0
    for span in sorted(spans):
        parts += [text[at : span.start], f"[{span.kind}{_pseudonym(text[span.start : span.end], span.kind, key)}]"]
        at = span.end
    return "".join([*parts, text[at:]])


def masked(text: str) -> str:
    """Return `text` with all personal data that `find` knows replaced by their type."""
    return replace(text, find(text))


def _pseudonym(value: str, kind: str, key: bytes | None) -> str:
    if key is None:
        return ""
    plain = (
        re.sub(r"[\s().-]", "", value.translate(_FOLD)).lower()
        if kind not in {"URL", "EMAIL", "IP"}
        else value.translate(_FOLD).lower()
    )
    return ":" + hmac.new(key, f"{kind}\0{plain}".encode(), hashlib.sha256).hexdigest()[:8]
