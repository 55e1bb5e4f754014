"""Where Kibana is and how it is reached: address, base path, TLS, timeouts, proxy.

An :class:`Endpoint` is a frozen value without secrets: a user name and password that stood in the URL are
handed back beside it, and are never kept in it.
"""

import base64
import binascii
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]

from pytest_kibana.errors import UsageError
from pytest_kibana.wire.credentials import Basic, Credentials

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Limits in seconds.

    ``connect`` is for making the connection, ``read`` for the longest silence, and ``total`` for a whole
    exchange, from the first byte sent to the last byte read: a server that drips a byte now and then meets it.
    """

    connect: float = 10.0
    read: float = 60.0
    total: float = 120.0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One Kibana as seen from here.

    Args:
        scheme: ``http`` or ``https``.
        host: name or address, without brackets.
        port: always filled in.
        base_path: ``server.basePath``: empty, or begins with ``/`` and does not end with one.
        verify: False accepts any certificate.
        ca_file: certificates to trust besides the system's.
        client_certificate: PEM file with the certificate (and the key, unless ``client_key`` has it).
        client_key: PEM file with the private key.
        client_key_password: opens the key.
        timeouts: see :class:`Timeouts`.
        proxy: URL of a proxy, or None.
        http2: offer HTTP/2 where TLS negotiates it; Kibana 9 with TLS prefers it (Kibana source,
            http_config.ts).
        connections: size of the connection pool; as many requests can be in flight.
    """

    scheme: str
    host: str
    port: int
    base_path: str = ""
    verify: bool = True
    ca_file: Path | None = None
    client_certificate: Path | None = None
    client_key: Path | None = None
    client_key_password: str | None = field(default=None, repr=False)
    timeouts: Timeouts = Timeouts()
    proxy: str | None = field(default=None, repr=False)
    http2: bool = True
    connections: int = 16

    @property
    def origin(self) -> str:
        """Scheme, host and port; the port is left out where it is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if _DEFAULT_PORTS[self.scheme] == self.port else f":{self.port}"
        return f"{self.scheme}://{host}{port}"

    @property
    def url(self) -> str:
        """The whole address, without a slash at the end."""
        return self.origin + self.base_path

    def __str__(self) -> str:
        return self.url

    def secrets(self) -> tuple[str, ...]:
        """Return what must not be shown: the proxy's password and the one that opens the client's key."""
        proxy = urlsplit(self.proxy).password if self.proxy else None
        return tuple(s for s in (proxy, unquote(proxy or ""), self.client_key_password) if s)

    def ssl_context(self) -> ssl.SSLContext:
        """Build what TLS needs.

        Raises:
            UsageError: a file is missing, is not PEM, or the key does not belong to the certificate.
        """
        if self.verify:
            context = ssl.create_default_context()
        else:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.ca_file is not None:
            _load(self.ca_file, "CA file", lambda: context.load_verify_locations(self.ca_file))
        certificate = self.client_certificate
        if certificate is not None:
            _load(
                certificate,
                "client certificate",
                lambda: context.load_cert_chain(certificate, self.client_key, self.client_key_password),
            )
        return context


def read_endpoint(
    url: str | None = None,
    *,
    cloud_id: str | None = None,
    verify: bool = True,
    ca_file: Path | None = None,
    client_certificate: Path | None = None,
    client_key: Path | None = None,
    client_key_password: str | None = None,
    timeouts: Timeouts | None = None,
    proxy: str | None = None,
    trust_environment: bool = True,
    http2: bool = True,
    connections: int = 16,
) -> tuple[Endpoint, Credentials | None]:
    """Read what a person wrote, and say clearly what is wrong with it.

    Exactly one of ``url`` and ``cloud_id`` is given. ``proxy`` overrules the environment (``HTTPS_PROXY``,
    ``HTTP_PROXY``, ``ALL_PROXY``, ``NO_PROXY``), which ``trust_environment=False`` ignores.

    Returns:
        The endpoint, and the credentials that stood in the URL (or None).

    Raises:
        UsageError: no scheme, no host, a query or fragment, a bad port, a Cloud ID that cannot be decoded.
    """
    if (url is None) == (cloud_id is None):
        raise UsageError(
            "give either a URL or a Cloud ID" if url is None else "both a URL and a Cloud ID are given",
            hint="Use one of --kibana-url and --kibana-cloud-id.",
        )
    parts = _split(decode_cloud_id(cloud_id) if cloud_id is not None else url or "")
    host = _ascii_host(parts.hostname or "")
    port = parts.port or _DEFAULT_PORTS[parts.scheme]
    if proxy is None and trust_environment:
        proxy = environment_proxy(parts.scheme, host, port)
    found = Endpoint(
        scheme=parts.scheme,
        host=host,
        port=port,
        base_path=parts.path.rstrip("/"),
        verify=verify,
        ca_file=ca_file,
        client_certificate=client_certificate,
        client_key=client_key,
        client_key_password=client_key_password,
        timeouts=timeouts or Timeouts(),
        proxy=proxy,
        http2=http2,
        connections=connections,
    )
    if parts.username is None:
        return found, None
    return found, Basic(unquote(parts.username), unquote(parts.password or ""))


def decode_cloud_id(cloud_id: str) -> str:
    """Return the Kibana URL that an Elastic Cloud ID stands for.

    The form is ``name:base64(domain[:port]$elasticsearch$kibana)``; the two last are labels below the domain,
    each with an optional port of its own (Elastic docs, "Find your Cloud ID").

    Raises:
        UsageError: it is not of that form, or names no Kibana.
    """
    encoded = cloud_id.strip().rpartition(":")[2]
    try:
        text = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        text = ""
    domain, *labels = text.split("$")
    if not domain or len(labels) < 2 or not labels[1]:
        raise UsageError(
            "the Cloud ID cannot be decoded to a Kibana address",
            hint="Copy the Cloud ID of the deployment (name:base64), or give --kibana-url instead.",
        )
    domain, _, port = domain.partition(":")
    label, _, own_port = labels[1].partition(":")
    port = own_port or port
    suffix = "" if port in ("", "443") else f":{port}"
    return f"https://{label}.{domain}{suffix}"


def environment_proxy(scheme: str, host: str, port: int) -> str | None:
    """Return the proxy that the environment names for an address, or None."""
    proxies = getproxies_environment()
    if proxy_bypass_environment(f"{host}:{port}", proxies) or proxy_bypass_environment(host, proxies):
        return None
    found = proxies.get(scheme) or proxies.get("all")
    return found if found is None or "://" in found else f"http://{found}"


def _split(url: str) -> SplitResult:
    shown = _without_userinfo(url.strip())
    try:
        parts = urlsplit(url.strip())
        _ = parts.port
    except ValueError as trouble:
        raise UsageError(f"{shown!r} is not a URL: {trouble}", hint=_EXAMPLE) from None
    if parts.scheme not in _DEFAULT_PORTS or "://" not in url:
        raise UsageError(f"the URL {shown!r} does not begin with http:// or https://", hint=_EXAMPLE)
    if not parts.hostname:
        raise UsageError(f"the URL {shown!r} names no host", hint=_EXAMPLE)
    if parts.query or parts.fragment:
        raise UsageError(f"the URL {shown!r} has a query or a fragment", hint=_EXAMPLE)
    if any(c.isspace() or ord(c) < 33 for c in parts.netloc + parts.path):
        raise UsageError(f"the URL {shown!r} holds white space", hint=_EXAMPLE)
    return parts


def _ascii_host(host: str) -> str:
    try:
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        raise UsageError(f"{host!r} is not a host name", hint=_EXAMPLE) from None


_EXAMPLE = "Write the address that the browser shows, up to the base path: https://kibana.example:5601/base."


def _without_userinfo(url: str) -> str:
    """Return the URL fit for a message: whatever stands before the last ``@`` of the authority is gone."""
    scheme, slashes, rest = url.partition("//")
    authority, slash, tail = rest.partition("/") if slashes else url.partition("/")
    authority = authority.rpartition("@")[2]
    return f"{scheme}//{authority}{slash}{tail}" if slashes else f"{authority}{slash}{tail}"


def _load(path: Path, what: str, read: Callable[[], None]) -> None:
    try:
        read()
    except FileNotFoundError:
        raise UsageError(f"the {what} {path} does not exist", hint="Give the path of a PEM file.") from None
    except (ssl.SSLError, OSError) as trouble:
        raise UsageError(
            f"the {what} {path} cannot be used: {trouble}",
            hint="It must be PEM, and a private key must belong to the certificate.",
        ) from None
