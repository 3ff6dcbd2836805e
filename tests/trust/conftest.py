"""Rows to learn from and rows to be judged on."""

from __future__ import annotations

import pytest
from clouds import clouds

from bigmodel_utils.trust.rows import Rows


@pytest.fixture(scope="session")
def train() -> Rows:
    return clouds(600, 1)


@pytest.fixture(scope="session")
def test_rows() -> Rows:
    return clouds(600, 2)
