"""A database that lets somebody wait holds up nobody who does not need it."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
from fastapi.testclient import TestClient

from sparring.serve.services import Services


def test_who_waits_for_the_database_holds_nobody_else_up(
    services: Services, address: str, client: TestClient
) -> None:
    job = client.post("/v1/jobs", json={"model": "shades", "count": 1}).json()["id"]
    while not services.jobs.get(job).is_over:
        time.sleep(0.01)
    with (
        httpx.Client(base_url=address, timeout=20) as real,
        contextlib.closing(sqlite3.connect(services.settings.folder / "jobs.sqlite")) as other,
        ThreadPoolExecutor(8) as crowd,
    ):
        other.execute("BEGIN IMMEDIATE")  # so that whoever writes must wait, and others for them
        wanted = {"model": "shades", "count": 1}
        writers = [
            crowd.submit(real.post, "/v1/jobs", json=wanted),
            crowd.submit(real.delete, f"/v1/jobs/{job}"),
        ]
        time.sleep(1)  # a reader who comes before them need not wait
        readers = [
            crowd.submit(real.get, f"/v1/jobs/{job}/events"),
            crowd.submit(real.get, f"/v1/jobs/{job}"),
        ]
        time.sleep(0.5)
        began = time.monotonic()
        assert real.get("/healthz").status_code == 200
        assert time.monotonic() - began < 1
        assert not any(each.done() for each in writers)
        other.execute("ROLLBACK")
        done = [each.result().status_code for each in writers + readers]
        assert done == [202, 200, 200, 200]
