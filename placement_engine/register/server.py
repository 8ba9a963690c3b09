"""What is asked of a connection to a register on a server, before and after it is made.

No password comes with the address, which stands in process lists and shell histories; off
the machine nothing goes over the wire unless the server has shown a certificate.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from placement_engine.errors import InvalidConfiguration

SCHEMES = ("postgresql://", "postgres://")
_CERTIFIED = ("verify-ca", "verify-full")
_LOCAL_NAMES = ("localhost",)


def on_server(location: str) -> bool:
    """Whether a register's location is the address of one on a server.

    Examples
    --------
    >>> on_server("postgresql:///register"), on_server("register.db")
    (True, False)
    """
    return location.startswith(SCHEMES)


def connection_words(given: Mapping[str, str], *, wait_s: float) -> dict[str, str]:
    """What libpq is told, from what an address says.

    Parameters
    ----------
    given
        The address in parts, by libpq's names.
    wait_s
        How long to wait for each of the server's addresses, in seconds.

    Raises
    ------
    InvalidConfiguration
        The address holds a password, or the connection would go over a network without the
        server's certificate checked.
    """
    if any("password" in name for name in given):
        raise InvalidConfiguration(
            "The address of the register holds a password.",
            do="Keep it in a password file (PGPASSFILE) or a service, and change it: it may"
            " stand in a history now.",
        )
    words = dict(given)
    hosts = [h for name in ("host", "hostaddr") for h in given.get(name, "").split(",") if h]
    # A service file or the environment may name the host too: unknown is not local.
    if not hosts or not all(map(is_local, hosts)):
        mode = words.setdefault("sslmode", "verify-full")
        if mode not in _CERTIFIED:
            raise _open_wire()
        words.setdefault("sslrootcert", "system" if mode == "verify-full" else "")
    words = {name: value for name, value in words.items() if value}
    words["connect_timeout"] = str(max(2, round(wait_s)))
    # A host that vanished must not hold the register: half a minute, and it is let go.
    words |= {"keepalives_idle": "15", "keepalives_interval": "5", "keepalives_count": "3"}
    words["application_name"] = "placement"
    return words


def refuse_open_wire(*, host: str, address: str, encrypted: bool) -> None:
    """Raise `InvalidConfiguration` if what was reached is neither local nor encrypted."""
    if not encrypted and not (is_local(address) if address else is_local(host)):
        raise _open_wire()


def is_local(host: str) -> bool:
    """Whether a host is this machine: a socket's folder, or a loopback address.

    Examples
    --------
    >>> [is_local(h) for h in ("/run/postgresql", "127.0.0.1", "::1", "db.example.se")]
    [True, True, True, False]
    """
    if host.startswith(("/", "@")) or host in _LOCAL_NAMES:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _open_wire() -> InvalidConfiguration:
    return InvalidConfiguration(
        "The server of the register is not on this machine, and its certificate is not asked for.",
        unchanged="Nothing was sent.",
        do="Use sslmode=verify-full, with sslrootcert if the authority is your own.",
    )
