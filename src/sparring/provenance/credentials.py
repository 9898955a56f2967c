"""Content credentials (C2PA 2.2): a signature over the whole file, by c2pa-python.

Nobody on the C2PA trust list vouches for the key, so readers say "signature valid, signer
unknown": it shows that a file was not changed since, and not who made it.
"""

from __future__ import annotations

import importlib.util
import io
import json
from dataclasses import dataclass
from typing import Any

from sparring.core.errors import UserError
from sparring.core.interrupts import held
from sparring.core.version import VERSION
from sparring.provenance.facts import Facts

SETTINGS: dict[str, Any] = {
    "builder": {
        "claim_generator_info": {"name": "Sparring", "version": VERSION},
        "thumbnail": {"enabled": False},
    },
    # Nothing is fetched because a file says so.
    "verify": {"verify_after_sign": False, "remote_manifest_fetch": False, "ocsp_fetch": False},
}
HOW = "pip install 'sparring[provenance]'"


@dataclass(frozen=True)
class Signature:
    """What is known of the credentials of a file.

    Attributes:
        is_valid: whether the file is as it was signed.
        is_trusted: whether the signer is on a list that this machine knows.
        says: the reasons, in C2PA's own codes.
    """

    is_valid: bool
    is_trusted: bool
    says: tuple[str, ...]


def is_installed() -> bool:
    """Whether the extra `provenance` is there."""
    return importlib.util.find_spec("c2pa") is not None


def require_installed() -> None:
    """Make sure that it is.

    Raises:
        UserError: it is not; the message says how to get it.
    """
    if not is_installed():
        raise UserError(f"Content credentials need the package c2pa-python; install it with: {HOW}")


def sign(content: bytes, media_type: str, facts: Facts, clock: str = "") -> bytes:
    """The file with credentials in it, signed by this machine's key.

    Args:
        content: a whole file with all its other labels; any later change breaks the signature.
        media_type: of it.
        facts: what is known of it.
        clock: the address of a time-stamp server (RFC 3161), which is asked; "" asks nobody.

    Raises:
        UserError: c2pa-python is missing or cannot sign, or the server does not answer.
    """
    require_installed()
    import c2pa

    from sparring.provenance.identity import identity

    mine = identity()
    whole = io.BytesIO()
    try:
        with (
            held(),
            c2pa.Context.from_dict(SETTINGS) as context,
            c2pa.Signer.from_callback(
                mine.sign, c2pa.C2paSigningAlg.ES256, mine.chain, clock or None
            ) as signer,
            c2pa.Builder({"title": facts.identifier}, context) as builder,
        ):
            builder.set_intent(
                c2pa.C2paBuilderIntent.CREATE,
                c2pa.C2paDigitalSourceType.TRAINED_ALGORITHMIC_MEDIA,
            )
            builder.sign(signer, media_type, io.BytesIO(content), whole)
    except c2pa.C2paError as error:
        asked = f" with the time of {clock}" if clock else ""
        raise UserError(
            f"The content credentials could not be signed{asked} ({_one_line(error)}); they can "
            "be left out, by the option no-credentials."
        ) from error
    return whole.getvalue()


def read(content: bytes, media_type: str) -> Signature:
    """What the credentials in a file are worth; nothing is fetched from anywhere.

    Raises:
        UserError: c2pa-python is missing.
    """
    require_installed()
    import c2pa

    try:
        with (
            c2pa.Context.from_dict(SETTINGS) as context,
            c2pa.Reader(media_type, io.BytesIO(content), context=context) as reader,
        ):
            told = json.loads(reader.json())
    except (c2pa.C2paError, ValueError, RecursionError) as error:
        return Signature(False, False, (_one_line(error),))
    state = told.get("validation_state")
    codes = [str(each.get("code")) for each in told.get("validation_status", [])]
    return Signature(state in ("Valid", "Trusted"), state == "Trusted", tuple(codes))


def _one_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
