"""The Keras tutorial that most people meet first, repaired, and the fastest form we know of it.

`batches` is the tutorial: a dense pair, binary cross-entropy, Adam at 2e-4 and 0.5, batches of
128, one `train_on_batch` for each of D(real), D(fake) and G through D. Two things are mended:

- Keras 3 decides when a model first trains which weights it may move, so that the customary
  `discriminator.trainable = False` can freeze both players; here the pair names its own weights.
- Fakes are made by `predict_on_batch`, not by `predict`, which builds a data pipeline each time.

`printed` keeps `predict`, as the tutorial prints it and most people run it. `compiled` is what an
expert would write instead: the whole step, with the choice of images and latents, as one
`tf.function` over resident data, real and generated images judged in one pass.

    python keras_tutorial.py train-images-idx3-ubyte.gz --form compiled --steps 1000
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf
import turns

BATCH = 128
LATENT = 100


def generator() -> keras.Model:
    """100 numbers to 784 pixels in [-1, 1]."""
    layers: list[keras.Layer] = [keras.Input((LATENT,))]
    for width in (128, 256, 512, 1024):
        layers += [keras.layers.Dense(width), keras.layers.LeakyReLU(0.2)]
    return keras.Sequential([*layers, keras.layers.Dense(784, activation="tanh")])


def discriminator() -> keras.Model:
    """784 pixels to the probability of being real."""
    layers: list[keras.Layer] = [keras.Input((784,))]
    for width in (1024, 512, 256, 128):
        layers += [keras.layers.Dense(width), keras.layers.LeakyReLU(0.2)]
    return keras.Sequential([*layers, keras.layers.Dense(1, activation="sigmoid")])


def adam() -> keras.optimizers.Adam:
    """The tutorial's optimiser."""
    return keras.optimizers.Adam(2e-4, beta_1=0.5)


class Pair(keras.Model):
    """G and D in a row, of which only G learns."""

    def __init__(self, g: keras.Model, d: keras.Model) -> None:
        super().__init__()
        self.g, self.d = g, d

    def call(self, latents: tf.Tensor) -> tf.Tensor:
        """The verdicts on new images."""
        return self.d(self.g(latents))

    @property
    def trainable_weights(self) -> list[keras.Variable]:
        """Those of G."""
        return self.g.trainable_weights

    @property
    def trainable_variables(self) -> list[keras.Variable]:
        """Those of G."""
        return self.g.trainable_variables


def printed(images: npt.NDArray[np.float32]) -> turns.Advance:
    """The tutorial's loop with `predict`, as it is printed."""
    return batches(images, with_predict=True)


def batches(images: npt.NDArray[np.float32], *, with_predict: bool = False) -> turns.Advance:
    """The tutorial's loop."""
    g, d = generator(), discriminator()
    d.compile(loss="binary_crossentropy", optimizer=adam())
    pair = Pair(g, d)
    pair.compile(loss="binary_crossentropy", optimizer=adam())
    rng = np.random.default_rng(0)
    real, fake = np.ones((BATCH, 1), np.float32), np.zeros((BATCH, 1), np.float32)

    def advance(steps: int) -> None:
        for _ in range(steps):
            chosen = images[rng.integers(0, len(images), BATCH)]
            latents = rng.standard_normal((BATCH, LATENT), np.float32)
            made = g.predict(latents, verbose=0) if with_predict else g.predict_on_batch(latents)
            d.train_on_batch(chosen, real)
            d.train_on_batch(made, fake)
            pair.train_on_batch(rng.standard_normal((BATCH, LATENT), np.float32), real)

    return advance


def compiled(images: npt.NDArray[np.float32]) -> turns.Advance:
    """One graph a step."""
    g, d = generator(), discriminator()
    for_g, for_d = adam(), adam()
    for_g.build(g.trainable_variables)
    for_d.build(d.trainable_variables)
    loss = keras.losses.BinaryCrossentropy()
    resident = tf.constant(images)
    answers = tf.concat([tf.ones((BATCH, 1)), tf.zeros((BATCH, 1))], 0)
    count = len(images)

    @tf.function
    def step() -> None:
        index = tf.random.uniform((BATCH,), 0, count, tf.int32)
        both = tf.concat([tf.gather(resident, index), g(tf.random.normal((BATCH, LATENT)))], 0)
        with tf.GradientTape() as tape:
            # Twice the mean over both halves: the sum of the tutorial's two losses.
            verdict = 2.0 * loss(answers, d(both))
        slopes = tape.gradient(verdict, d.trainable_variables)
        for_d.apply_gradients(zip(slopes, d.trainable_variables, strict=True))
        with tf.GradientTape() as tape:
            verdict = loss(tf.ones((BATCH, 1)), d(g(tf.random.normal((BATCH, LATENT)))))
        slopes = tape.gradient(verdict, g.trainable_variables)
        for_g.apply_gradients(zip(slopes, g.trainable_variables, strict=True))

    def advance(steps: int) -> None:
        for _ in range(steps):
            step()

    return advance


FORMS = {"printed": printed, "batches": batches, "compiled": compiled}


def main() -> None:
    """Train as the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("images", type=Path, help="train-images-idx3-ubyte.gz")
    parser.add_argument("--form", choices=FORMS, default="batches")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--turns", action="store_true", help="train when told to on stdin")
    chosen = parser.parse_args()
    images = turns.digits(chosen.images).reshape(-1, 784).astype(np.float32) / 127.5 - 1.0
    keras.utils.set_random_seed(0)
    advance = FORMS[chosen.form](images)
    if chosen.turns:
        turns.answer(advance, batch=BATCH, keras=keras.__version__, tensorflow=tf.__version__)
    else:
        turns.alone(advance, chosen.steps, BATCH)


if __name__ == "__main__":
    main()
