"""One call to the portal: one connection, one request, one answer, within one deadline.

Each call makes its own connection. A session makes about five in several minutes, so keeping one open would save
little and cost the certainty that a failure before sending *is* before sending: an idle connection that the other side
has closed looks alive until the answer does not come. Here everything up to the end of the TLS handshake is `NotSent`,
everything after it `NoAnswer`.

Time-outs of sockets count each read anew, so a portal that sends a byte now and then would never time out. The deadline
is therefore kept from outside: when it passes, the connection is shut under whatever waits on it. Before there is one,
finding the name and trying the addresses that it stands for share what there is (`hw/addresses.py`).

A wrong clock looks like a portal that cannot be reached: the certificate of whoever answers is not valid yet, or no
more. So what TLS says of time is kept (`ill_timed`), as is the moment that an answer bears, and the client tells
whoever can set the clock.

The portal is not trusted to be well: no redirect is followed, no proxy of the environment is used, nothing is
decompressed, and no answer is read past its limit.
"""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import CONTINUE, HTTPException, HTTPResponse
from urllib.parse import urlsplit

from urllib3.connection import HTTPSConnection
from urllib3.exceptions import HTTPError

from kiosk.config.kiosk import PORTAL_FILES, Portal
from kiosk.hw import addresses
from kiosk.portal.errors import IllTimed, Misconfigured

INTERIM = set(range(100, 200)) - {101}  # which ends this protocol, and nobody has asked for that
ANSWER_LIMIT = 256 * 1024  # bytes; openapi.yaml, Transport


class NotSent(Exception):
    """No connection: the portal has seen nothing of the request."""

    def __init__(self, ill_timed: IllTimed | None = None) -> None:
        super().__init__()
        self.ill_timed = ill_timed


class NoAnswer(Exception):
    """The request went out, or part of it, and no whole answer came back; or a server's failure, and then perhaps in
    how many seconds it would like to be asked again."""

    def __init__(self, retry_after: int | None = None) -> None:
        super().__init__()
        self.retry_after = retry_after


@dataclass(frozen=True)
class Answer:
    status: int
    content_type: str  # without parameters
    retry_after: str | None
    body: bytes | None = field(repr=False)  # None: longer than the limit
    date: datetime | None = field(default=None, repr=False)  # when it was given, on the portal's clock
    ends: datetime | None = field(default=None, repr=False)  # when the certificate of whoever gave it does


class Deadline:
    """A moment that may be shared by several calls."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        return max(0.0, self._end - time.monotonic())


def tls_context(settings: Portal) -> ssl.SSLContext:
    """TLS 1.3 with the kiosk's certificate, trusting the given authority and no other. Raises `Misconfigured`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # verifies chain and host name; trusts nobody yet
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    if settings.ca_file is None or settings.certificate_file is None or settings.key_file is None:
        keys = "portal.ca_file, portal.certificate_file and portal.key_file"
        raise Misconfigured(f"{keys} must be set to reach the portal", "its operator gives you the three files")
    for key in PORTAL_FILES:
        _require(key, getattr(settings, key))
    try:
        context.load_verify_locations(cafile=settings.ca_file)
    except (OSError, ssl.SSLError) as error:
        words = f"portal.ca_file: {settings.ca_file}: no certificates in PEM form ({error})"
        raise Misconfigured(words, "ask the portal's operator for that file again") from None
    try:
        context.load_cert_chain(settings.certificate_file, settings.key_file, password=lambda: b"")
    except (OSError, ssl.SSLError) as error:
        files = f"{settings.certificate_file} and {settings.key_file}"
        raise Misconfigured(
            f"portal.certificate_file, portal.key_file: {files} are not a certificate and its key in PEM form without "
            f"passphrase ({error})",
            "give the two that belong together",
        ) from None
    return context


def _require(key: str, name: str) -> None:
    """The settings only say where a file is; it has to be there for whoever speaks with the portal, and nobody else."""
    if not os.path.isfile(name):
        raise Misconfigured(f"portal.{key}: there is no file {name}", "put it there or correct the path")
    if not os.access(name, os.R_OK, effective_ids=True):
        raise Misconfigured(f"portal.{key}: {name} cannot be read by this user", "check its owner and mode")


class _Response(HTTPResponse):
    """Skips whatever is said before the answer (RFC 9110 §15.2), of which http.client knows only one."""

    def _read_status(self) -> tuple[str, int, str]:
        version, status, reason = super()._read_status()  # type: ignore[misc]
        return version, CONTINUE if status in INTERIM else status, reason


class _Connection(HTTPSConnection):
    """An HTTPS connection that another thread can shut at any time, in the middle of the handshake too."""

    response_class = _Response
    handle: socket.socket | None = None  # a second descriptor of the same connection; TLS takes the first for itself
    until: Deadline  # for whoever may be at the other end to take it

    def _new_conn(self) -> socket.socket:
        sock = addresses.connect(self._dns_host, self.port, lambda: self.until.left)
        sock.settimeout(self.until.left)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.handle = sock.dup()
        return sock

    def shut(self) -> None:
        try:
            if self.handle is not None:
                self.handle.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # gone already

    def release(self) -> None:
        """Give up both. Not in `close`: http.client calls that while the answer is still being read."""
        self.close()
        if self.handle is not None:
            self.handle.close()


def exchange(
    settings: Portal,
    context: ssl.SSLContext,
    deadline: Deadline,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    """Send one request and read the whole answer. Raises `NotSent` or `NoAnswer`, nothing else."""
    address = urlsplit(settings.url)
    if deadline.left <= 0:
        raise NotSent
    connection = _Connection(
        address.hostname or "",
        address.port,
        timeout=min(settings.connect_timeout_seconds, deadline.left),
        ssl_context=context,
    )
    connection.until = Deadline(min(settings.connect_timeout_seconds, deadline.left))
    watchdog = threading.Timer(deadline.left, connection.shut)
    watchdog.daemon = True
    try:
        try:
            watchdog.start()
            connection.connect()
        except (HTTPError, HTTPException, OSError, ValueError, RuntimeError) as error:  # the last: no thread can begin
            raise NotSent(_ill_timed(error)) from None
        try:
            ends = _end_of_peer(connection)
            connection.timeout = deadline.left
            connection.request(
                method,
                address.path.rstrip("/") + path,
                body=body,
                headers={"Accept": "application/json", "Accept-Encoding": "identity", **(headers or {})},
                preload_content=False,
                decode_content=False,
            )
            response = connection.getresponse()
            content = b""
            while len(content) <= ANSWER_LIMIT and (more := response.read(ANSWER_LIMIT + 1 - len(content))):
                content += more  # only a read that returns nothing has checked that the answer was whole
            if deadline.left <= 0:  # the watchdog may have cut an answer that has no length of its own
                raise NoAnswer
            return Answer(
                status=response.status,
                content_type=response.headers.get("Content-Type", "").partition(";")[0].strip().lower(),
                retry_after=response.headers.get("Retry-After"),
                date=_moment(response.headers.get("Date", "")),
                body=content if len(content) <= ANSWER_LIMIT else None,
                ends=ends,
            )
        except (HTTPError, HTTPException, OSError, ValueError):
            raise NoAnswer from None
    finally:
        watchdog.cancel()
        connection.release()


def _ill_timed(error: Exception) -> IllTimed | None:
    code = error.verify_code if isinstance(error, ssl.SSLCertVerificationError) else None
    return next((each for each in IllTimed if each.value == code), None)


def _end_of_peer(connection: _Connection) -> datetime | None:
    """Of a certificate that was verified in the handshake."""
    sock = connection.sock
    said = sock.getpeercert() if isinstance(sock, ssl.SSLSocket) else None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(said["notAfter"])), UTC) if said else None


def _moment(date: str) -> datetime | None:
    """A Date header in the form that is to be sent (RFC 9110 §5.6.7); None when it has another."""
    try:
        return datetime.strptime(date, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
    except ValueError:
        return None
