"""Ctrl-C and the signals of schedulers: the first one interrupts the program, which then ends within seconds.

Python runs a handler between two instructions of its own. A call that waits in C, for a store that does not answer,
goes on. So a thread watches the signals as well: where the program has not ended in time, it removes what the program
would leave behind, and ends it.
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Of a terminal, of a scheduler, and of a terminal that is closed."""

GRACE_S = 3.0
"""Seconds that the program has to end by itself."""

_removals: list[Callable[[], object]] = []


def install() -> None:
    """Make each of `SIGNALS` a KeyboardInterrupt, until the process ends; only for the main thread of a program.

    A signal that the parent had ignored, as `nohup` does, stays ignored. After the first one all are, so that nothing
    interrupts the cleaning up.
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)
    threading.Thread(target=_watch, args=[reading], name="interrupts", daemon=True).start()


def on_forced_end(remove: Callable[[], object]) -> None:
    """Have something called if the program has to be ended by force; what is added last is called first."""
    _removals.append(remove)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _watch(reading: int) -> None:
    while os.read(reading, 1)[0] not in SIGNALS:
        pass
    time.sleep(GRACE_S)
    for remove in reversed(_removals):
        with suppress(Exception):
            remove()
    os._exit(1)
