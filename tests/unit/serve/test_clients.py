"""The official client of OpenAI, unmodified, against a real server with the shipped models."""

from __future__ import annotations

import base64
import io
import threading
import time
from collections.abc import Iterator

import pytest
import soundfile
from PIL import Image

pytest.importorskip("openai")
pytest.importorskip("fastapi")
pytest.importorskip("prometheus_client")

import openai

from sparring.serve.app import create_app
from sparring.serve.limits import MOST_WORDS
from sparring.serve.server import Server, configured, listening
from sparring.serve.services import Services, Settings

MODELS = {name: name for name in ("digits", "quatrains", "spoken-digits")}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[openai.OpenAI]:
    folder = tmp_path_factory.mktemp("shipped")
    with Services(Settings(folder / "kept", MODELS, runs=folder / "runs")) as services:
        bound = listening("127.0.0.1", 0)
        server = Server(configured(create_app(services)), services)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        url = f"http://127.0.0.1:{bound.getsockname()[1]}/v1"
        with openai.OpenAI(base_url=url, api_key="none is needed here", max_retries=0) as client:
            yield client
        server.should_exit = True
        thread.join()


def test_pictures(client: openai.OpenAI) -> None:
    made = client.images.generate(
        model="digits", prompt="7", n=2, size="28x28", response_format="b64_json",
        extra_body={"seed": 11, "truncation": 0.9},
    )  # fmt: skip
    assert made.data is not None
    for entry in made.data:
        picture = Image.open(io.BytesIO(base64.b64decode(entry.b64_json or "")))
        assert picture.size == (28, 28)
        assert entry.revised_prompt == "digit=7"
    assert made.usage is not None
    assert made.usage.total_tokens == 2


def test_models(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == sorted(MODELS)
    assert client.models.retrieve("spoken-digits").owned_by == "sparring"
    with pytest.raises(openai.NotFoundError) as told:
        client.models.retrieve("digitz")
    assert told.value.code == "model_not_found"


def test_texts_whole_and_in_pieces(client: openai.OpenAI) -> None:
    asked = {"model": "quatrains", "prompt": "白日", "seed": 3, "max_tokens": 40}
    whole = client.completions.create(**asked, extra_body={"label": "form=five"})
    assert whole.choices[0].finish_reason == "stop"
    assert whole.usage is not None
    assert whole.usage.prompt_tokens == 2
    pieces = client.completions.create(**asked, stream=True, extra_body={"label": "form=five"})
    told = [chunk.choices[0].text for chunk in pieces]
    assert len(told) > 5
    assert "".join(told) == whole.choices[0].text


def test_speech(client: openai.OpenAI) -> None:
    asked = {"model": "spoken-digits", "voice": "jackson", "input": "4 0 7"}
    for form, name in (("wav", "WAV"), ("flac", "FLAC")):
        spoken = client.audio.speech.create(**asked, response_format=form)
        with soundfile.SoundFile(io.BytesIO(spoken.content)) as sound:
            assert (sound.format, sound.samplerate) == (name, 8_000)
            assert len(sound) > 4_000
    usual = client.audio.speech.create(**asked)
    assert usual.response.headers["content-type"] == "audio/wav"


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({"response_format": "mp3"}, "response_format"),
        ({"response_format": "opus"}, "response_format"),
        ({"voice": "alloy"}, "voice"),
        ({"input": "forty-two"}, "input"),
        ({"input": "4 " * (MOST_WORDS + 1)}, "input"),
        ({"speed": 2.0}, "speed"),
        ({"instructions": "whisper"}, "instructions"),
    ],
)
def test_what_cannot_be_spoken(client: openai.OpenAI, asked: dict[str, object], param: str) -> None:
    given = {"model": "spoken-digits", "voice": "jackson", "input": "4", **asked}
    with pytest.raises(openai.BadRequestError) as told:
        client.audio.speech.create(**given)
    assert told.value.param == param


def test_sounds(client: openai.OpenAI) -> None:
    told = client.post(
        "/audio/generations",
        body={"model": "spoken-digits", "label": "digit=3", "response_format": "b64_json"},
        cast_to=object,
    )
    assert isinstance(told, dict)
    content = base64.b64decode(told["data"][0]["b64_json"])
    with soundfile.SoundFile(io.BytesIO(content)) as sound:
        assert sound.samplerate == told["rate"]


def test_mistakes_are_the_errors_that_clients_know(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as told:
        client.images.generate(model="digits", prompt="eleven")
    assert told.value.param == "prompt"
    assert told.value.type == "invalid_request_error"
