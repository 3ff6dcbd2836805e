"""500 planted pieces of personal data: none may leave the preparation, in any table, sheet, file or line of output."""

import json
import random

import pandas as pd
import pytest
from company_file import reviews, write_csv

from bigmodel_utils.artifacts import Run
from bigmodel_utils.data import prepare
from bigmodel_utils.scenario import load


def luhn_card(rng: random.Random) -> str:
    body = "4" + "".join(str(rng.randint(0, 9)) for _ in range(14))
    total = sum(sum(divmod(2 * int(d), 10)) if n % 2 == 0 else int(d) for n, d in enumerate(body))
    return body + str(-total % 10)


def canaries(count: int) -> list[str]:
    rng = random.Random(11)
    makers = (
        lambda n: f"canary{n}.{rng.randint(0, 999)}@mail{n}.example.org",
        lambda n: f"1{rng.choice('3456789')}{rng.randint(0, 9)}{10_000_000 + n * 7919 % 89_999_999}",
        lambda n: f"({rng.randint(201, 989)}) {rng.randint(200, 999)}-{1000 + n}",
        lambda n: luhn_card(rng),
        lambda n: f"https://canary{n}:pw{n}@shop.example.net/account",
    )
    return [makers[n % len(makers)](n) for n in range(count)]


@pytest.mark.parametrize("form", ["plain", "full width"])
def test_none_of_500_canaries_is_seen_again(tmp_path, market, task, capfd, monkeypatch, form):
    planted = canaries(500)
    wide = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
    shown = [c.translate(wide) if form == "full width" and "://" not in c else c for c in planted]
    rows = [(f"{text} 联系{canary} please", label) for (text, label), canary in zip(reviews(500), shown, strict=True)]
    rows += reviews(300, seed=5)
    write_csv(tmp_path / "own.csv", rows)
    prepared = prepare(market("file:own.csv", train=600), task, seed=1)
    assert prepared.counts["personal_data"] == 500

    run = Run(load("smoke"), "01_prepare_data")
    run.begin()
    tables = {name: value for name, value in vars(prepared).items() if isinstance(value, pd.DataFrame)}
    for name, table in tables.items():
        run.write_table(name, table)
    run.write_json("sheet", prepared.sheet)
    run.write_figures(prepared.figures("target"))
    run.finish()

    texts = "\n".join(str(text) for table in tables.values() for text in table.to_numpy().ravel())
    output = "".join(capfd.readouterr())
    files = b"\n".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file() and p.name != "own.csv")
    everything = texts + output + json.dumps(prepared.sheet) + repr(prepared) + files.decode("utf-8", "replace")
    assert len(tables) >= 5
    assert texts.count("[EMAIL]") > 60
    assert [canary for canary in {*planted, *shown} if canary in everything] == []
