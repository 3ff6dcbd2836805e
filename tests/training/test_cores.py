import os
import threading

import pytest
import torch

from bigmodel_utils.training import cores
from bigmodel_utils.training.fit import fit


@pytest.fixture(autouse=True)
def two_cores():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_parts_meet_and_come_back_in_their_order():
    both = threading.Barrier(2, timeout=20)  # passes only when two parts are at work at once

    def work(part):
        both.wait()
        return part, torch.get_num_threads(), threading.current_thread()

    (first, threads, here), (second, _, there) = cores.each(work, ["a", "b"])
    assert (first, second) == ("a", "b")
    assert threads == torch.get_num_threads() // 2
    assert here is not there


@pytest.mark.parametrize(("parts", "kind"), [(["alone"], "cpu"), (["a", "b"], "cuda"), ([], "cpu")])
def test_nothing_is_spread_where_that_gains_nothing(parts, kind):
    assert set(cores.each(lambda _: threading.current_thread(), parts, kind)) <= {threading.current_thread()}


def test_work_inside_such_work_stays_on_its_core():
    def inner(part):
        return part, threading.current_thread()

    def outer(part):
        return list(cores.each(inner, [part, part])), threading.current_thread()

    for found, thread in cores.each(outer, [1, 2]):
        assert {where for _, where in found} == {thread}


def test_what_a_part_raises_is_raised():
    def work(part):
        raise KeyError(part)

    with pytest.raises(KeyError, match="first"):
        list(cores.each(work, ["first", "second"]))


def test_a_forked_process_has_cores_of_its_own():
    assert list(cores.each(abs, [-1, -2])) == [1, 2]
    if child := os.fork():
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    else:
        os._exit(list(cores.each(abs, [-1, -2])) != [1, 2])


def test_trainings_on_several_cores_repeat(start, reviews, smoke, settings, tmp_path):
    def weights(name):
        fit(start, reviews[:160], reviews[160:], smoke, settings.model_copy(update={"epochs": 1}), tmp_path / name)
        return (tmp_path / name / "model.safetensors").read_bytes()

    assert weights("one") == weights("other")
