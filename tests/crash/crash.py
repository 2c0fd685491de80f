# SPDX-License-Identifier: Apache-2.0
"""Loads the real daemon, kills it with SIGKILL at random moments, starts it again, and at the end
accounts for every message that got a 250 (D1, D6): none may be lost; a second copy is allowed only
where the first was delivered so shortly before a kill that its result was not yet on disk.

    crash.py ROUNDS [SEED]
"""

import os
import random
import socket
import sys
import threading
import time

from tests.harness import mail, results
from tests.harness.node import Node
from tests.harness.workspace import Workspace, free_port, wait_until

SENDERS = 8
# A result rides with the next commit, 10 ms later at most, and is on disk when that is synced. The
# sink notes a message when it comes to it: what lay in its socket at a kill is noted after. How
# much later either may be on this machine just then is measured (Metronome).
SETTLE_WINDOW_SECONDS = 0.1
SINK_LAG_SECONDS = 0.05
TICK_SECONDS = 0.01

CONFIG = """
[node]
domain = "mx.a.example"
data_dir = "{{folder}}/data"
[listen.smtp]
addr = ["127.0.0.1:{port}"]
[control]
socket = "{{folder}}/control.sock"
[smtp]
relay_from = ["127.0.0.0/8"]
retry = ["1s"]
breaker_first = "1s"
breaker_last = "1s"
reverse_names = false
check_sender_domain = false
[[route]]
match = "*"
protocol = "smtp"
via = "127.0.0.1:{sink}"
tls = "off"
[log]
level = "info"
[metrics]
addr = "127.0.0.1:0"
"""


class Sender(threading.Thread):
    """Sends numbered messages for ever, over as many connections as it takes, and remembers what
    became of each: acknowledged, or sent to the final dot without an answer."""

    def __init__(self, number, port, seed):
        super().__init__(daemon=True)
        self.number, self.port, self.rng = number, port, random.Random(seed * 1000 + number)
        self.acknowledged, self.unanswered = set(), set()
        self.stopping = threading.Event()
        self.count = 0

    def run(self):
        while not self.stopping.is_set():
            try:
                self.session()
            except (OSError, ValueError):
                self.stopping.wait(0.02)  # the daemon is down just now

    def session(self):
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            stream = connection.makefile("rb")
            expect(stream, b"220")
            connection.sendall(b"EHLO s.example\r\n")
            expect(stream, b"250")
            for _ in range(self.rng.randrange(1, 50)):
                if self.stopping.is_set():
                    break
                self.transaction(connection, stream)
            connection.sendall(b"QUIT\r\n")

    def transaction(self, connection, stream):
        self.count += 1
        name = f"m-{self.number}-{self.count}"
        size = self.rng.choice([200, 2000, 2000, 4000, 100_000, 400_000])
        if size > 50_000 and self.rng.random() < 0.8:
            size = 1000
        body = mail.message(name, "a@a.example", ["b@b.example"], ("x" * 76 + "\n") * (size // 77))
        connection.sendall(b"MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nDATA\r\n")
        for code in (b"250", b"250", b"354"):
            expect(stream, code)
        connection.sendall(body)
        self.unanswered.add(name)
        connection.sendall(b".\r\n")
        reply = expect(stream, b"250", b"4")
        self.unanswered.discard(name)
        if reply.startswith(b"250"):
            self.acknowledged.add(name)


class Metronome(threading.Thread):
    """Wants to put a word on the disk every 10 ms and notes when processor or disk kept it waiting:
    so they did everybody else."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.path = path
        self.late = []   # (when, by how many seconds)
        self.stopping = threading.Event()

    def run(self):
        with open(self.path, "wb", buffering=0) as disk:
            self.tick(disk)

    def tick(self, disk):
        last = time.time()
        while not self.stopping.wait(TICK_SECONDS):
            disk.seek(0)
            disk.write(b"tick")
            os.fdatasync(disk.fileno())
            now = time.time()
            if now - last > 2 * TICK_SECONDS:
                self.late.append((now, now - last - TICK_SECONDS))
            last = now

    def lateness(self, moment):
        """What this machine was late by in the second around a moment, in all."""
        return sum(late for when, late in self.late if abs(when - moment) < 1)


def expect(stream, *codes):
    while True:
        line = stream.readline(4096)
        if not line.endswith(b"\r\n"):
            raise ValueError("cut")
        if line[3:4] != b"-":
            break
    if not line.startswith(codes):
        raise ValueError(line.decode("ascii", "replace"))
    return line


class Run:
    def __init__(self, workspace, rounds, seed):
        self.rounds, self.rng = rounds, random.Random(seed)
        self.sink = mail.Sink("127.0.0.1", 0)
        self.port = free_port()
        self.node = Node(workspace, "node", CONFIG.format(port=self.port, sink=self.sink.port))
        self.senders = [Sender(number, self.port, seed) for number in range(SENDERS)]
        self.kills = []
        self.metronome = Metronome(workspace.file("tick"))
        self.released_at = None

    def go(self):
        self.metronome.start()
        self.node.start()
        for sender in self.senders:
            sender.start()
        for number in range(self.rounds):
            time.sleep(self.rng.uniform(0.02, 0.5))  # the moment of the kill is the test's input
            self.kills.append(time.time())
            self.node.kill()
            self.node.start(ready_seconds=60)
            if (number + 1) % max(1, self.rounds // 10) == 0:
                print(f"crash: round {number + 1} of {self.rounds}: "
                      f"{len(self.acknowledged())} acknowledged, "
                      f"{len(self.sink.messages)} delivered", flush=True)
        for sender in self.senders:
            sender.stopping.set()
        for sender in self.senders:
            sender.join(30)
        wait_until(self.queue_is_empty, 120, "an empty queue")
        self.release_quarantined()
        self.metronome.stopping.set()
        return self

    def release_quarantined(self):
        """What was on its way in three crashes is set aside (D7): nothing of it may be lost."""
        self.quarantined = [row for row in self.node.console("queue", "list", "status=quarantine")
                            if "id" in row]
        self.released_at = time.time()
        if self.quarantined:
            self.node.console("queue", "release", "status=quarantine", "--reason", "the end")
            wait_until(self.queue_is_empty, 120, "what was in quarantine")

    def acknowledged(self):
        return set().union(*(sender.acknowledged.copy() for sender in self.senders))

    def queue_is_empty(self):
        rows = self.node.console("queue", "list", check=False)
        return not [row for row in rows
                    if row.get("state") in ("ready", "active", "deferred")]


RUN = None


def nothing_lost():
    """every message that got a 250 was delivered, through all kills"""
    arrived = set(RUN.sink.subjects())
    lost = RUN.acknowledged() - arrived
    print(f"crash: {len(RUN.kills)} kills, {len(RUN.acknowledged())} acknowledged, "
          f"lost {len(lost)}; {len(RUN.quarantined)} were in quarantine")
    assert not lost, f"lost: {sorted(lost)[:10]}"


def duplicates_only_in_the_window():
    """a second copy only where a kill came between the delivery and its record (D6)"""
    copies = {}
    for stored in RUN.sink.messages:
        copies.setdefault(stored.subject(), []).append(stored.at)
    twice = {name: times for name, times in copies.items() if len(times) > 1}
    unexplained = {name: times for name, times in twice.items()
                   if times[-1] < RUN.released_at and not any(
                       in_window(kill, times[0]) for kill in RUN.kills)}
    print(f"crash: {len(twice)} of {len(copies)} messages came twice; unexplained: "
          f"{len(unexplained)}")
    assert not unexplained, [story(*one) for one in list(unexplained.items())[:10]]


def story(name, times):
    """What there is to know of one message that came twice."""
    kill = min(RUN.kills, key=lambda kill: abs(kill - times[0]))
    return (f"{name}: the kill that is nearest came {kill - times[0]:.3f} s after it, the machine "
            f"was late by {RUN.metronome.lateness(kill):.3f} s, the next copies came after "
            f"{[round(time - times[0], 3) for time in times[1:]]} s")


def in_window(kill, delivered):
    late = RUN.metronome.lateness(kill) if abs(kill - delivered) < 5 else 0
    return -SINK_LAG_SECONDS - late <= kill - delivered < SETTLE_WINDOW_SECONDS + late


def nothing_invented():
    """nothing was delivered that no sender had sent to its final dot"""
    sent = RUN.acknowledged().union(*(sender.unanswered for sender in RUN.senders))
    assert set(RUN.sink.subjects()) <= sent


def main():
    global RUN
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 30)
    del sys.argv[1:]
    print(f"crash: {rounds} rounds, seed {seed}", flush=True)
    with Workspace("crash") as workspace:
        RUN = Run(workspace, rounds, seed).go()
        return results.run_all("crash", [nothing_lost, duplicates_only_in_the_window,
                                         nothing_invented])


if __name__ == "__main__":
    sys.exit(main())
