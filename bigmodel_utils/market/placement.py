"""Where to train and where to serve: every pair of regions under price, latency, residency and carbon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bigmodel_utils.market import MarketError

if TYPE_CHECKING:
    import pandas as pd

_EARTH_KM = 6371.0
SITE_COLUMNS = ["site", "country_iso3", "usd_per_hour", "kg_per_hour", "rtt_ms"]


@dataclass(frozen=True)
class Work:
    """What has to run: machine-hours of training and of serving over the plan, and GB to carry to where training is."""

    training_hours: float
    serving_hours: float
    data_gb: float

    def __post_init__(self) -> None:
        if not all(amount >= 0 for amount in (self.training_hours, self.serving_hours, self.data_gb)):
            given = f"{self.training_hours:g} and {self.serving_hours:g} hours, {self.data_gb:g} GB"
            raise MarketError(given, "numbers of zero or more", "the work given to placement.choices")


@dataclass(frozen=True)
class Limits:
    """What must hold. `data_home` is the country whose data may not leave it (None: free), `rtt_ms` the slowest round trip.

    `carbon_usd_per_tonne` is what the company charges itself; 0 leaves carbon out of the choice.
    """

    data_home: str | None = None
    rtt_ms: float | None = None
    carbon_usd_per_tonne: float = 0.0


def distance_km(latitude: ArrayLike, longitude: ArrayLike, to_latitude: float, to_longitude: float) -> NDArray[np.float64]:
    """Return great-circle distances in km; arguments in degrees (haversine formula)."""
    a, b, c, d = (np.radians(np.asarray(value, float)) for value in (latitude, longitude, to_latitude, to_longitude))
    half = np.sin((c - a) / 2) ** 2 + np.cos(a) * np.cos(c) * np.sin((d - b) / 2) ** 2
    return 2 * _EARTH_KM * np.arcsin(np.sqrt(half))


def sites(
    prices: pd.DataFrame,
    countries: pd.DataFrame,
    places: pd.DataFrame,
    market: str,
    rtt_ms_per_1000_km: float,
    vcpu_watts: float,
    vcpus: int = 2,
) -> pd.DataFrame:
    """Return SITE_COLUMNS for each priced machine, from the fact tables; unknown carbon or place is NaN.

    `site` is provider/region/instance_type. Price and power are for `vcpus`, so that machines of different size compare;
    `rtt_ms` is an estimate from the distance to the main city of `market`. Raises MarketError for a market without a place.
    """
    import pandas as pd

    spots = places.set_index("place")[["latitude_deg", "longitude_deg"]]
    if market not in spots.index:
        raise MarketError(f"market '{market}'", "a country with a row in places.csv", "data/facts/places.csv")
    where = prices["region"].where(prices["region"].isin(spots.index), prices["country_iso3"])
    here = spots.reindex(where)
    km = distance_km(here["latitude_deg"], here["longitude_deg"], *spots.loc[market])
    carbon = prices["country_iso3"].map(countries.set_index("iso3")["grid_carbon_intensity_gco2e_kwh"])
    return pd.DataFrame(
        {
            "site": prices["provider"] + "/" + prices["region"] + "/" + prices["instance_type"],
            "country_iso3": prices["country_iso3"],
            "usd_per_hour": prices["usd_per_hour_on_demand"] / prices["vcpus"] * vcpus,
            "kg_per_hour": vcpus * vcpu_watts / 1000 * carbon / 1000,
            "rtt_ms": km / 1000 * rtt_ms_per_1000_km,
        }
    )


def choices(table: pd.DataFrame, work: Work, limits: Limits, egress_usd_gb: float) -> pd.DataFrame:
    """Return every pair train, serve with usd, kg, rtt_ms, allowed and why_not, allowed and cheapest first.

    `usd` is machines, the transfer when training is outside the data's country (which is `limits.data_home` or where
    serving is), and the price of carbon. An unknown that a limit needs is a reason to refuse, not to pass.
    Raises MarketError for an empty table, missing columns, or when no pair is allowed.
    """
    missing = [name for name in SITE_COLUMNS if name not in table]
    if missing or table.empty:
        given = f"{len(table)} sites without {', '.join(missing)}" if missing else "no sites"
        raise MarketError(given, f"rows with {', '.join(SITE_COLUMNS)}", "the table from placement.sites")
    pairs = table.add_prefix("train_").merge(table.add_prefix("serve_"), how="cross")
    moved = pairs["train_country_iso3"] != (limits.data_home or pairs["serve_country_iso3"])
    kg = pairs["train_kg_per_hour"] * work.training_hours + pairs["serve_kg_per_hour"] * work.serving_hours
    machines = pairs["train_usd_per_hour"] * work.training_hours + pairs["serve_usd_per_hour"] * work.serving_hours
    carbon = kg / 1000 * limits.carbon_usd_per_tonne if limits.carbon_usd_per_tonne else 0.0
    result = pairs[["train_site", "serve_site"]].set_axis(["train", "serve"], axis=1)
    result = result.assign(
        usd=machines + moved * work.data_gb * egress_usd_gb + carbon,
        kg=kg,
        rtt_ms=pairs["serve_rtt_ms"],
        why_not=_why_not(pairs, limits),
    )
    result.insert(5, "allowed", result["why_not"] == "")
    result = result.sort_values(["allowed", "usd"], ascending=[False, True], kind="stable", ignore_index=True)
    if not result["allowed"].any():
        reasons = ", ".join(f"{reason} ({count})" for reason, count in result["why_not"].value_counts().items())
        raise MarketError(
            f"no pair of regions meets the limits: {reasons}", "at least one", "residency, latency or carbon limits"
        )
    return result


def _why_not(pairs: pd.DataFrame, limits: Limits) -> NDArray[np.str_]:
    reason = np.full(len(pairs), "", dtype=object)
    if limits.carbon_usd_per_tonne:
        reason[(pairs["train_kg_per_hour"].isna() | pairs["serve_kg_per_hour"].isna()).to_numpy()] = "carbon unknown"
    if limits.rtt_ms is not None:
        reason[(pairs["serve_rtt_ms"] > limits.rtt_ms).to_numpy()] = "too slow"
        reason[pairs["serve_rtt_ms"].isna().to_numpy()] = "latency unknown"
    if limits.data_home is not None:
        away = (pairs["train_country_iso3"] != limits.data_home) | (pairs["serve_country_iso3"] != limits.data_home)
        reason[away.to_numpy()] = "data must stay"
    return reason
