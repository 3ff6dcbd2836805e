import base64
import os
import resource
import secrets
import shutil
import tarfile

import pytest
from company_file import reviews, write_csv
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bigmodel_utils.data import backup, prepare, vault
from bigmodel_utils.data.backup import BackupError
from bigmodel_utils.data.vault import VaultError

KEY, OTHER = b"k" * 32, b"o" * 32


def sealed(tmp_path, content: bytes, key: bytes = KEY):
    plain = tmp_path / "plain.bin"
    plain.write_bytes(content)
    vault.seal(plain, tmp_path / "plain.bin.enc", key)
    return tmp_path / "plain.bin.enc"


def opened(path, key: bytes = KEY) -> bytes:
    with vault.unseal(path, key) as stream:
        return stream.read()


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(vault, "_CHUNK", 64)


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 128, 1000])
def test_round_trip_at_chunk_borders(tmp_path, small_chunks, size):
    content = secrets.token_bytes(size)
    path = sealed(tmp_path, content)
    assert opened(path) == content
    if size > 8:
        assert content[:8] not in path.read_bytes()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_altered_byte_and_no_cut_goes_unseen(tmp_path, small_chunks, data):
    path = sealed(tmp_path, bytes(range(200)))
    whole = path.read_bytes()
    cut = data.draw(st.integers(1, len(whole)))
    flip = data.draw(st.integers(0, len(whole) - 1))
    damaged = data.draw(st.sampled_from([whole[:-cut], whole[:flip] + bytes([whole[flip] ^ 1]) + whole[flip + 1 :]]))
    path.write_bytes(damaged)
    with pytest.raises(VaultError):
        opened(path)


def test_swapped_chunks_do_not_open(tmp_path, small_chunks):
    path = sealed(tmp_path, b"a" * 64 + b"b" * 64 + b"c" * 10)
    whole, step = path.read_bytes(), 64 + vault._TAG
    head, first, second, rest = whole[: vault._HEADER], *(whole[vault._HEADER + n * step :][:step] for n in (0, 1, 2))
    path.write_bytes(head + second + first + rest)
    with pytest.raises(VaultError, match="altered or cut off near byte 0"):
        opened(path)


def test_another_key_is_told_apart_from_damage(tmp_path):
    with pytest.raises(VaultError, match="sealed with another key"):
        opened(sealed(tmp_path, b"secret"), OTHER)


def test_key_from_the_environment_or_an_owner_only_file(tmp_path, monkeypatch):
    monkeypatch.delenv("BIGMODEL_KEY", raising=False)
    monkeypatch.delenv("BIGMODEL_KEY_FILE", raising=False)
    with pytest.raises(VaultError, match="no key"):
        vault.key()
    made = vault.create_key(tmp_path / "key")
    monkeypatch.setenv("BIGMODEL_KEY_FILE", str(tmp_path / "key"))
    assert vault.key() == made
    with pytest.raises(VaultError, match="exists"):
        vault.create_key(tmp_path / "key")
    os.chmod(tmp_path / "key", 0o644)
    with pytest.raises(VaultError, match="may be read by others"):
        vault.key()
    monkeypatch.setenv("BIGMODEL_KEY", base64.b64encode(KEY).decode())
    assert vault.key() == KEY
    monkeypatch.setenv("BIGMODEL_KEY", "too short")
    with pytest.raises(VaultError, match="no 32-byte key"):
        vault.key()


def test_rotation_goes_on_after_an_interruption(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
        vault.seal(tmp_path / name, tmp_path / f"{name}.enc", KEY)
    vault.seal(tmp_path / "a", tmp_path / "a.enc", OTHER)  # as if an earlier rotation had stopped here
    assert vault.rotate(tmp_path, KEY, OTHER) == 1
    assert [opened(tmp_path / f"{name}.enc", OTHER) for name in ("a", "b")] == [b"a", b"b"]


@pytest.mark.parametrize("name", ["own.csv", "own.parquet"])
def test_a_sealed_company_file_is_prepared_without_touching_the_disk(tmp_path, market, task, monkeypatch, name):
    import pandas as pd

    monkeypatch.setenv("BIGMODEL_KEY", base64.b64encode(KEY).decode())
    plain = tmp_path / name
    if name.endswith("csv"):
        write_csv(plain, reviews(200))
    else:
        pd.DataFrame(reviews(200), columns=["text", "label"]).to_parquet(plain)
    vault.seal(plain, tmp_path / f"{name}.enc", KEY)
    plain.unlink()
    prepared = prepare(market(f"file:{name}.enc"), task, seed=1)
    assert len(prepared.train) == 40
    assert [p.name for p in tmp_path.iterdir()] == [f"{name}.enc"]
    monkeypatch.setenv("BIGMODEL_KEY", base64.b64encode(OTHER).decode())
    with pytest.raises(VaultError, match="another key"):
        prepare(market(f"file:{name}.enc"), task, seed=1)


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "runs" / "abc"
    (folder / "01").mkdir(parents=True)
    (folder / "done.json").write_text("{}")
    (folder / "01" / "table.bin").write_bytes(secrets.token_bytes(5000))
    return folder


@pytest.mark.parametrize(("name", "key"), [("b.tar.gz", None), ("b.tar.gz.enc", KEY)])
def test_back_up_and_restore(tmp_path, run, name, key):
    before = {p.relative_to(run): p.read_bytes() for p in run.rglob("*") if p.is_file()}
    assert backup.back_up(run, tmp_path / name, key) == 2
    (run / "01" / "table.bin").write_bytes(b"lost")
    (run / "extra").write_text("x")
    assert backup.restore(tmp_path / name, run, key) == 2
    assert {p.relative_to(run): p.read_bytes() for p in run.rglob("*") if p.is_file()} == before
    assert sorted(p.name for p in tmp_path.iterdir()) == [name, "runs"]


@pytest.mark.parametrize("damage", ["cut", "flip"])
def test_a_damaged_back_up_leaves_the_folder_as_it_was(tmp_path, run, damage):
    archive = tmp_path / "b.tar.gz"
    backup.back_up(run, archive)
    whole = bytearray(archive.read_bytes())
    if damage == "cut":
        whole = whole[:-200]
    else:
        whole[len(whole) // 2] ^= 255
    archive.write_bytes(bytes(whole))
    before = (run / "01" / "table.bin").read_bytes()
    with pytest.raises(BackupError):
        backup.restore(archive, run)
    assert (run / "01" / "table.bin").read_bytes() == before
    assert [p.name for p in run.parent.iterdir()] == ["abc"]


@pytest.mark.parametrize("manifest", ["[]", "{}", '{"folder": "abc"}', '{"folder": "abc", "files": []}', "none"])
def test_a_back_up_whose_manifest_somebody_made_up_is_refused(tmp_path, run, manifest):
    archive, before = tmp_path / "b.tar.gz", (run / "01" / "table.bin").read_bytes()
    with tarfile.open(archive, "w:gz") as tar:
        backup._add_text(tar, backup.MANIFEST, manifest)
        backup._add_text(tar, "files/../../evil", "x")
    with pytest.raises(BackupError):
        backup.restore(archive, run)
    assert (run / "01" / "table.bin").read_bytes() == before


def test_back_up_refusals(tmp_path, run):
    with pytest.raises(BackupError, match="nothing in"):
        backup.back_up(tmp_path / "none", tmp_path / "b.tar.gz")
    with pytest.raises(BackupError, match=r"a name ending in \.tar\.gz"):
        backup.back_up(run, tmp_path / "b.zip")
    with pytest.raises(BackupError, match="without a key"):
        backup.back_up(run, tmp_path / "b.tar.gz.enc")
    backup.back_up(run, tmp_path / "b.tar.gz.enc", KEY)
    with pytest.raises(BackupError, match="holds 'abc'"):
        backup.restore(tmp_path / "b.tar.gz.enc", run.parent / "another", KEY)
    with pytest.raises(VaultError, match="another key"):
        backup.restore(tmp_path / "b.tar.gz.enc", run, OTHER)


def test_rows_of_people_stay_closed_to_others_in_the_archive_and_after(tmp_path, run):
    run.chmod(0o700)
    backup.back_up(run, tmp_path / "b.tar.gz")
    for _ in range(2):
        backup.restore(tmp_path / "b.tar.gz", run)
        assert [path.stat().st_mode & 0o077 for path in (tmp_path / "b.tar.gz", run)] == [0, 0]
        shutil.rmtree(run)


def test_a_full_disk_is_not_taken_for_a_damaged_back_up(tmp_path, run):
    backup.back_up(run, tmp_path / "b.tar.gz")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            backup.restore(tmp_path / "b.tar.gz", run)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (run / "01" / "table.bin").stat().st_size == 5000
