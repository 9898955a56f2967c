"""Ctrl-C waits for what is begun, and is never lost."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType

import pytest
import torch

from sparring.core.interrupts import held
from sparring.core.spec import Spec
from sparring.modalities import _sound
from sparring.modalities.audio import Audio
from sparring.provenance.audible import hears_label
from sparring.provenance.carriers.choosing import carrier_of


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
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


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


def is_heard_within(callback: str, work: Callable[[], object]) -> bool:
    """Press Ctrl-C in libsndfile's first call back to Python, where it would be printed and lost.

    Whether `work` was left by it.
    """
    presses: list[bool] = []

    def press(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_name == callback and not presses:
            presses.append(True)
            signal.raise_signal(signal.SIGINT)

    before = sys.getprofile()
    sys.setprofile(press)
    try:
        work()
    except KeyboardInterrupt:
        return bool(presses)
    finally:
        sys.setprofile(before)
    return False


def test_foreign_code_that_writes_or_reads_a_sound_does_not_lose_it() -> None:
    sounds = Audio(Spec("audio", (4000,), rate=8000))
    content = sounds.encode(torch.zeros(sounds.spec.shape))
    assert is_heard_within("vio_write", lambda: sounds.encode(torch.zeros(sounds.spec.shape)))
    assert is_heard_within("vio_read", lambda: _sound.decode(content))
    assert is_heard_within("vio_read", lambda: hears_label(content, carrier_of(content, "a.wav")))
