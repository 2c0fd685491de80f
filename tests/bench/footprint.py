# SPDX-License-Identifier: Apache-2.0
"""What hanse takes of a machine: memory of idle connections, start and memory with a backlog."""

import resource
import socket
import subprocess
import time

from tests.bench.relays import HanseRelay, program
from tests.harness.workspace import free_port, wait_until

IDLE_CONNECTIONS = 10_000
BACKLOG = 100_000


def idle_connections(workspace):
    """The line that tells it. Connections have greeted each other and wait for MAIL."""
    relay = HanseRelay(workspace, free_port(), "idle")
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 65536), most))
    relay.start()
    before = relay.node.resident_bytes()
    held = []
    for number in range(IDLE_CONNECTIONS):
        connection = socket.create_connection(("127.0.0.1", relay.port), timeout=30)
        greeting = connection.recv(512)
        assert greeting.startswith(b"220"), f"connection {number}: {greeting!r}"
        connection.sendall(b"EHLO idle.example\r\n")
        assert connection.recv(512).startswith(b"250")
        held.append(connection)
    after = relay.node.resident_bytes()
    for connection in held:
        connection.close()
    relay.stop()
    return (f"memory per idle connection, {IDLE_CONNECTIONS} of them: "
            f"{(after - before) / IDLE_CONNECTIONS / 1024:.1f} KiB (owed: at most 16)")


def backlog(workspace):
    """Nothing listens on the sink's port: all of it has to wait, over an end and a start."""
    relay = HanseRelay(workspace, free_port(), "backlog")
    relay.start()
    source = subprocess.run(
        [program("smtp-source"), "-s", "50", "-l", "4096", "-m", str(BACKLOG),
         "-f", "a@a.example", "-t", "b@b.example", f"127.0.0.1:{relay.port}"],
        stdin=subprocess.DEVNULL, timeout=300)
    assert source.returncode == 0
    wait_until(lambda: relay.node.console("status")[0], 30, "status")
    relay.stop()
    start = time.monotonic()
    relay.start()
    seconds = time.monotonic() - start
    used = relay.node.resident_bytes() / 2**20
    relay.stop()
    return (f"{BACKLOG} messages queued: ready after {seconds:.1f} s (owed: at most 10), "
            f"{used:.0f} MiB (owed: at most 300)")
