"""Accelerators as people write them: the same chip by many names, and no chip by a wrong one."""

import pytest

from bigmodel_utils import facts
from bigmodel_utils.value import hardware


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("A100", "A100-80GB-SXM"),
        ("A100-80GB SXM", "A100-80GB-SXM"),
        ("nvidia a100 (40 GB)", "A100-40GB-SXM"),
        ("NVIDIA A100-SXM4-40GB", "A100-40GB-SXM"),
        ("A100 PCIe", "A100-80GB-PCIe"),
        ("64 H100s on a cluster", "H100-80GB-SXM"),
        ("8xH100 SXM5", "H100-80GB-SXM"),
        ("H100 NVL", "H100-94GB-NVL"),
        ("h800", "H800-80GB-SXM"),
        ("H20", "H20-96GB"),
        ("Cloud TPU v3-512", "TPU-v3"),
        ("TPUv4", "TPU-v4"),
        ("TPU v5 lite", "TPU-v5e"),
        ("Trillium", "TPU-v6e"),
        ("Ascend 910B", "Ascend-910B2"),
        ("910B", "Ascend-910B2"),
        ("Ascend-910", "Ascend-910"),
        ("AMD Instinct MI250X GCD", "MI250X"),
        ("MI250", "MI250"),
        ("Tesla V100-SXM2-16GB", "V100-16GB-SXM2"),
        ("L40S", "L40S"),
        ("L40", "L40"),
        ("GeForce RTX 4090", "RTX-4090"),
    ],
)
def test_many_names_mean_one_chip(written, name):
    assert hardware.named(written) == name


def test_every_name_of_the_table_means_itself():
    names = list(facts.load("gpu_specs")["gpu"])
    assert [hardware.named(name) for name in names] == names
    assert [hardware.named(name.lower().replace("-", " ")) for name in names] == names


@pytest.mark.parametrize("written", ["", None, "GPU", "TPU", "100", "Cerebras CS-2", "Ascend 910C", "NVIDIA", "s", "🙂", "K80"])
def test_no_chip_is_guessed(written):
    assert hardware.named(written) is None
    assert hardware.reason_against(written)
