"""The service under load, beside the model in one process: writes `service.md`.

    python benchmarks/service.py [--seconds 10] [--model digits]

The server runs in a process of its own, as `sparring serve` starts it; clients are bare asyncio
connections, so that their own cost is small. Everything is a ratio within one run, as machines
differ; rounds alternate, and medians of rounds are told.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

import sparring
from sparring.provenance.labelling import Labelling

IMAGES = "/v1/images/generations"
CROWD = 1_000  # requests at once
CLIENTS = 64
ROUNDS = 3
PAGE = Path(__file__).with_name("service.md")


@dataclass(frozen=True)
class Server:
    """A service in a process of its own."""

    port: int
    pid: int

    @property
    def processor(self) -> float:
        """Seconds of processor time that it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def memory(self) -> int:
        """Bytes that it holds now."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found is not None, "Linux tells the memory of a process"
        return int(found[1]) * 1024


@contextlib.contextmanager
def serving(model: str, *options: str) -> Iterator[Server]:
    """`sparring serve` of one model on a free port."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "sparring", "serve", model, "--port", "0", *options]
        log = Path(folder) / "log"
        with log.open("wb") as file:
            child = subprocess.Popen(command, cwd=folder, stderr=file)
        try:
            while not (found := re.search(r":(\d+)/v1;", log.read_text())):
                assert child.poll() is None, log.read_text()
                time.sleep(0.1)
            server = Server(int(found[1]), child.pid)
            while not asyncio.run(answers(server.port)):
                time.sleep(0.1)
            yield server
        finally:
            child.terminate()
            child.wait(60)


async def answers(port: int) -> bool:
    """Whether somebody listens there already."""
    with contextlib.suppress(OSError):
        async with Client(port) as client:
            return (await client.ask("GET", "/healthz"))[0] == 200
    return False


class Client:
    """One connection that is kept."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def __aenter__(self) -> Client:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()

    async def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, float, bytes]:
        """Status, seconds and body of an answer."""
        kind = b"Content-Type: application/json\r\n" if body else b""
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
        started = time.perf_counter()
        self.writer.write(head.encode() + kind + b"\r\n" + body)
        told = await self.reader.readuntil(b"\r\n\r\n")
        found = re.search(rb"content-length: (\d+)", told, re.IGNORECASE)
        content = await self.reader.readexactly(int(found[1])) if found else b""
        return int(told[9:12]), time.perf_counter() - started, content


def wanted(model: str, seed: int, count: int = 1) -> bytes:
    """The body of a request."""
    asked = {"model": model, "prompt": "", "seed": seed, "n": count, "response_format": "b64_json"}
    return json.dumps(asked).encode()


async def crowd(server: Server, model: str) -> dict[str, Any]:
    """A thousand requests at once, each on a connection that was opened before."""
    async with contextlib.AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(Client(server.port)) for _ in range(CROWD)]
        doctor = await stack.enter_async_context(Client(server.port))
        pulses: list[float] = []
        over = asyncio.Event()

        async def watch() -> None:
            while not over.is_set():
                status, seconds, _ = await doctor.ask("GET", "/healthz")
                assert status == 200
                pulses.append(seconds)
                await asyncio.sleep(0.02)

        watching = asyncio.create_task(watch())
        asks = (c.ask("POST", IMAGES, wanted(model, i)) for i, c in enumerate(clients))
        told = await asyncio.gather(*asks)
        over.set()
        await watching
    refused = sorted(seconds for status, seconds, _ in told if status == 429)
    return {
        "statuses": dict(Counter(status for status, _, _ in told)),
        "refused_p50": statistics.median(refused) if refused else 0.0,
        "refused_max": refused[-1] if refused else 0.0,
        "pulses": len(pulses),
        "pulse_max": max(pulses),
    }


async def throughput(server: Server, model: str, seconds: float) -> tuple[float, float]:
    """Single pictures that 64 clients get a second, and in a second of the server's processor."""
    done = 0
    end = time.perf_counter() + seconds

    async def one(number: int) -> None:
        nonlocal done
        async with Client(server.port) as client:
            while time.perf_counter() < end:
                status, _, _ = await client.ask("POST", IMAGES, wanted(model, number))
                done += status == 200

    started, used = time.perf_counter(), server.processor
    await asyncio.gather(*(one(number) for number in range(CLIENTS)))
    return done / (time.perf_counter() - started), done / (server.processor - used)


async def latency(server: Server, model: str, seconds: float) -> float:
    """The median of one client's waits for one picture."""
    waits: list[float] = []
    async with Client(server.port) as client:
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            waits.append((await client.ask("POST", IMAGES, wanted(model, len(waits))))[1])
    return statistics.median(waits)


def batched(sampler: sparring.Sampler, seconds: float, *, encode: bool) -> tuple[float, float]:
    """The same of the model in this process, 64 in a call."""
    done, started, used = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - started < seconds:
        made = sampler.generate(CLIENTS, seed=done)
        if encode:
            for number in range(len(made)):
                made.encoded(number)
        done += len(made)
    return done / (time.perf_counter() - started), done / (time.process_time() - used)


def direct(sampler: sparring.Sampler, seconds: float) -> float:
    """The median time of one picture and its file in this process."""
    waits: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        started = time.perf_counter()
        sampler.generate(1, seed=len(waits)).encoded(0)
        waits.append(time.perf_counter() - started)
    return statistics.median(waits)


def measure(model: str, seconds: float, options: list[str]) -> dict[str, Any]:
    """Everything, in rounds."""
    signed = "--no-credentials" not in options and Labelling().signed
    sampler = sparring.load(model).labelled(Labelling(signed=signed))
    rounds: dict[str, list[float]] = {
        name: []
        for name in ("served", "batched", "encoded", "served_cpu", "batched_cpu", "encoded_cpu",
                     "latency", "direct")
    }  # fmt: skip
    with serving(model, *options) as server:
        asyncio.run(throughput(server, model, 2.0))  # everything is loaded and warm
        asyncio.run(crowd(server, model))
        before = server.memory
        for _ in range(ROUNDS):
            for name, (wall, processor) in {
                "served": asyncio.run(throughput(server, model, seconds)),
                "batched": batched(sampler, seconds / 2, encode=False),
                "encoded": batched(sampler, seconds / 2, encode=True),
            }.items():
                rounds[name].append(wall)
                rounds[f"{name}_cpu"].append(processor)
            rounds["latency"].append(asyncio.run(latency(server, model, seconds / 2)))
            rounds["direct"].append(direct(sampler, seconds / 2))
        crowds = [asyncio.run(crowd(server, model)) for _ in range(ROUNDS)]
        after = server.memory
    return {
        **{name: statistics.median(values) for name, values in rounds.items()},
        "signed": signed,
        "crowds": crowds,
        "memory_before": before,
        "memory_after": after,
    }


def page(model: str, found: dict[str, Any], command: str) -> str:
    """What was measured, for people."""
    crowds = found["crowds"]
    grown = found["memory_after"] / found["memory_before"] - 1
    refused = 1_000 * statistics.median(each["refused_p50"] for each in crowds)
    rows = [
        (f"served, {CLIENTS} clients, one picture each, pictures/s", f"{found['served']:.0f}", ""),
        ("the model alone in one process, 64 a call, pictures/s", f"{found['batched']:.0f}", ""),
        ("the same, with labelled PNG files", f"{found['encoded']:.0f}", ""),
        ("served / model alone", f"{found['served'] / found['batched']:.2f}", "0.60 or more"),
        ("served / model with files", f"{found['served'] / found['encoded']:.2f}", ""),
        ("processor time of a picture, served, ms", f"{1_000 / found['served_cpu']:.2f}", ""),
        ("the model alone, ms", f"{1_000 / found['batched_cpu']:.2f}", ""),
        ("with labelled PNG files, ms", f"{1_000 / found['encoded_cpu']:.2f}", ""),
        ("one client waits, p50, ms", f"{1_000 * found['latency']:.1f}", ""),
        ("`Sampler.generate` and PNG, p50, ms", f"{1_000 * found['direct']:.1f}", ""),
        ("ratio of these", f"{found['latency'] / found['direct']:.2f}", "below 3"),
        (f"{CROWD:,} at once: answers", _counted(crowds), "200 or 429 alone"),
        ("refused after, p50, ms", f"{refused:.0f}", "below 50"),
        ("slowest `/healthz` meanwhile, ms",
         f"{1_000 * max(each['pulse_max'] for each in crowds):.0f}", ""),
        ("memory after three crowds and all rounds", f"{grown:+.1%}", "within 20 %"),
    ]  # fmt: skip
    table = "\n".join(f"| {name} | {value} | {target} |" for name, value, target in rows)
    signed = "with" if found["signed"] else "without"
    return f"""# The service under load

`{command}`: model `{model}`, {os.cpu_count()} cores, torch {torch.__version__} on
{torch.get_num_threads()} thread(s), {signed} content credentials. Clients share the machine with
the server. Medians of {ROUNDS} rounds. A signature costs about 2 ms a picture,
in the service and out of it alike, and would hide what serving itself costs; so the ratios for the
targets are those of `--no-credentials`.

| | measured | target |
|---|---|---|
{table}
"""


def _counted(crowds: list[dict[str, Any]]) -> str:
    total: Counter[int] = Counter()
    for each in crowds:
        total.update(each["statuses"])
    return ", ".join(f"{count} × {status}" for status, count in sorted(total.items()))


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10.0, help="of each round")
    parser.add_argument("--model", default="digits")
    parser.add_argument("--no-credentials", action="store_true")
    given = parser.parse_args()
    options = ["--no-credentials"] if given.no_credentials else []
    found = measure(given.model, given.seconds, options)
    words = ["python benchmarks/service.py", f"--seconds {given.seconds:g}", *options]
    text = page(given.model, found, " ".join(words))
    print(text)
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
