import subprocess

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch.distributed import run

from bigmodel_utils.training.distributed import Crew, Machines, _read, command
from bigmodel_utils.training.fit import fit
from bigmodel_utils.training.learned import TrainingError

FILE = "model.safetensors"


@pytest.fixture
def one_thread(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.mark.parametrize("sharding", ["none", "parameters"])
def test_two_processes_learn_as_one(start, reviews, smoke, settings, tmp_path, one_thread, sharding):
    still = settings.model_copy(update={"dropout": 0.0, "epochs": 1})
    alone = fit(start, reviews[:150], reviews[160:], smoke, still, tmp_path / "alone")
    two = still.model_copy(update={"processes": 2, "sharding": sharding})
    together = fit(start, reviews[:150], reviews[160:], smoke, two, tmp_path / "together", tmp_path / "keep")
    assert together.folder == tmp_path / "together"
    assert (together.steps, together.parameters) == (alone.steps, alone.parameters)
    assert together.validation_accuracy == pytest.approx(alone.validation_accuracy, abs=0.03)
    np.testing.assert_allclose(together.history["loss"], alone.history["loss"], rtol=0.05, atol=0.01)
    np.testing.assert_array_equal(together.history["examples"], alone.history["examples"])
    one, other = (load_file(tmp_path / name / FILE) for name in ("alone", "together"))
    apart = sum(float((one[name] - other[name]).square().sum()) for name in one)
    moved = sum(float((one[f"bert.{name}"] - tensor).square().sum()) for name, tensor in load_file(start / FILE).items())
    assert apart < 0.1 * moved  # other roundings, the same way
    assert (tmp_path / "together" / "config.json").read_text() == (tmp_path / "alone" / "config.json").read_text()
    assert not any((tmp_path / "keep").glob("*"))


def test_a_refusal_of_a_process_is_the_answer(tmp_path):
    (tmp_path / "refusal.json").write_text('["a training loss that is no number at step 3", "a finite loss", "less"]')
    with pytest.raises(TrainingError, match="no number at step 3"):
        _read(tmp_path, subprocess.CompletedProcess([], 0, stderr=b""))


def test_the_last_words_of_a_process_that_died_are_told(tmp_path):
    with pytest.raises(TrainingError, match="Killed by the kernel"):
        _read(tmp_path, subprocess.CompletedProcess([], 1, stderr=b"Killed by the kernel"))


@pytest.mark.parametrize("also", [{"processes": 1}, {"processes": 2, "adapter_rank": 4}])
def test_sharding_that_cannot_be_is_refused(start, reviews, smoke, settings, tmp_path, also):
    sharded = settings.model_copy(update={"sharding": "parameters", **also})
    with pytest.raises(TrainingError, match="sharding"):
        fit(start, reviews[:160], reviews[160:], smoke, sharded, tmp_path / "model_a")


def test_alone_a_crew_changes_nothing(tmp_path):
    crew, rows = Crew(), np.arange(5)
    loss = torch.tensor(2.0)
    assert (crew.rank, crew.size) == (0, 1)
    assert crew.share(rows) is not None
    np.testing.assert_array_equal(crew.share(rows), rows)
    assert crew.summed(loss, []) is loss
    assert crew.gathered([1, 2]) == [1, 2]


@pytest.mark.parametrize(("told", "nodes"), [("", 1), ("4@node0:29500", 4)])
def test_torchrun_reads_the_command_as_it_is_meant(monkeypatch, tmp_path, told, nodes):
    monkeypatch.setenv("BIGMODEL_MACHINES", told)
    words = command(8, tmp_path, Machines.told())
    assert words[1:3] == ["-m", "torch.distributed.run"]
    read = run.get_args_parser().parse_args(words[3:])
    config, _, rest = run.config_from_args(read)
    assert (config.min_nodes, config.max_nodes, config.nproc_per_node) == (nodes, nodes, 8)
    assert (read.training_script, read.training_script_args) == ("bigmodel_utils.training.distributed", [str(tmp_path)])
    assert rest[-3:] == ["-m", "bigmodel_utils.training.distributed", str(tmp_path)]
    assert nodes == 1 or (config.rdzv_backend, config.rdzv_endpoint) == ("c10d", "node0:29500")


@pytest.mark.parametrize("told", ["4", "node0:29500", "0@node0:29500", "4@node0", "4@a b:1"])
def test_machines_that_cannot_be_read_are_refused(monkeypatch, told):
    monkeypatch.setenv("BIGMODEL_MACHINES", told)
    with pytest.raises(TrainingError, match="COUNT@HOST:PORT"):
        Machines.told()
