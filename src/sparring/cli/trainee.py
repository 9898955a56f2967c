"""The command line in a process of its own, which saves and leaves once its parent is gone.

Run as `python -m sparring.cli.trainee train ...`. The parent holds the other end of standard
input and never writes; when that end closes, for whatever reason, a training gets SIGTERM.
"""

from __future__ import annotations

import os
import signal
import threading

from sparring import cli


def _leave_with_parent() -> None:
    os.read(0, 1)  # not by way of `sys.stdin`, whose lock the end of the interpreter wants
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    cli.main()
