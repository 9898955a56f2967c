"""Several lives of one service, in children that are killed or asked to end.

Run as a program of its own: it forks before any thread exists, so a life costs no start of an
interpreter. Prints a JSON report.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sparring.serve.app import create_app
from sparring.serve.lanes import Task
from sparring.serve.makings import Makings
from sparring.serve.server import listening, run
from sparring.serve.services import Services, Settings


def live(settings: Settings, bound: socket.socket, *, endless: bool) -> int:
    """Serve in a child; `endless` jobs go on until the child is killed. Returns its number."""
    child = os.fork()
    if child:
        return child
    try:
        if endless:
            usual = Makings.run

            def slow(self: Makings, task: Task) -> Mapping[str, Any]:
                usual(self, task)
                while True:
                    time.sleep(1)

            Makings.run = slow
        with Services(settings) as services:
            run(create_app(services), services, bound)
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def ask(port: int, method: str, path: str, given: Any = None, key: str = "") -> tuple[int, Any]:
    """One request, once the service answers."""
    body = None if given is None else json.dumps(given)
    headers = {"Content-Type": "application/json", **({"Idempotency-Key": key} if key else {})}
    for _ in range(600):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    raise TimeoutError("the service never answered")


def status(port: int, job: str) -> str:
    """What became of a job."""
    return ask(port, "GET", f"/v1/jobs/{job}")[1]["status"]


def main() -> None:
    """`service_lives.py MODEL FOLDER`."""
    model, folder = Path(sys.argv[1]), Path(sys.argv[2])
    settings = Settings(folder / "kept", {"shades": model}, runs=folder / "runs")
    bound = listening("127.0.0.1", 0)
    port = bound.getsockname()[1]
    codes = []

    child = live(settings, bound, endless=True)

    def begin(number: int) -> str:
        given = {"count": 20, "seed": number}
        return ask(port, "POST", "/v1/jobs", given, f"key-{number}")[1]["id"]

    jobs = [begin(number) for number in range(4)]
    while status(port, jobs[0]) != "running":
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

    child = live(settings, bound, endless=False)
    while any(status(port, job) in ("queued", "running") for job in jobs):
        time.sleep(0.05)
    after = [status(port, job) for job in jobs]
    again = [begin(number) for number in range(2)]
    while status(port, again[0]) in ("queued", "running"):
        time.sleep(0.05)
    status_of_again = status(port, again[0])

    answers: list[int] = []

    def client(number: int) -> None:
        given = {"prompt": "", "n": 10, "seed": number, "response_format": "b64_json"}
        answers.append(ask(port, "POST", "/v1/images/generations", given)[0])

    threads = [threading.Thread(target=client, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)  # they are under way, and some of them wait
    os.kill(child, signal.SIGTERM)
    for thread in threads:
        thread.join()
    codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    report = {
        "after_the_kill": after, "again": [status_of_again, again[1] == jobs[1]],
        "answers_to_the_last": answers, "codes": codes,
    }  # fmt: skip
    print(json.dumps(report))


if __name__ == "__main__":
    main()
