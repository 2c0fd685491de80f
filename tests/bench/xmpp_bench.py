# SPDX-License-Identifier: Apache-2.0
"""`make bench-xmpp`: hanse beside Prosody and ejabberd in one run, by one generator. They take
turns round by round, so that a machine whose speed drifts is the same for all of them; medians
are quoted with their spread.

    xmpp_bench.py [ROUNDS] [--peers-only]
"""

import statistics
import subprocess
import sys
import time

from tests.bench import xmpp_relays as relays
from tests.bench.relays import cpu_of, figures
from tests.harness.results import Skip
from tests.harness.workspace import Workspace

IDLE_STREAMS = 1000
MANY_DOMAINS = 2000
QUIET_SECONDS = 10
DURABLE_OWED, IDLE_OWED_KIB = 8000, 24
COUNTS = {"hanse": 200_000, "Prosody": 15_000, "ejabberd": 60_000}   # about a second each
DURABLE_COUNT = 60_000


def say(text=""):
    print(text, flush=True)


class Case:
    def __init__(self, name, options, servers, rounds, **more):
        self.name, self.rates, self.cpu = name, {}, {}
        for _ in range(rounds):
            for server in servers:
                count = COUNTS[server.name]
                before = cpu_of(server.pid())
                figures = relays.push(options(server), count=count, **more)
                self.rates.setdefault(server.name, []).append(figures["per_second"])
                self.cpu.setdefault(server.name, []).append(
                    1000 * (cpu_of(server.pid()) - before) / count)
        self.print()

    def print(self):
        base = statistics.median(self.rates.get("ejabberd", [0]))
        for name, values in self.rates.items():
            middle = statistics.median(values)
            spread = f"{min(values):.0f}..{max(values):.0f}"
            ratio = f"{middle / base:.2f}" if base else ""
            say(f"{self.name:<34}{name:<10}{middle:>10.0f}{spread:>18}{ratio:>11}"
                f"{statistics.median(self.cpu[name]):>9.3f}")


def throughput(servers, rounds):
    hanse = [server for server in servers if server.name == "hanse"]
    say(f"{'248 octets, 100 pairs':<34}{'server':<10}{'stanzas/s':>10}{'spread':>18}"
        f"{'/ejabberd':>11}{'CPU s/k':>9}")
    for kind in ("message", "no-store", "presence", "iq"):
        Case(f"{kind}: s2s in, component out", relays.component_out, servers, rounds, kind=kind)
    Case("message: 8 streams in", relays.component_out, servers, rounds, streams=8)
    Case("message: direct TLS in", lambda server: {
        **relays.component_out(server), "tls": "direct",
        "in-at": f"{server.host}:5270"}, servers, rounds)
    Case("message: component in, s2s out", relays.stream_out, servers, rounds)
    Case("no-store: component in, s2s out", relays.stream_out, servers, rounds, kind="no-store")
    if hanse:
        for kind in ("message", "no-store"):
            Case(f"{kind}: s2s in, s2s out", relays.relayed, hanse, rounds, kind=kind)


def durable(server, rounds):
    """Every message is on disk before the peer hears that it is, and then goes on."""
    rates, before = [], figures(server.node)
    for _ in range(rounds):
        rates.append(relays.push(relays.component_out(server), count=DURABLE_COUNT,
                                 managed=1)["per_second"])
    after = figures(server.node)
    a_commit = ((after["accepted"] - before["accepted"]) /
                max(1, after["commits"] - before["commits"]))
    middle = statistics.median(rates)
    say(f"durable (XEP-0198 in, component out) by hanse: {middle:.0f} messages/s "
        f"({min(rates):.0f}..{max(rates):.0f}), {a_commit:.0f} a commit   "
        f"owed: {DURABLE_OWED} ({'held' if middle >= DURABLE_OWED else 'MISSED'})")


def resident_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def idle(server):
    """Memory for each authenticated stream that says nothing."""
    ours = isinstance(server, relays.HanseServer)
    before, tls_before = resident_kib(server.pid()), tls_kib(server) if ours else 0
    options = {**relays.component_out(server), "to": f"{server.letter}.example",
               "idle": IDLE_STREAMS}
    start = time.monotonic()
    holder = subprocess.Popen(relays.words(options), stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE)
    try:
        if not holder.stdout.readline():
            say(f"{server.name}: {IDLE_STREAMS} idle streams were not opened")
            return
        seconds = time.monotonic() - start
        time.sleep(2)   # the node looks at its memory every second
        each = (resident_kib(server.pid()) - before) / IDLE_STREAMS
        text = (f"{IDLE_STREAMS} idle authenticated streams at {server.name}: {each:.1f} KiB each "
                f"with their TLS, opened in {seconds:.1f} s")
        if ours:
            own = each - (tls_kib(server) - tls_before) / IDLE_STREAMS
            text += (f"; {own:.1f} KiB without what OpenSSL holds   owed: at most {IDLE_OWED_KIB} "
                     f"({'held' if own <= IDLE_OWED_KIB else 'MISSED'})")
        say(text)
    finally:
        holder.stdin.close()
        holder.wait(60)


def tls_kib(server):
    return figures(server.node)["tls_bytes"] / 1024


def many(server):
    """A first message to each of many domains: SRV, TLS, EXTERNAL, delivered; and how a stream that
    stands fares meanwhile, beside the same in peace."""
    beat = relays.Beat(server)
    time.sleep(QUIET_SECONDS)
    quiet = beat.end()
    beat = relays.Beat(server)
    figures = relays.push(relays.stream_out(server, "many.example"), domains=MANY_DOMAINS,
                          count=MANY_DOMAINS)
    meanwhile = beat.end()
    say(f"streams to {MANY_DOMAINS} domains by {server.name}: the first message of each is there "
        f"after {figures['cold_seconds']:.1f} s   owed: 60")
    say(f"{'  a message each 50 ms over a stream that stands':<50}{'p50 ms':>9}{'p99 ms':>9}"
        f"{'most ms':>9}{'messages':>10}")
    for name, one in (("in peace", quiet), ("meanwhile", meanwhile)):
        say(f"    {name:<46}{one['p50_ms']:>9.1f}{one['p99_ms']:>9.1f}{one['most_ms']:>9.1f}"
            f"{one['beats']:>10}")


def cold(server, rounds):
    """One first message over SRV, TLS and EXTERNAL, the server freshly started."""
    found = []
    for _ in range(rounds):
        server.stop()
        server.start()
        figures = relays.push(relays.stream_out(server), pairs=1, count=1)
        found.append(figures["cold_seconds"])
    say(f"cold federation by {server.name}: {1000 * statistics.median(found):.0f} ms "
        f"({1000 * min(found):.0f}..{1000 * max(found):.0f})")


def main():
    peers_only = "--peers-only" in sys.argv
    numbers = [word for word in sys.argv[1:] if word.isdigit()]
    rounds = int(numbers[0]) if numbers else 5
    with Workspace("bench-xmpp") as workspace:
        try:
            world = relays.World(workspace)
            servers = [relays.prosody(world), relays.ejabberd(world)]
        except Skip as skip:
            say(f"the bench cannot run here: {skip}")
            return 1
        if not peers_only:
            servers.append(relays.HanseServer(world))
        for server in servers:
            server.start()
        throughput(servers, rounds)
        if not peers_only:
            durable(servers[-1], rounds)
        for server in servers:
            cold(server, rounds)
        for server in servers:
            idle(server)
            many(server)
    return 0


if __name__ == "__main__":
    sys.exit(main())
