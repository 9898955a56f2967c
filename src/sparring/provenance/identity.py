"""The key with which this machine signs, made on first use, and a small authority that vouches.

It says that files were signed by whoever has this key; who that is, no list knows.
"""

from __future__ import annotations

import functools
import os
import stat
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sparring.core import files
from sparring.core.errors import BadData, UserError

FOLDER = "credentials"
KEY, AUTHORITY = "key.pem", "authority.pem"
YEARS = 10
SIGNED = x509.KeyUsage(
    digital_signature=True, content_commitment=False, key_encipherment=False,
    data_encipherment=False, key_agreement=False, key_cert_sign=False, crl_sign=False,
    encipher_only=False, decipher_only=False,
)  # fmt: skip
VOUCHES = x509.KeyUsage(
    digital_signature=False, content_commitment=False, key_encipherment=False,
    data_encipherment=False, key_agreement=False, key_cert_sign=True, crl_sign=True,
    encipher_only=False, decipher_only=False,
)  # fmt: skip


@dataclass(frozen=True)
class Identity:
    """A key and who vouches for it.

    Attributes:
        key: the private one, on the curve P-256.
        chain: its certificate and that of the authority, in PEM.
        ends: when its certificate runs out.
    """

    key: ec.EllipticCurvePrivateKey
    chain: str
    ends: datetime

    def sign(self, data: bytes) -> bytes:
        """A signature by ES256, in the DER form."""
        return self.key.sign(data, ec.ECDSA(hashes.SHA256()))


def identity() -> Identity:
    """This machine's; made where there is none, or where its certificate has run out.

    Raises:
        BadData: its file is damaged.
        OutOfResources: the disk is full.
        UserError: others may read the file, or the folder cannot be written.
    """
    path = files.cache_dir() / FOLDER / KEY
    if not path.exists():
        _make(path)
    found = _read(path)
    if found.ends < datetime.now(UTC):
        path.unlink()
        _make(path)
        found = _read(path)
    return found


def _read(path: Path) -> Identity:
    mode = path.stat().st_mode
    if sys.platform != "win32" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise UserError(
            f"{path} is a private key that others may read; keep it to yourself: chmod 600 {path}"
        )
    try:
        return _parsed(path.read_bytes())
    except ValueError as error:
        raise BadData(f"{path} is damaged; delete it, and a new key is made.") from error


@functools.lru_cache(maxsize=1)  # many files are signed in a row, and reading keys takes its time
def _parsed(content: bytes) -> Identity:
    key = serialization.load_pem_private_key(content, password=None)
    chain = x509.load_pem_x509_certificates(content)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or len(chain) != 2:
        raise ValueError("a key on a curve and two certificates are needed")
    return Identity(key, "".join(_pem(each) for each in chain), chain[0].not_valid_after_utc)


def _make(path: Path) -> None:
    """Write a key with its chain, and the authority's certificate beside it for others to trust.

    The authority's own key is forgotten at once, so nobody can ever sign in its name again.
    """
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = _certificate("Sparring local authority", authority_key, None, authority_key)
    leaf = _certificate("Sparring local signer", key, authority, authority_key)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    content = private + (_pem(leaf) + _pem(authority)).encode()
    with files.writing(path, len(content)):
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = files.temporary(path)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(handle)
        try:
            draft.rename(path) if sys.platform == "win32" else os.link(draft, path)
        except FileExistsError:
            return  # another process was faster, and its key is as good
        finally:
            draft.unlink(missing_ok=True)
    files.atomic_write(path.with_name(AUTHORITY), _pem(authority).encode())


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    authority: x509.Certificate | None,
    authority_key: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    """A certificate of `key`; of an authority where none is given (C2PA 2.2, section 14.5)."""
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Sparring local user"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(authority.subject if authority else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=365 * YEARS))
        .add_extension(x509.BasicConstraints(ca=authority is None, path_length=None), True)
        .add_extension(SIGNED if authority else VOUCHES, True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), False
        )
    )
    if authority:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        built = built.add_extension(usage, False)
    return built.sign(authority_key, hashes.SHA256())


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
