"""Ctrl-C waits for what is begun, and is never lost."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest

from sparring.core.interrupts import held


@pytest.fixture(autouse=True)
def heeded() -> Iterator[None]:
    """As a terminal starts it; what a shell runs in its background ignores Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_what_is_begun_is_finished_first() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), held(), held():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        done.append(True)
    assert done
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_nothing_is_raised_where_nobody_asks() -> None:
    with held():
        pass
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_is_ignored_stays_so() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with held():
        signal.raise_signal(signal.SIGINT)


def test_other_threads_do_not_hold_it() -> None:
    failed: list[BaseException] = []

    def work() -> None:
        try:
            with held():
                pass
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert not failed
