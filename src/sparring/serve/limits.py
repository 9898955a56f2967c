"""Every limit of the service, by name."""

from __future__ import annotations

# What one request may bring.
LARGEST_BODY = 1 << 20  # bytes of JSON
LARGEST_UPLOAD = 64 << 20  # bytes of a file that shall be verified
MOST_PARTS = 8  # of a multipart body
DEEPEST_JSON = 32  # brackets within brackets
LONGEST_NUMBER = 400  # digits of a whole number in JSON; the largest float has 309
LONGEST_KEY = 200  # characters of an Idempotency-Key
MOST_SAMPLES = 10  # of pictures or sounds in one answer; more are a job
MOST_TEXTS = 128  # in one answer
MOST_STOPS = 4
LONGEST_INPUT = 4_096  # characters that are to be spoken or continued
MOST_WORDS = 64  # in one spoken answer, which is one turn of the device
MOST_IN_A_JOB = 10_000  # samples

# How long things may take, in seconds.
HEAD_PATIENCE = 10.0  # for the first line and the headers of a request
LARGEST_HEAD = 64 << 10  # bytes of the first line and the headers
FAREWELL = 1.0  # for a client to read why its head was refused
BODY_PATIENCE = 30.0  # for a whole body
KEEP_ALIVE = 20  # between two requests of one connection
SEND_PATIENCE = 60.0  # for a client to take a piece of an answer
SHUTDOWN = 30  # for what was accepted, once the service is asked to stop
STOPPING = 60.0  # for a training to save, once it is asked to stop

# What waits, and what is kept.
QUEUE = 64  # asks that wait for the device; the next one is told to come back
WINDOW = 0.003  # seconds in which asks of one model gather before they are made together
MOST_STREAMS = 4  # texts that are written at once, symbol by symbol
LONGEST_WAIT = 60  # seconds after which clients are told to come back, at most
MOST_LOADED = 8  # models in memory
LOOK_AGAIN = 1.0  # seconds after which the file of a loaded model is looked at again
FILE_LIFETIME = 3_600.0  # seconds that a file behind a link is kept
LARGEST_SHELF = 256 << 20  # bytes of all such files
REPEATS_LIFETIME = 3_600.0  # seconds that the answer to an Idempotency-Key is kept
LARGEST_REPEATS = 32 << 20  # bytes of all such answers
MOST_JOBS_WAITING = 100
JOB_LIFETIME = 7 * 86_400.0  # seconds that a finished job, its events and its result are kept
WATCH_EVERY = 0.2  # seconds between two looks for new events
