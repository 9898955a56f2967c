"""`sparring serve` as documents tell it: in a thread, at a port that is free in place of 8080."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from sparring.serve.app import create_app
from sparring.serve.registry import public_names
from sparring.serve.server import Server, configured, listening
from sparring.serve.services import Services, Settings

USUAL = "8080"


class Served:
    """A service that goes on until the document ends."""

    def __init__(self, words: Sequence[str]) -> None:
        assert not [word for word in words if word.startswith("-")], "nobody taught it options"
        self._services = Services(Settings(Path("service"), public_names(words)))
        bound = listening("127.0.0.1", 0)
        self._server = Server(configured(create_app(self._services)), self._services)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [bound]})
        self.port = str(bound.getsockname()[1])
        self._services.__enter__()
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)

    def end(self) -> None:
        """As Ctrl-C does."""
        self._services.begin_closing()
        self._server.should_exit = True
        self._thread.join()
        self._services.__exit__(None, None, None)

    def curl(self, words: Sequence[str]) -> None:
        """Run a command of curl, where there is curl, and see that it got an answer."""
        if shutil.which("curl") is not None:
            given = [word.replace(USUAL, self.port) for word in words]
            done = subprocess.run(given, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}{done.stderr}"
