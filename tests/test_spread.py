"""Work in several processes: results, their order, and what goes wrong."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanner.errors import UsageError
from scanner.model import Allowlist, Config, Rule
from scanner.spread import AHEAD, CAN_FORK, WorkerFailed, rules_and_allowlists, spread

forks = pytest.mark.skipif(not CAN_FORK, reason="one process does all here")


def _gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 9), max_size=60), st.integers(1, 4), st.booleans())
def test_results_are_those_of_one_process(items: list[int], jobs: int, ordered: bool) -> None:
    found = list(spread(lambda item: item * item, items, jobs, ordered=ordered))
    expected = [item * item for item in items]
    assert found == expected if ordered else sorted(found) == sorted(expected)


@forks
def test_the_order_stays_where_later_items_are_done_first() -> None:
    def work(item: int) -> int:
        time.sleep(0.2 if item == 0 else 0)
        return item

    assert list(spread(work, range(AHEAD + 9), 2, ordered=True)) == list(range(AHEAD + 9))


@forks
def test_no_more_is_asked_for_than_can_be_kept(tmp_path: Path) -> None:
    go = tmp_path / "go"
    asked: list[int] = []

    def items() -> Iterator[int]:
        for item in range(10 * AHEAD):
            asked.append(item)
            yield item

    def work(item: int) -> int:
        while item == 0 and not go.exists():
            time.sleep(0.01)
        return item

    found = spread(work, items(), 2, ordered=True)
    signal.signal(signal.SIGALRM, lambda *_: go.touch())
    signal.setitimer(signal.ITIMER_REAL, 1)
    assert next(found) == 0
    assert len(asked) < AHEAD + 9
    found.close()


@forks
def test_results_larger_than_a_pipe_holds_come_whole() -> None:
    large = b"x" * (1 << 20)
    assert list(spread(lambda item: item + large, [large] * 5, 2)) == [large + large] * 5


@forks
def test_work_is_done_elsewhere_and_those_who_did_it_are_gone_after() -> None:
    processes = set(spread(lambda _: (time.sleep(0.05), os.getpid())[1], range(6), 3))
    assert os.getpid() not in processes and 1 < len(processes) <= 3
    assert all(map(_gone, processes))


@forks
def test_they_are_gone_when_nobody_wants_the_rest() -> None:
    found = spread(lambda item: os.getpid() if item < 2 else time.sleep(600), range(9), 2)
    process = next(found)
    started = time.monotonic()
    found.close()
    assert process is not None and _gone(process)
    assert time.monotonic() - started < 60


def test_what_is_shared_is_the_same_object() -> None:
    lists = Allowlist(stopwords=("a",)), Allowlist(stopwords=("b",))
    rule = Rule("r", regex="r", allowlists=(lists[0],))
    config = Config(rules=(rule,), allowlists=(lists[1],))
    ((found, *others),) = spread(lambda _: (rule, *lists), [0], 2, rules_and_allowlists(config))
    assert found is rule and others[0] is lists[0] and others[1] is lists[1]


@pytest.mark.parametrize("jobs", [1, 2])
def test_errors_come_back(jobs: int) -> None:
    def work(item: int) -> int:
        if item == 3:
            raise UsageError("no 3")
        return item

    with pytest.raises(UsageError, match=r"^no 3$"):
        list(spread(work, range(9), jobs))


@forks
def test_an_error_that_cannot_be_sent_says_where_it_was() -> None:
    class Odd(Exception):
        pass

    def work(item: int) -> int:
        raise Odd("secret")

    with pytest.raises(WorkerFailed, match=r"^Odd at .*test_spread\.py:\d+$"):
        list(spread(work, range(9), 2))


@forks
def test_a_killed_process_is_noticed() -> None:
    def work(item: int) -> int:
        if item == 4:
            os.kill(os.getpid(), signal.SIGKILL)
        return item

    with pytest.raises(WorkerFailed, match="killed"):
        list(spread(work, range(9), 2))


@forks
def test_ctrl_c_is_left_to_the_one_who_started_them() -> None:
    def work(item: int) -> int:
        os.kill(os.getpid(), signal.SIGINT)
        return item

    assert sorted(spread(work, range(9), 2)) == list(range(9))
