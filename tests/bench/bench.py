# SPDX-License-Identifier: Apache-2.0
"""`make bench`: one table from one run. The relays take turns round by round, so that a machine
whose speed drifts is the same for all of them; medians are quoted with their spread.

    bench.py [ROUNDS]
"""

import re
import resource
import socket
import statistics
import subprocess
import sys
import time
import urllib.request

from tests.bench.relays import Bare, HanseRelay, PostfixRelay, program, push
from tests.harness.workspace import Workspace, free_port, wait_until

# (octets, sessions, messages a round of: bare, Postfix, hanse)
CASES = [(4096, 20, (20000, 1500, 10000)), (4096, 50, (20000, 1500, 10000)),
         (102400, 20, (2000, 500, 1000))]
IDLE_CONNECTIONS = 10_000
BACKLOG = 100_000


def say(text=""):
    print(text, flush=True)


def throughput(workspace, rounds):
    sink_port = free_port()
    relays = [Bare(sink_port), PostfixRelay(workspace, sink_port),
              HanseRelay(workspace, sink_port)]
    for relay in relays:
        relay.start()
    sent = {relay.name: 0 for relay in relays}
    syncs, accepted = 0, 0
    say(f"{'case':<22}{'relay':<12}{'msg/s':>9}{'spread':>18}{'/Postfix':>10}{'/bare':>8}")
    for octets, sessions, counts in CASES:
        rates = {relay.name: [] for relay in relays}
        before = figures(relays[2])
        for _ in range(rounds):
            for relay, count in zip(relays, counts):
                rates[relay.name].append(
                    push(workspace, relay, sink_port, count, octets, sessions))
                sent[relay.name] += count
        after = figures(relays[2])
        print_case(f"{octets // 1024} KiB, {sessions} sessions", rates)
        if sessions == 50:
            syncs = after["commits"] - before["commits"]
            accepted = after["accepted"] - before["accepted"]
    for relay in relays:
        relay.stop()
    say()
    say(f"messages per sync of the store (4 KiB, 50 sessions): {accepted / max(1, syncs):.1f}"
        "   owed: 20")
    for relay in relays[1:]:
        say(f"CPU seconds per 1,000 messages: {relay.name:<8} "
            f"{1000 * relay.cpu_seconds() / sent[relay.name]:.2f}")


def print_case(case, rates):
    bare = statistics.median(rates["bare pair"])
    postfix = statistics.median(rates["Postfix"])
    for name, values in rates.items():
        middle = statistics.median(values)
        spread = f"{min(values):.0f}..{max(values):.0f}"
        ratio = f"{middle / postfix:.2f}" if name == "hanse" else ""
        share = f"{middle / bare:.2f}" if name != "bare pair" else ""
        say(f"{case:<22}{name:<12}{middle:>9.0f}{spread:>18}{ratio:>10}{share:>8}")


def figures(relay):
    """Counters of a running hanse, by its metrics listener."""
    text = metrics(relay)

    def total(name):
        return sum(float(value) for value in re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)", text,
                                                        re.MULTILINE))
    return {"commits": total("hanse_store_commit_seconds_count"),
            "accepted": total("hanse_messages_accepted_total")}


def metrics(relay):
    event = relay.node.event("metrics.listening")
    with urllib.request.urlopen(f"http://{event['address']}/metrics", timeout=10) as answer:
        return answer.read().decode()


def syncs_by_system_calls(workspace):
    """The same figure from outside: every fdatasync and fsync the process makes, by strace."""
    sink_port = free_port()
    relay = HanseRelay(workspace, sink_port, "traced")
    trace = workspace.file("traced.strace")
    relay.node.start(wrapper=[program("strace"), "-f", "--seccomp-bpf", "-qq",
                              "-e", "trace=fdatasync,fsync", "-o", trace], ready_seconds=60)
    with open(trace, encoding="ascii") as lines:
        before = len(lines.readlines())
    push(workspace, relay, sink_port, 10000, 4096, 50)
    with open(trace, encoding="ascii") as lines:
        after = sum("sync(" in line for line in lines) - before
    relay.node.stop()
    say(f"messages per sync system call, traced (4 KiB, 50 sessions): {10000 / max(1, after):.1f}")


def idle_connections(workspace):
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
    say(f"memory per idle connection, {IDLE_CONNECTIONS} of them: "
        f"{(after - before) / IDLE_CONNECTIONS / 1024:.1f} KiB   owed: at most 16")
    for connection in held:
        connection.close()
    relay.stop()


def backlog(workspace):
    relay = HanseRelay(workspace, free_port(), "backlog")
    relay.start()
    # Nothing listens on the sink's port: all of it has to wait.
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
    say(f"{BACKLOG} messages queued: ready after {seconds:.1f} s (owed: 10), "
        f"{relay.node.resident_bytes() / 2**20:.0f} MiB (owed: 300)")
    relay.stop()


def main():
    missing = [name for name in ("smtp-source", "smtp-sink", "postfix", "strace")
               if program(name) is None]
    if missing:
        say(f"the bench needs {', '.join(missing)}: `make deps-test` installs them")
        return 1
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with Workspace("bench") as workspace:
        throughput(workspace, rounds)
        syncs_by_system_calls(workspace)
        idle_connections(workspace)
        backlog(workspace)
    return 0


if __name__ == "__main__":
    sys.exit(main())
