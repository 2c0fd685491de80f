# SPDX-License-Identifier: Apache-2.0
"""`make bench`: one table from one run; docs/bench.md tells how to read it. The relays take turns
round by round, so that a machine whose speed drifts is the same for all of them.

    bench.py [ROUNDS]
"""

import statistics
import sys
import time

from tests.bench.footprint import backlog, idle_connections
from tests.bench.relays import Bare, HanseRelay, PostfixRelay, figures, program, push
from tests.harness.workspace import Workspace, free_port

# (octets, sessions, messages a round of: bare, Postfix, hanse)
CASES = [(4096, 20, (20000, 1500, 10000)), (4096, 50, (20000, 1500, 10000)),
         (102400, 20, (4000, 500, 2000))]
STAYING, TRACED = 20000, 5000
OWED_POSTFIX, OWED_BARE, OWED_A_SYNC = 4.0, 0.2, 20


def say(text=""):
    print(text, flush=True)


class Series:
    """What the rounds of one relay in one case have brought."""

    def __init__(self):
        self.rates, self.cpu_seconds, self.messages = [], 0.0, 0

    def add(self, rate, cpu_seconds, messages):
        self.rates.append(rate)
        self.cpu_seconds += cpu_seconds
        self.messages += messages

    def over(self, other):
        """Round against round: what slowed the machine down for a while slowed both."""
        return statistics.median(own / its for own, its in zip(self.rates, other.rates))

    def cpu_of_1000(self):
        return 1000 * self.cpu_seconds / self.messages


def throughput(workspace, rounds):
    sink_port = free_port()
    relays = [Bare(sink_port), PostfixRelay(workspace, sink_port),
              HanseRelay(workspace, sink_port)]
    for relay in relays:
        relay.start()
    say(f"{'case':<22}{'relay':<11}{'msg/s':>7}{'spread':>15}{'/Postfix':>10}{'/bare':>7}"
        f"{'CPU s/1000':>12}{'msg/sync':>10}")
    for case in CASES:
        run_case(workspace, relays, sink_port, case, rounds)
    for relay in relays:
        relay.stop()


def run_case(workspace, relays, sink_port, case, rounds):
    octets, sessions, counts = case
    series = [Series() for _ in relays]
    before = figures(relays[-1].node)
    for _ in range(rounds):
        for relay, one, count in zip(relays, series, counts):
            cpu = relay.cpu_seconds()
            rate = push(workspace, relay, sink_port, count, octets, sessions)
            one.add(rate, relay.cpu_seconds() - cpu, count)
    after = figures(relays[-1].node)
    bare, postfix, hanse = series
    name = f"{octets // 1024} KiB, {sessions} sessions"
    say(row(name, "bare pair", bare))
    say(row(name, "Postfix", postfix) + f"{'':>10}{postfix.over(bare):>7.2f}"
        f"{postfix.cpu_of_1000():>12.2f}")
    a_sync = ((after["accepted"] - before["accepted"]) /
              max(1, after["commits"] - before["commits"]))
    say(row(name, "hanse", hanse) + f"{hanse.over(postfix):>10.2f}{hanse.over(bare):>7.2f}"
        f"{hanse.cpu_of_1000():>12.2f}{a_sync:>10.1f}")
    owed = [verdict("/Postfix", hanse.over(postfix), OWED_POSTFIX),
            verdict("/bare", hanse.over(bare), OWED_BARE)]
    say("  owed: " + ", ".join(owed))


def row(case, name, series):
    spread = f"{min(series.rates):.0f}..{max(series.rates):.0f}"
    return f"{case:<22}{name:<11}{statistics.median(series.rates):>7.0f}{spread:>15}"


def verdict(what, value, owed):
    return f"{what} {owed:g} " + ("(held)" if value >= owed else f"(MISSED: {value:.2f})")


def sharing(workspace):
    """How many messages share a sync when 50 sessions stay connected and send one after the other;
    and, by strace, that commits and syncs are as many: those of checkpoints come on top."""
    sink_port = free_port()
    relay = HanseRelay(workspace, sink_port, "sharing")
    relay.start()
    before = figures(relay.node)
    push(workspace, relay, sink_port, STAYING, 4096, 50, stay=True)
    after = figures(relay.node)
    relay.stop()
    a_sync = STAYING / max(1, after["commits"] - before["commits"])
    say(f"messages a sync, 50 sessions that stay: {a_sync:.1f}; "
        + verdict("owed:", a_sync, OWED_A_SYNC))
    relay = HanseRelay(workspace, sink_port, "traced")
    trace = workspace.file("traced.strace")
    relay.node.start(wrapper=[program("strace"), "-f", "--seccomp-bpf", "-qq",
                              "-e", "trace=fdatasync,fsync", "-o", trace], ready_seconds=60)
    before, calls = figures(relay.node), syncs_in(trace)
    push(workspace, relay, sink_port, TRACED, 4096, 50, stay=True)
    after, calls = figures(relay.node), syncs_in(trace) - calls
    relay.node.stop()
    say(f"traced, which slows it down: {after['commits'] - before['commits']:.0f} commits, "
        f"{calls} sync system calls")


def syncs_in(trace):
    with open(trace, encoding="ascii") as lines:
        return sum("sync(" in line and "resumed" not in line for line in lines)


def main():
    missing = [name for name in ("smtp-source", "smtp-sink", "postfix", "strace")
               if program(name) is None]
    if missing:
        say(f"the bench needs {', '.join(missing)}: `make deps-test` installs them")
        return 1
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    start = time.monotonic()
    with Workspace("bench") as workspace:
        throughput(workspace, rounds)
        say()
        sharing(workspace)
        say(idle_connections(workspace))
        say(backlog(workspace))
    say(f"{rounds} rounds, {time.monotonic() - start:.0f} s in all")
    return 0


if __name__ == "__main__":
    sys.exit(main())
