"""The facts load, each column is explained, and the known traps of published numbers are not walked into."""

import re

import pandas as pd
import pytest

from bigmodel_utils import facts, paths, scenario, trace
from bigmodel_utils.artifacts import Run
from bigmodel_utils.pipeline import freshness
from bigmodel_utils.value import machines

README = (paths.PROJECT / "data" / "README.md").read_text(encoding="utf-8")
EVERYWHERE = {"source", "as_of", "verified", "note"}


def section(table: str) -> str:
    found = re.search(rf"^## {table}\.csv\n(.*?)(?=^## |\Z)", README, re.MULTILINE | re.DOTALL)
    assert found, f"data/README.md has no section '## {table}.csv'"
    return found.group(1)


def documented(table: str) -> set[str]:
    first_cells = re.findall(r"^\| (`[^|]*`) \|", section(table), re.MULTILINE)
    return {name for cell in first_cells for name in re.findall(r"`([^`]+)`", cell)}


@pytest.mark.parametrize("table", facts.tables())
def test_each_column_is_explained_and_nothing_else(table):
    assert documented(table) == set(facts.load(table).columns) - EVERYWHERE


def test_each_section_has_its_table():
    assert set(re.findall(r"^## (\w+)\.csv$", README, re.MULTILINE)) == set(facts.tables())


@pytest.mark.parametrize("table", facts.tables())
def test_section_states_the_rule_of_the_date(table):
    assert "`as_of`" in section(table)


@pytest.mark.parametrize("table", [name for name in facts.tables() if name != "countries"])
def test_rows_say_how_sure_they_are(table):
    assert set(facts.load(table)["verified"]) <= {"yes", "partial", "no"}


@pytest.mark.parametrize("table", facts.tables())
def test_no_fact_but_a_coming_duty_lies_ahead_and_no_row_stands_twice(table):
    frame = facts.load(table)
    coming = table in ("compliance_duties", "compliance_areas")
    assert max(frame["as_of"]) <= pd.Timestamp("2028-12-31" if coming else "2026-11-30").date()
    assert not frame.duplicated().any()


def test_a_range_that_was_looked_at_is_a_cause_by_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace, "_seen", {})
    watts = facts.as_range("vcpu_watts")
    seen = {cause: value for cause, value in trace.seen().items() if cause.startswith("range:")}
    assert seen["range:vcpu_watts"] == watts | {"as_of": watts["as_of"].isoformat()}
    assert freshness.now(Run(scenario.load("smoke")), [*seen, "range:gone"]) == seen | {"range:gone": None}


UNIT_BOUNDS = [
    (r"_pct(_|$)|_pct$", -100, 400),
    (r"^usd_per_.*hour", 0.001, 50),
    (r"^usd_per_thousand$", 0, 1000),
    (r"^(population)$", 1e5, 2e9),
    (r"tflops|_tops", 1, 20_000),
    (r"bandwidth_tb_s", 0.05, 20),
    (r"^tdp_w$", 10, 3000),
    (r"_year$|^year$|^founded$", 1900, 2035),
    (r"_usd_kwh$", 0.005, 1),
    (r"gco2e_kwh$", 0, 1500),
    (r"salary_usd$", 1000, 500_000),
    (r"^params_.*_b$|^params_b$", 0.001, 5000),
    (r"^fx_local_per_usd$", 0.1, 2000),
    (r"^delay_months", 0, 36),
]


@pytest.mark.parametrize("table", facts.tables())
def test_numbers_lie_where_their_unit_allows(table):
    frame = facts.load(table)
    for column in frame.select_dtypes("number"):
        for pattern, low, high in UNIT_BOUNDS:
            if re.search(pattern, column):
                assert frame[column].dropna().between(low, high).all(), f"{table}.{column}"


def test_ranges_are_ordered():
    ranges = facts.load("ranges")
    assert (ranges["low"] <= ranges["mid"]).all()
    assert (ranges["mid"] <= ranges["high"]).all()
    assert ranges["fact_id"].is_unique


@pytest.mark.parametrize(
    ("model", "column", "value"),
    [
        ("DeepSeek-V3", "params_active_b", 37),  # of 671 in all
        ("DeepSeek-V3", "chip_hours", 2_664_000),  # pretraining, not the 2.788 million in all
        ("DeepSeek-V2", "chip_hours", 172_800 * 8.1),  # 172,800 is per trillion tokens
        ("OPT-175B", "tokens_b", 300),  # seen, not the 180 of the corpus
        ("Llama-2-7B", "chip_hours", 184_320),
    ],
)
def test_traps_of_published_training_runs(model, column, value):
    assert facts.row("training_runs", model=model)[column] == pytest.approx(value)


@pytest.mark.parametrize(
    ("gpu", "dense"),
    [("A100-80GB-SXM", 312), ("H100-80GB-SXM", 989.4), ("V100-32GB-SXM2", 125), ("TPU-v4", 275), ("MI250X", 383)],
)
def test_peaks_are_dense_not_doubled_by_sparsity(gpu, dense):
    assert facts.row("gpu_specs", gpu=gpu)["bf16_fp16_dense_tflops"] == pytest.approx(dense, rel=1e-3)


def test_eight_bit_peak_is_at_most_twice_the_dense_sixteen_bit_peak():
    specs = facts.load("gpu_specs").dropna(subset=["fp8_dense_tflops"])
    assert (specs["fp8_dense_tflops"] / specs["bf16_fp16_dense_tflops"] < 2.05).all()


def test_active_parameters_never_exceed_all():
    runs = facts.load("training_runs").dropna(subset=["params_active_b", "params_total_b"])
    assert (runs["params_active_b"] <= runs["params_total_b"]).all()
    assert (
        runs.loc[runs["architecture"] == "moe", "params_active_b"] < runs["params_total_b"][runs["architecture"] == "moe"]
    ).all()


@pytest.mark.parametrize("table", ["gpu_cloud_prices", "training_throughput"])
def test_each_priced_or_measured_chip_is_specified(table):
    assert set(facts.load(table)["gpu"]) <= set(facts.load("gpu_specs")["gpu"])


@pytest.mark.parametrize("table", ["gpu_cloud_prices", "cpu_cloud_prices"])
def test_spot_is_not_dearer_than_on_demand_and_local_prices_convert(table):
    frame = facts.load(table)
    spot = next(name for name in frame if "spot" in name)
    full, local = spot.replace("spot_min_az", "on_demand"), next(name for name in frame if name.startswith("price_local"))
    priced = frame.dropna(subset=[spot])
    assert (priced[spot] <= priced[full] + 1e-9).all()
    foreign = frame.dropna(subset=[local])
    assert (foreign[local] / foreign["fx_local_per_usd"]).to_numpy() == pytest.approx(foreign[full].to_numpy(), rel=0.02)


def test_both_kinds_of_salary_stay_apart_and_small_samples_are_visible():
    countries = facts.load("countries")
    reported = countries.dropna(subset=["data_ml_role_median_salary_usd"])
    assert reported["data_ml_salary_n"].notna().all()


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("name,as_of\na,2026-01-01\n", "source"),
        ("name,source\na,b\n", "as_of"),
        ("name,source,as_of\na,b,2026-01-01\nc,,2026-01-01\n", "line 3"),
        ("name,source,as_of\na,b,yesterday\n", "yesterday"),
    ],
)
def test_an_unsourced_or_undated_row_is_refused(content, word, tmp_path, monkeypatch):
    (tmp_path / "rumours.csv").write_text(content, encoding="utf-8")
    monkeypatch.setattr(paths, "facts", lambda: tmp_path)
    facts.rows.cache_clear()
    with pytest.raises(facts.FactError, match=word):
        facts.load("rumours")
    facts.rows.cache_clear()


def test_a_page_that_starts_reads_facts_anew_and_looks_at_them_again(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "facts", lambda: tmp_path)
    for height in (1, 2):
        (tmp_path / "trees.csv").write_text(f"height,source,as_of\n{height},a walk,2026-01-01\n", encoding="utf-8")
        facts.forget()
        assert facts.load("trees")["height"].item() == height
    monkeypatch.undo()
    for _ in range(2):
        facts.forget()
        monkeypatch.setattr(trace, "_seen", {})
        assert machines.machines()
        assert "fact:gpu_cloud_prices" in trace.seen()


def test_a_misspelt_table_or_row_names_the_nearest():
    with pytest.raises(facts.FactError, match="countries"):
        facts.load("country")
    with pytest.raises(facts.FactError, match="bass_innovation"):
        facts.as_range("bass_inovation")
