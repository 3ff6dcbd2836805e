"""A small market made of a company's own file, complete enough to be prepared."""

from collections.abc import Callable

import pytest

from bigmodel_utils.choices import Market, Task


@pytest.fixture
def task() -> Task:
    return Task(labels=["negative", "positive"], event="negative")


@pytest.fixture
def market(tmp_path, monkeypatch) -> Callable[..., Market]:
    """Return a function: market(origin, **data) of a workspace under tmp_path."""
    monkeypatch.setenv("BIGMODEL_HOME", str(tmp_path))

    def make(origin: str, language: str = "en", train: int = 40, **data: object) -> Market:
        content = {"origin": origin, "label_map": {"bad": "negative", "good": "positive"}} | data
        split = {"train": train, "validation": 20, "test": 20}
        return Market.model_validate({"country": "USA", "language": language, "data": content, "split": split})

    return make
