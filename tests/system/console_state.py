# SPDX-License-Identifier: Apache-2.0
"""What a node says of itself when something is wrong: a rejected configuration, certificates that
end, a second start, its supervisor, and the figures that rules and dashboard are made of."""

import ctypes
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

from tests.harness import mail, pki, results
from tests.harness.node import GROUND, Node
from tests.harness.results import Skip
from tests.harness.workspace import HANSE, PATIENCE, ROOT, Workspace, eventually, free_port

CONFIG = GROUND + """shards = 2
[listen.smtp]
addr = ["127.0.0.1:{port}"]
[smtp]
hosts = ["a.example"]
relay_from = ["127.0.0.0/8"]
retry = ["1h"]
reverse_names = false
check_sender_domain = false
[[route]]
match = "a.example"
protocol = "smtp"
via = "127.0.0.1:{sink}"
tls = "off"
[[route]]
match = "*"
protocol = "smtp"
via = "127.0.0.1:{closed}"
tls = "off"
[metrics]
addr = "127.0.0.1:0"
"""


def refuses(verb, argument):
    return "550 5.1.1 nobody" if verb == "RCPT" and "nobody@" in argument else None


class Bed:
    def __init__(self, workspace, names=("mx.a.example",), days=30, **options):
        self.authority = pki.Authority(workspace.folder("pki"))
        self.sink = mail.Sink("127.0.0.1", 0, refuses)
        self.port = free_port()
        cert, key = self.authority.issue(*names, file="node", days=days)
        self.node = Node(workspace, "node", CONFIG.format(
            domain="mx.a.example",
            port=self.port, sink=self.sink.port, closed=free_port(), cert=cert, key=key,
            ca=self.authority.certificate)).start(**options)

    def send(self, recipient):
        mail.send("127.0.0.1", self.port, "u@a.example", [recipient],
                  mail.message("figures", "u@a.example", [recipient], "hello"))

    def status(self):
        return self.node.console("status")[0]


def a_rejected_configuration():
    """with a broken file on disk the console still reaches the node, which says what is wrong"""
    with Workspace("rejected") as workspace:
        bed = Bed(workspace)
        with open(bed.node.config, encoding="utf-8") as config:
            good = config.read()
        for mistake in ("[smpt]\nhosts = []\n", "[smtp\n"):
            workspace.file("node/hanse.toml", good + mistake)
            place = f"{bed.node.config}:{good.count(chr(10)) + 1}:"
            code, out, err = bed.node.say("reload")
            assert code == 1 and place in err, f"exit {code}: {out}{err}"
            code, out, err = bed.node.say("status")
            assert code == 0 and "config REJECTED" in out and place in out, f"{code}: {out}{err}"
            assert "config ok" not in out and place in err, err
            assert bed.node.event("config.rejected")
            code, out, err = bed.node.say("queue", "discard", "dest=down.example", "--reason",
                                          "test", "--yes")
            assert code == 0 and err.count("all the same") == 1, f"exit {code}: {out}{err}"
            status = bed.status()
            assert place in status["config_rejected"]["why"] and status["ready"], status
            assert any(place in one for one in status["warnings"]), status["warnings"]
            workspace.file("node/hanse.toml", good)
            assert bed.node.say("reload")[0] == 0
            code, out, err = bed.node.say("status")
            assert code == 0 and "config ok" in out and not err, f"exit {code}: {out}{err}"
        gone = subprocess.run([HANSE, "--config", workspace.file("no.toml"), "status"],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        assert gone.returncode == 2 and "no such file" in gone.stderr, gone
        assert bed.node.say("peer", "show", "nobody")[0] == 5
        assert bed.node.say("log", "level", "foo=debug")[0] == 2


def certificates_that_end():
    """a certificate with less than 14 days, or none, is warned of, in status and in the log"""
    with Workspace("certificates") as workspace:
        bed = Bed(workspace, days=10)
        log = eventually(lambda: bed.node.event("tls.certificate_expiring"), "the log line")
        assert log["lvl"] == "warning" and "mx.a.example expires in 9d" in log["msg"], log
        assert any("mx.a.example expires in 9d" in one for one in bed.status()["warnings"])
        bed.authority.issue("mx.a.example", file="node", days=-1)
        assert bed.node.say("reload")[0] == 0
        assert any("expired 1d" in one for one in bed.status()["warnings"]), bed.status()
        bed.authority.issue("other.a.example", file="node", days=30)
        assert bed.node.say("reload")[0] == 0
        warnings = bed.status()["warnings"]
        assert len(warnings) == 1 and "mx.a.example" in warnings[0], warnings
        bed.authority.issue("*.a.example", file="node", days=30)
        assert bed.node.say("reload")[0] == 0
        assert bed.status()["warnings"] == [], bed.status()
    with Workspace("expired") as workspace:
        bed = Bed(workspace, days=-1)
        eventually(lambda: bed.node.event("tls.certificate_expired"), "the log line")
        assert len(bed.node.events("tls.certificate_expired")) == 1


def a_second_start():
    """a second start on one data directory fails, says why, and drains nothing"""
    with Workspace("second") as workspace:
        bed = Bed(workspace)
        done = subprocess.run([HANSE, "run", "--config", bed.node.config],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=PATIENCE)
        assert done.returncode == 1, f"exit {done.returncode}: {done.stderr}"
        assert "is in use by the process" in done.stderr, done.stderr
        assert "drain." not in done.stderr, done.stderr
        assert bed.node.say("status")[0] == 0
        assert bed.node.stop() == 0
        assert bed.node.event("drain.done")


class Supervisor:
    """What systemd is to a service of type notify."""

    def __init__(self, workspace, watchdog_seconds):
        self.path = workspace.file("notify.sock")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.environment = {**os.environ, "NOTIFY_SOCKET": self.path,
                            "WATCHDOG_USEC": str(int(watchdog_seconds * 1e6))}

    def wait(self, wanted, seconds=PATIENCE):
        """The next message for which `wanted` holds."""
        end = time.monotonic() + seconds
        while True:
            self.socket.settimeout(max(0.01, end - time.monotonic()))
            text = self.socket.recv(4096).decode()
            if wanted(text):
                return text

    def forget(self):
        self.socket.setblocking(False)
        try:
            while self.socket.recv(4096):
                pass
        except BlockingIOError:
            pass


def a_supervisor():
    """systemd hears that the node is ready, alive, and how much it has in its queue"""
    with Workspace("notify") as workspace:
        supervisor = Supervisor(workspace, 0.6)
        bed = Bed(workspace, env=supervisor.environment)
        assert supervisor.wait(lambda text: "READY=1" in text)
        for _ in range(3):
            said = supervisor.wait(lambda text: "WATCHDOG=1" in text)
            assert "STATUS=ready; 0 in the queue" in said, said
        bed.send("v@down.example")
        supervisor.wait(lambda text: "STATUS=ready; 1 in the queue" in text)
        with one_thread_hangs(bed.node.process.pid):
            supervisor.wait(lambda text: "an event loop does not turn" in text)
            supervisor.forget()
            said = supervisor.wait(lambda text: "STATUS=" in text)
            assert "WATCHDOG" not in said and "not ready" in said, said
        supervisor.wait(lambda text: "WATCHDOG=1\nSTATUS=ready" in text)
        bed.node.process.send_signal(signal.SIGTERM)
        supervisor.wait(lambda text: "STOPPING=1" in text)
        assert bed.node.process.wait(PATIENCE) == 0


class one_thread_hangs:
    """Stops one network thread of a process, and only that one, as a debugger does."""
    SEIZE, INTERRUPT, DETACH, WAIT_ALL = 0x4206, 0x4207, 17, 0x40000000

    def __init__(self, pid):
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.thread = self.of_a_shard(pid)

    @staticmethod
    def of_a_shard(pid):
        for thread in sorted(map(int, os.listdir(f"/proc/{pid}/task"))):
            with open(f"/proc/{pid}/task/{thread}/comm", encoding="ascii") as name:
                if name.read().startswith("shard"):
                    return thread
        raise AssertionError("no thread is a shard's")

    def trace(self, request):
        if self.libc.ptrace(request, self.thread, None, None) != 0:
            raise Skip("no process may be traced here: " + os.strerror(ctypes.get_errno()))

    def __enter__(self):
        self.trace(self.SEIZE)
        self.trace(self.INTERRUPT)
        os.waitpid(self.thread, self.WAIT_ALL)

    def __exit__(self, *_):
        self.trace(self.DETACH)


def figures_of_rules():
    """every figure in conf/alerts.yml and conf/dashboard.json is one that a node shows"""
    with Workspace("figures") as workspace:
        bed = Bed(workspace)
        bed.send("u@a.example")
        bed.send("nobody@a.example")
        bed.send("v@down.example")
        address = eventually(lambda: bed.node.event("metrics.listening"), "metrics")["address"]
        for event in ("msg.delivered", "msg.bounced", "msg.deferred"):
            eventually(lambda name=event: bed.node.event(name), event)
        shown = figures(address)
        for name in ("alerts.yml", "dashboard.json"):
            with open(os.path.join(ROOT, "conf", name), encoding="utf-8") as text:
                text = text.read()
            used = set(re.findall(r"\bhanse_[a-z_]+", text))
            assert len(used) >= 9, used
            missing = sorted(used - shown.keys())
            assert not missing, f"{name}: no node shows {missing}"
            for figure, label, value in re.findall(r'(hanse_[a-z_]+)\{(\w+)=\\?"(\w+)', text):
                assert f'{label}="{value}"' in shown[figure], f"{figure}: no {label}={value}"
        with open(os.path.join(ROOT, "conf", "dashboard.json"), encoding="utf-8") as text:
            assert all(panel["targets"] for panel in json.load(text)["panels"])
        rows = {row["limit"]: row for row in bed.node.console("limits")}
        for name in ("limits.connections_max", "memory.soft", "disk.min_free"):
            assert "by default" in rows[name]["value"], rows[name]
        assert rows["memory.soft"]["used"] > 1 << 20, rows["memory.soft"]


def figures(address):
    """The names of all series, each with the labels it has."""
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as asked:
        asked.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        text = b"".join(iter(lambda: asked.recv(65536), b"")).decode()
    out = {}
    for name, labels in re.findall(r"^(hanse_[a-z_]+)(\{.*\})? ", text, re.M):
        out[name] = out.get(name, "") + labels
    return out


TESTS = [a_rejected_configuration, certificates_that_end, a_second_start, a_supervisor,
         figures_of_rules]

if __name__ == "__main__":
    sys.exit(results.run_all("system: state", TESTS))
