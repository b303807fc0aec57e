"""Ports of loopback."""

from __future__ import annotations

import socket

HOST = "127.0.0.1"


def free_port(wanted: int | None = None) -> int:
    """The wanted loopback port when nobody listens there, otherwise one that the system picks."""
    if wanted is not None and is_free(wanted):
        return wanted
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def is_free(port: int, host: str = HOST) -> bool:
    """Whether a server could listen on this port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True
