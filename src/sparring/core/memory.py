"""Memory that does not suffice, said in our own words; needs no torch to know torch's complaint."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from sparring.core.errors import OutOfResources

# torch.OutOfMemoryError is a RuntimeError that says "out of memory"; the CPU's is a bare one.
COMPLAINTS = ("out of memory", "can't allocate memory", "defaultcpuallocator")


@contextlib.contextmanager
def enough() -> Iterator[None]:
    """A block that may need more memory than there is.

    Raises:
        OutOfResources: it did, on the CPU or on a GPU.
    """
    try:
        yield
    except MemoryError as error:
        raise _sentence() from error
    except RuntimeError as error:
        if any(complaint in str(error).lower() for complaint in COMPLAINTS):
            raise _sentence() from error
        raise


def _sentence() -> OutOfResources:
    return OutOfResources(
        "The memory does not suffice; make fewer or smaller samples at once, "
        "or train with a smaller data.batch or smaller networks."
    )
