# SPDX-License-Identifier: Apache-2.0
"""`make bench-irc`: hanse beside ircd-hybrid and InspIRCd in one run, by one generator. They take
turns round by round; medians are quoted with their spread.

    irc_bench.py [ROUNDS]
"""

import statistics
import sys
import threading
import time

from tests.bench import irc_stall
from tests.bench.irc_leaf import FORKED, HOST, PASSWORD, Leaf, crowd, delays, numbers_of, push
from tests.bench.relays import cpu_of
from tests.harness.irc_peers import Hybrid
from tests.harness.node import Node
from tests.harness.results import Skip
from tests.harness.workspace import Workspace, answers, free_port, wait_until

LINES, RATE = 300_000, 5000
USERS, CHANNELS, MEMBERS = 100_000, 10_000, 30
BURST_OWED_SECONDS, USER_OWED, MEMBERSHIP_OWED, DELAY_OWED_MS = 5, 400, 200, 5
NAMES = ("left", "right", "third")

HANSE = """
[node]
domain = "node.a.example"
data_dir = "{{folder}}/data"
[listen.irc]
addr = ["{host}:{port}"]
[control]
socket = "{{folder}}/control.sock"
[irc]
sid = "9RL"
sid_range = "9R?"
[junction.bench]
members = ["irc:#bench%left", "irc:#bench%right"]
[junction.aside]
members = ["irc:#aside%right", "irc:#aside%third"]
"""

NETWORK = """
[irc.network.{name}]
dialect = "hybrid"
peer = "{name}.leaf.example"
tls = "off"
send_password = "file:{secret}"
receive_password = "file:{secret}"
"""

CONNECT = """
connect {{ name="{name}.leaf.example"; host="{host}"; send_password="{word}";
 accept_password="{word}"; encrypted=no; class="server"; hub_mask="*"; }};
"""


def say(text=""):
    print(text, flush=True)


class HanseServer:
    """Between networks: each leaf is one of its own."""

    name = "hanse"

    def __init__(self, workspace):
        self.port = free_port()
        secret = workspace.file("hanse-secret", PASSWORD, 0o600)
        text = HANSE.format(host=HOST, port=self.port)
        text += "".join(NETWORK.format(name=name, secret=secret) for name in NAMES)
        self.node = Node(workspace, "hanse-irc", text)

    def start(self):
        self.node.start()
        return self

    def pid(self):
        return self.node.process.pid

    def resident(self):
        return self.node.resident_bytes()


class HybridHub(Hybrid):
    """A hub of one network: both leaves are servers of it."""

    title = "ircd-hybrid"

    def configure(self):
        super().configure()
        with open(self.config, "a", encoding="utf-8") as out:
            for name in NAMES:
                out.write(CONNECT.format(name=name, host=HOST, word=PASSWORD))

    def pid(self):
        return self.process.pid


def pair(port, channel="#bench", names=NAMES[:2]):
    """Two leaves with a user each in the channel, seen by the other."""
    sender, receiver = leaf(port, names[0], "1LF"), leaf(port, names[1], "2LF")
    receiver.burst("bob", channel)
    sender.burst("alice", channel)
    receiver.wait_line(b" SJOIN ", channel.encode(), beside=[sender])
    return sender, receiver


def throughput(servers, rounds):
    rates, cpu = {}, {}
    for _ in range(rounds):
        for name, port, pid in servers:
            sender, receiver = pair(port)
            before = cpu_of(pid)
            rates.setdefault(name, []).append(push(sender, receiver, "#bench", LINES))
            cpu.setdefault(name, []).append(1e6 * (cpu_of(pid) - before) / LINES)
            sender.close()
            receiver.close()
    base = rates.get("ircd-hybrid")
    say(f"{'80 octets a line, leaf to leaf':<32}{'lines/s':>10}{'spread':>20}{'/hybrid':>9}"
        f"{'CPU us':>8}")
    for name, values in rates.items():
        ratio = ""
        if base:
            ratio = f"{statistics.median(a / b for a, b in zip(values, base)):.2f}"
        say(f"{name:<32}{statistics.median(values):>10.0f}"
            f"{f'{min(values):.0f}..{max(values):.0f}':>20}{ratio:>9}"
            f"{statistics.median(cpu[name]):>8.2f}")


def stalls(workspace):
    try:
        for row in irc_stall.tell(workspace, NAMES[:2], LINES):
            say(row)
    except Skip as skip:
        say(f"not measured beside InspIRCd: {skip}")


def latency(servers):
    for name, port, _ in servers:
        sender, receiver = pair(port)
        found = delays(sender, receiver, "#bench", RATE, 5)
        sender.close()
        receiver.close()
        middle, late = found[len(found) // 2], found[len(found) * 99 // 100]
        owed = f"   owed: p99 {DELAY_OWED_MS} ms ({held(late <= DELAY_OWED_MS)})"
        say(f"at {RATE} lines/s by {name}: median {middle:.2f} ms, p99 {late:.2f} ms, longest "
            f"{found[-1]:.1f} ms{owed * (name == 'hanse')}")


def held(good):
    return "held" if good else "MISSED"


def bursts(server, kind):
    """A large network comes, goes and comes again while two others talk on."""
    port, ours = server.port if kind == "hanse" else server.servers, kind == "hanse"
    aside = Aside(port) if ours else None
    seconds = []
    before = server.resident() if ours else 0
    for turn in range(2):
        large = leaf(port, "left", "1LF")
        data = crowd(large, USERS, CHANNELS, MEMBERS)
        begin = time.monotonic()
        large.socket.sendall(data)
        large.settle(120)
        seconds.append(time.monotonic() - begin)
        if ours and turn == 0:
            memory(server.resident() - before)
        large.close()
    owed = f"   owed: {BURST_OWED_SECONDS} s ({held(max(seconds) < BURST_OWED_SECONDS)})"
    say(f"{USERS} users in {CHANNELS} channels ({len(data) >> 20} MiB) taken by {kind}: "
        f"{seconds[0]:.2f} s, again after the split {seconds[1]:.2f} s{owed * ours}")
    if aside:
        said, came = aside.end()
        say(f"meanwhile on two other links: {said} lines said, {came} came, in order   "
            f"owed: all ({held(said == came)})")


def leaf(port, name, sid):
    """Linked once the hub has noticed that the last one of that name is gone."""
    def link():
        try:
            return Leaf(port, f"{name}.leaf.example", sid)
        except (AssertionError, ConnectionError):
            return None
    return wait_until(link, 30, f"{name} links")


def memory(grown):
    owed = USERS * USER_OWED + CHANNELS * MEMBERS * MEMBERSHIP_OWED
    say(f"resident memory of that burst: {grown / 1e6:.1f} MB   owed: at most {owed / 1e6:.0f} MB "
        f"= {USER_OWED} B a user, {MEMBERSHIP_OWED} B a membership ({held(grown <= owed)})")


class Aside:
    """A conversation between two other networks: 1,000 lines a second until it is ended."""

    def __init__(self, port):
        self.sender, self.receiver = pair_aside(port)
        self.over, self.said, self.data = FORKED.Event(), FORKED.Value("q", 0), bytearray()
        self.child = FORKED.Process(target=self._say)
        self.reader = threading.Thread(target=self._read)
        self.reader.start()
        self.child.start()

    def _say(self):
        while not self.over.is_set():
            number = self.said.value
            start = f":{self.sender.uid(0)} PRIVMSG #aside :"
            self.sender.say(*(f"{start}{number + step:08d}" for step in range(10)))
            self.said.value = number + 10
            time.sleep(0.01)

    def _read(self):
        self.receiver.socket.settimeout(60)
        while b"QUIT" not in self.data[-400:]:
            piece = self.receiver.socket.recv(1 << 20)
            if not piece:
                return
            self.data += piece

    def end(self):
        self.over.set()
        self.child.join(30)
        self.sender.say(f":{self.sender.uid(0)} QUIT :done")
        self.reader.join(60)
        found = numbers_of(bytes(self.data))
        assert found == list(range(len(found))), "lines out of order"
        return self.said.value, len(found)


def pair_aside(port):
    sender, receiver = leaf(port, "right", "3LF"), leaf(port, "third", "4LF")
    receiver.burst("dora", "#aside")
    sender.burst("carl", "#aside")
    receiver.wait_line(b" SJOIN ", b"#aside", beside=[sender])
    return sender, receiver


def main():
    numbers = [word for word in sys.argv[1:] if word.isdigit()]
    rounds = int(numbers[0]) if numbers else 5
    with Workspace("bench-irc") as workspace:
        hanse = HanseServer(workspace).start()
        wait_until(lambda: answers(HOST, hanse.port), 10, "hanse listens")
        servers = [("hanse", hanse.port, hanse.pid())]
        hybrid = None
        try:
            hybrid = HybridHub(workspace, "hub").start()
            servers.append(("ircd-hybrid", hybrid.servers, hybrid.pid()))
        except Skip as skip:
            say(f"not measured beside ircd-hybrid: {skip}")
        throughput(servers, rounds)
        stalls(workspace)
        latency(servers)
        bursts(hanse, "hanse")
        if hybrid:
            bursts(hybrid, "ircd-hybrid")


if __name__ == "__main__":
    main()
