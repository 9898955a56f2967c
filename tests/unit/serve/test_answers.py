"""What the service answers: the fields that clients know, and our own."""

from __future__ import annotations

import base64
import io
import json
import time
from typing import Any

import pytest
import soundfile
from fastapi.testclient import TestClient
from PIL import Image

from sparring.generation.likeness import again
from sparring.provenance.labelling import Labelling
from sparring.provenance.verify import verify
from sparring.serve.services import Services

IMAGES, TEXTS = "/v1/images/generations", "/v1/completions"
SPEECH = "/v1/audio/speech"


def picture(client: TestClient, **asked: Any) -> dict[str, Any]:
    given = {"model": "shades", "prompt": "", "response_format": "b64_json", **asked}
    answer = client.post(IMAGES, json=given)
    assert answer.status_code == 200, answer.text
    return answer.json()


def pixels(entry: dict[str, Any]) -> bytes:
    return Image.open(io.BytesIO(base64.b64decode(entry["b64_json"]))).tobytes()


def samples_of(content: bytes) -> list[float]:
    return soundfile.read(io.BytesIO(content))[0].tolist()


def test_pictures_are_those_of_their_seeds(client: TestClient, services: Services) -> None:
    told = picture(client, n=3, seed=5, prompt="light", truncation=0.8)
    made = services.registry.sampler("shades").generate(3, seed=5, labels="light", truncation=0.8)
    for number, entry in enumerate(told["data"]):
        expected = Image.open(io.BytesIO(made.encoded(number))).tobytes()
        assert pixels(entry) == expected
        assert entry["seed"] == 5 + number
        assert entry["labels"] == {"class": "light"}
        assert entry["revised_prompt"] == "class=light"
    assert told["size"] == "8x8"
    assert told["output_format"] == "png"
    assert told["ai_generated"] is True


def test_a_seed_that_is_drawn_is_told(client: TestClient) -> None:
    first = picture(client)["data"][0]
    again = picture(client, seed=first["seed"])["data"][0]
    assert pixels(first) == pixels(again)
    assert picture(client)["data"][0]["seed"] != first["seed"]


def test_speech_without_a_seed_draws_one_and_tells_it(spoken: TestClient) -> None:
    asked = {"model": "spoken-digits", "input": "4 0", "voice": "jackson"}
    drawn = [spoken.post(SPEECH, json=asked) for _ in range(2)]
    seeds = [int(answer.headers["sparring-seed"]) for answer in drawn]
    assert seeds[0] != seeds[1]
    again = spoken.post(SPEECH, json=asked | {"seed": seeds[0]})
    assert samples_of(again.content) == samples_of(drawn[0].content)
    assert samples_of(again.content) != samples_of(drawn[1].content)
    told = spoken.get("/openapi.json").json()["components"]["schemas"]["SpeechRequest"]
    assert told["properties"]["seed"].get("default") is None


def test_label_goes_before_the_prompt(client: TestClient) -> None:
    told = picture(client, prompt="a light one, please", label={"class": "dark"}, seed=0)
    assert told["data"][0]["labels"] == {"class": "dark"}


def test_a_latent_and_the_way_between_two_seeds(client: TestClient, services: Services) -> None:
    sampler = services.registry.sampler("shades")
    latent = sampler.latents([7])[0].tolist()
    seeded = picture(client, seed=7, label="dark")["data"][0]
    given = picture(client, latent=latent, label="dark")["data"][0]
    start = picture(client, interpolate={"seeds": [7, 8], "share": 0}, label="dark")["data"][0]
    middle = picture(client, interpolate={"seeds": [7, 8]}, label="dark")["data"][0]
    assert pixels(seeded) == pixels(given) == pixels(start)
    assert pixels(middle) != pixels(start)
    for entry in (given, middle):
        content = base64.b64decode(entry["b64_json"])
        facts = verify(content, "sample.png").facts
        assert facts is not None
        same = again(facts, content, "sample.png", sampler, Labelling(signed=False))
        assert same.is_same
    assert facts.walk == {"between": [7, 8], "steps": 2, "closed": False, "place": 1}


def test_links_lead_to_the_files(client: TestClient) -> None:
    given = {"model": "shades", "prompt": "", "output_format": "jpeg", "n": 2}
    entries = client.post(IMAGES, json=given).json()["data"]
    for entry in entries:
        answer = client.get(entry["url"])
        assert answer.headers["content-type"] == "image/jpeg"
        assert Image.open(io.BytesIO(answer.content)).size == (8, 8)
    assert client.get("/v1/files/file-" + "0" * 32 + ".jpeg").status_code == 404


def test_pictures_come_as_events_too(client: TestClient) -> None:
    given = {"model": "shades", "prompt": "", "stream": True, "partial_images": 2, "n": 2}
    answer = client.post(IMAGES, json=given)
    events = [json.loads(x[6:]) for x in answer.text.splitlines() if x.startswith("data: ")]
    assert [event["type"] for event in events] == ["image_generation.completed"] * 2
    assert all(event["b64_json"] and event["created_at"] for event in events)


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({"size": "512x512"}, "size"),
        ({"background": "transparent"}, "background"),
        ({"output_format": "webp"}, "output_format"),
        ({"output_compression": 50}, "output_compression"),
        ({"prompt": "purple"}, "prompt"),
        ({"label": "purple"}, "label"),
        ({"label": {"colour": "dark"}}, "label"),
        ({"latent": [0.0]}, "latent"),
        ({"n": 0}, "n"),
        ({"n": 11}, "n"),
        ({"n": "2"}, "n"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**63}, "seed"),
        ({"truncation": 0}, "truncation"),
        ({"interpolate": {"seeds": [1]}}, "interpolate.seeds"),
        ({"interpolate": {"seeds": [1, 2], "far": 1}}, "interpolate.far"),
        ({"sizes": "8x8"}, "sizes"),
    ],
)
def test_what_is_wrong_is_named(client: TestClient, asked: dict[str, Any], param: str) -> None:
    answer = client.post(IMAGES, json={"model": "shades", "prompt": "", **asked})
    error = answer.json()["error"]
    assert answer.status_code == 400, error
    assert error["param"] == param
    assert error["type"] == "invalid_request_error"
    assert error["message"].endswith((".", "?"))


def test_models_are_listed_and_described(client: TestClient) -> None:
    listed = client.get("/v1/models").json()
    assert [model["id"] for model in listed["data"]] == ["lines", "shades"]
    one = client.get("/v1/models/shades").json()
    assert one["labels"] == {"class": ["dark", "light"]}
    assert (one["latent"], one["object"], one["owned_by"]) == (8, "model", "sparring")
    missing = client.get("/v1/models/shade")
    assert missing.status_code == 404
    assert missing.json()["error"]["code"] == "model_not_found"
    assert "Did you mean 'shades'?" in missing.json()["error"]["message"]


def test_a_model_makes_one_kind_of_thing(client: TestClient) -> None:
    for path, given in (
        (TEXTS, {"model": "shades"}),
        (IMAGES, {"model": "lines", "prompt": ""}),
        ("/v1/audio/generations", {"model": "lines"}),
        ("/v1/audio/speech", {"model": "shades", "input": "dark", "voice": "default"}),
    ):
        error = client.post(path, json=given).json()["error"]
        assert (error["param"], error["code"]) == ("model", "wrong_kind_of_model"), error


def text(client: TestClient, **asked: Any) -> dict[str, Any]:
    answer = client.post(TEXTS, json={"model": "lines", "max_tokens": None, **asked})
    assert answer.status_code == 200, answer.text
    return answer.json()


def streamed(client: TestClient, **asked: Any) -> tuple[str, str, list[dict[str, Any]]]:
    given = {"model": "lines", "max_tokens": None, "stream": True, **asked}
    lines = [x[6:] for x in client.post(TEXTS, json=given).text.splitlines() if x]
    assert lines.pop() == "[DONE]"
    chunks = [json.loads(line) for line in lines]
    told = [chunk["choices"][0] for chunk in chunks if chunk["choices"]]
    return "".join(c["text"] for c in told), told[-1]["finish_reason"], chunks


def test_texts_are_those_of_their_seeds(client: TestClient, services: Services) -> None:
    told = text(client, n=3, seed=2)
    made = services.registry.sampler("lines").generate(3, seed=2)
    assert [choice["text"] for choice in told["choices"]] == made.modality.texts(made.samples)
    assert [choice["index"] for choice in told["choices"]] == [0, 1, 2]
    assert told["usage"]["prompt_tokens"] == 0


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"prompt": "we w"},
        {"prompt": "we w", "echo": True},
        {"max_tokens": 5},
        {"max_tokens": 0},
        {"stop": ["e", " h"]},
        {"temperature": 0},
        {"top_p": 0.5, "temperature": 2},
        {"truncation": 0.3},
    ],
)
def test_a_stream_says_the_same_as_the_whole(client: TestClient, asked: dict[str, Any]) -> None:
    for seed in range(4):
        whole = text(client, seed=seed, **asked)["choices"][0]
        pieces, reason, chunks = streamed(client, seed=seed, **asked)
        assert (pieces, reason) == (whole["text"], whole["finish_reason"])
        assert chunks[-1]["choices"][0] | {"text": whole["text"]} == whole


def test_stops_and_lengths_are_kept(client: TestClient) -> None:
    for seed in range(8):
        whole = text(client, seed=seed)["choices"][0]
        assert "w" not in text(client, seed=seed, stop="w")["choices"][0]["text"]
        short = text(client, seed=seed, max_tokens=3)
        assert short["choices"][0]["text"] == whole["text"][:3]
        assert short["usage"]["completion_tokens"] == len(whole["text"][:3])
    echoed = text(client, prompt="they", echo=True, seed=0)["choices"][0]["text"]
    assert echoed.startswith("they")
    assert echoed == "they" + text(client, prompt="they", seed=0)["choices"][0]["text"]


def test_only_a_text_that_was_cut_off_ends_by_its_length(client: TestClient) -> None:
    reasons = set()
    for seed in range(8):
        whole = text(client, seed=seed, max_tokens=None)["choices"][0]
        long = len(whole["text"])  # of which symbols are characters
        assert whole["finish_reason"] == "stop"
        assert text(client, seed=seed, max_tokens=long)["choices"][0] == whole
        assert streamed(client, seed=seed, max_tokens=long)[:2] == (whole["text"], "stop")
        reasons.add(text(client, seed=seed, max_tokens=long - 1)["choices"][0]["finish_reason"])
    assert reasons == {"length"}


def test_usage_comes_last_where_it_is_asked_for(client: TestClient) -> None:
    asked = {"prompt": ["we", "you"], "n": 2, "stream_options": {"include_usage": True}}
    _, _, chunks = streamed(client, seed=3, **asked)
    assert chunks[-1]["choices"] == []
    assert chunks[-1]["usage"] == text(client, seed=3, prompt=["we", "you"], n=2)["usage"]
    assert {c["choices"][0]["index"] for c in chunks[:-1]} == {0, 1, 2, 3}


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({"prompt": "XYZ"}, "prompt"),
        ({"logprobs": 2}, "logprobs"),
        ({"suffix": "end"}, "suffix"),
        ({"presence_penalty": 1.0}, "presence_penalty"),
        ({"n": 3, "best_of": 2}, "best_of"),
        ({"n": 2, "best_of": 3}, "best_of"),
        ({"best_of": 2, "stream": True}, "best_of"),
        ({"stop": ["a"] * 5}, "stop"),
        ({"prompt": [1, 2]}, "prompt"),
        ({"temperature": 2.1}, "temperature"),
        ({"verse": "sonnet"}, "verse"),
    ],
)
def test_what_texts_cannot_do_is_named(
    client: TestClient, asked: dict[str, Any], param: str
) -> None:
    answer = client.post(TEXTS, json={"model": "lines", **asked})
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["param"].split(".")[0] == param


def test_the_likeliest_of_several_is_kept(client: TestClient) -> None:
    told = text(client, seed=1, best_of=8)
    assert len(told["choices"]) == 1


def test_a_repeated_request_is_done_once(client: TestClient) -> None:
    given = {"model": "shades", "prompt": ""}
    first, second = (
        client.post(IMAGES, json=given, headers={"Idempotency-Key": "k1"}) for _ in range(2)
    )
    assert first.content == second.content
    assert second.headers["idempotent-replayed"] == "true"
    other = client.post(IMAGES, json={**given, "n": 2}, headers={"Idempotency-Key": "k1"})
    assert other.status_code == 422
    assert other.json()["error"]["code"] == "idempotency_key_reused"


def test_many_samples_are_a_job(client: TestClient) -> None:
    begun = client.post("/v1/jobs", json={"model": "shades", "count": 40, "label": "dark"})
    assert begun.status_code == 202
    where = begun.headers["location"]
    until = time.monotonic() + 60
    while (job := client.get(where).json())["status"] not in ("succeeded", "failed"):
        assert time.monotonic() < until
        time.sleep(0.05)
    assert (job["status"], job["progress"], job["result"]["samples"]) == ("succeeded", 1.0, 40)
    content = client.get(job["links"]["result"])
    assert content.headers["content-type"] == "application/zip"
    events = client.get(job["links"]["events"]).text
    kinds = [line[7:] for line in events.splitlines() if line.startswith("event: ")]
    assert kinds[:2] == ["status", "status"]
    assert kinds[-1] == "status"
    assert kinds.count("progress") == 3
    ids = [int(line[4:]) for line in events.splitlines() if line.startswith("id: ")]
    rest = client.get(job["links"]["events"], headers={"Last-Event-ID": str(ids[1])}).text
    assert [int(x[4:]) for x in rest.splitlines() if x.startswith("id: ")] == ids[2:]


def test_a_file_is_verified(client: TestClient) -> None:
    made = base64.b64decode(picture(client, seed=1)["data"][0]["b64_json"])
    told = client.post("/v1/verify", files={"file": ("made.png", made, "image/png")}).json()
    assert told["sound"] is True
    assert told["recipe"]["seeds"] == [1]
    assert {layer["name"] for layer in told["layers"]} >= {"recipe", "implicit", "iptc"}
    assert "neither" in told["no_proof"]
    spoilt = made[:-20] + bytes(20)
    answer = client.post("/v1/verify", files={"file": ("spoilt.png", spoilt, "image/png")})
    assert answer.status_code == 400 or answer.json()["sound"] is False
    cut = client.post("/v1/verify", files={"file": ("cut.png", made[:60], "image/png")})
    assert "PNG" in cut.json()["error"]["message"]
    nothing = client.post("/v1/verify", files={"beside": ("x.png", made, "image/png")})
    assert (nothing.status_code, nothing.json()["error"]["param"]) == (400, "file")
    many = {f"part{number}": (None, "x") for number in range(100_000 // 1_000)}
    assert client.post("/v1/verify", files=many).status_code == 400


@pytest.mark.parametrize("crafted", ["1" + "0" * 400, "NaN", "1e999"])
def test_a_crafted_recipe_is_answered(client: TestClient, crafted: str) -> None:
    made = base64.b64decode(picture(client, seed=1)["data"][0]["b64_json"])
    facts = verify(made, "x.png").facts
    assert facts is not None
    recipe = facts.text().replace('"truncation": 1.0', f'"truncation": {crafted}')
    assert recipe != facts.text()
    for name, content in (
        ("x.txt", f"hi\n\n[AI-generated] {recipe}\n"),
        ("x.json", f'{{"text": "\\ud800", "sparring": {recipe}}}'),
    ):
        answer = client.post("/v1/verify", files={"file": (name, content.encode())})
        assert answer.status_code == 200
        assert (answer.json()["recipe"], answer.json()["sound"]) == (None, False)


def test_health_and_metrics(client: TestClient) -> None:
    picture(client, n=2)
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready"}
    told = client.get("/metrics").text
    assert 'sparring_requests_total{method="POST",route="/v1/images/generations"' in told
    assert "sparring_queue_length 0.0" in told
    assert 'sparring_jobs{status="running"} 0.0' in told
