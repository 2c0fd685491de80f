# SPDX-License-Identifier: Apache-2.0
"""What a mail node does at its edges, seen from outside: whom a client's certificate shows, loops,
settings, what it says of deferred and bounced mail, and what `make install` puts where."""

import hashlib
import os
import pwd
import re
import shutil
import signal
import smtplib
import socket
import sqlite3
import ssl
import subprocess
import sys
import tempfile

from tests.harness import dns, mail, pki, results
from tests.harness.node import GROUND, Node
from tests.harness.results import Skip
from tests.harness.workspace import BUILD, HANSE, ROOT, Workspace, eventually, free_port

CONFIG = GROUND + """[listen.smtp]
addr = ["{listen}:{port}"]
tls_addr = ["127.0.0.1:{tls_port}"]
[dns]
servers = ["127.0.0.1:{dns}"]
[limits]
handshake_timeout = "{handshake}"
[policy]
unknown_peers = "reject"
[smtp]
hosts = ["a.example"]
relay_from = [{relay_from}]
port = {port}
retry = ["1h"]
reverse_names = false
check_sender_domain = false
loopback_addresses = true
[peer."b.example"]
scopes = ["smtp"]
fingerprints = ["{pin}"]
[[route]]
match = "a.example"
protocol = "smtp"
via = "127.0.0.1:{sink}"
tls = "off"
[metrics]
addr = "127.0.0.1:0"
"""

# Loaded before the daemon: its wall clock is ahead by what the file says, the steady one is not.
MOVED_CLOCK = """
#include <sys/syscall.h>
#include <unistd.h>
#include <ctime>
#include <cstdio>
#include <cstdlib>
extern "C" int clock_gettime(clockid_t which, timespec* now) noexcept {
  const long result = syscall(SYS_clock_gettime, which, now);
  if (result != 0 || which != CLOCK_REALTIME) return static_cast<int>(result);
  long ahead = 0;
  if (FILE* said = std::fopen(std::getenv("SECONDS_AHEAD"), "r")) {
    if (std::fscanf(said, "%ld", &ahead) == 1) now->tv_sec += ahead;
    std::fclose(said);
  }
  return 0;
}
"""

RECORDS = ["loop MX 10 back", "back A 127.0.0.1", "gone MX 0 ."]


class Bed:
    def __init__(self, workspace, relay=True, listen="127.0.0.1", env=None, handshake="60s"):
        self.authority = pki.Authority(workspace.folder("pki"))
        cert, key = self.authority.issue("mx.a.example")
        self.peer = self.authority.issue("b.example")
        self.sink = mail.Sink("127.0.0.1", 0, self.rules)
        self.answers = {}
        self.port, self.tls_port, dns_port = free_port(), free_port(), free_port()
        self.dns = dns.DnsServer(workspace, RECORDS, port=dns_port)
        self.node = Node(workspace, "node", CONFIG.format(
            domain="mx.a.example", handshake=handshake, listen=listen,
            port=self.port, tls_port=self.tls_port, dns=dns_port, cert=cert,
            key=key, ca=self.authority.certificate, sink=self.sink.port,
            pin=fingerprint(self.peer[0]), relay_from='"127.0.0.0/8"' if relay else ""))
        self.node.start(env=env)

    def rules(self, verb, argument):
        return next((reply for what, reply in self.answers.items()
                     if verb == "RCPT" and what in argument), None)

    def send(self, recipient, extra=""):
        data = mail.message("edge", "u@a.example", [recipient], "hello", extra)
        return mail.send("127.0.0.1", self.port, "u@a.example", [recipient], data)

    def metric(self, wanted):
        """The values of the series whose line begins so."""
        address = self.node.event("metrics.listening")["address"]
        host, port = address.rsplit(":", 1)
        with socket.create_connection((host, int(port)), timeout=5) as asked:
            asked.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
            text = asked.makefile("rb").read().decode()
        return [float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
                if line.startswith(wanted)]


def fingerprint(certificate):
    with open(certificate, encoding="ascii") as pem:
        der = ssl.PEM_cert_to_DER_cert(pem.read())
    return hashlib.sha256(der).hexdigest()


def client(bed, shown):
    context = ssl.create_default_context(cafile=bed.authority.certificate)
    context.check_hostname = False
    if shown is not None:
        context.load_cert_chain(*shown)
    return context


def known_by_certificate():
    """a peer is known by the certificate its client shows (T-5)"""
    with Workspace("pins") as workspace:
        bed = Bed(workspace, relay=False)
        stranger = bed.authority.issue("stranger.example")
        for shown, expected in ((bed.peer, 250), (stranger, 550), (None, 550)):
            with smtplib.SMTP("127.0.0.1", bed.port, timeout=10) as session:
                session.starttls(context=client(bed, shown))
                session.ehlo("b.example")
                assert session.mail("u@b.example")[0] == expected, (shown, expected)
            with smtplib.SMTP_SSL("127.0.0.1", bed.tls_port, timeout=10,
                                  context=client(bed, shown)) as session:
                session.ehlo("b.example")
                assert session.mail("u@b.example")[0] == expected, (shown, expected)


def own_wildcard():
    """behind a wildcard listener an exchange that is this node itself is a loop (M-6)"""
    with Workspace("loop") as workspace:
        bed = Bed(workspace, listen="0.0.0.0")
        bed.send("v@loop.example")
        event = eventually(lambda: bed.node.event("msg.bounced"), "the bounce")
        assert event["status"] == "5.4.6" and "loops back" in event["msg"], event


def loops_are_counted():
    """what has been around too often is refused, told and counted (R-4)"""
    with Workspace("hops") as workspace:
        bed = Bed(workspace)
        hops = "".join(f"Received: from x{n} by y{n}; 1 Jan 2026 00:00:00 +0000\r\n"
                       for n in range(100))
        data = hops.encode() + mail.message("edge", "u@a.example", ["v@a.example"], "hello")
        try:
            mail.send("127.0.0.1", bed.port, "u@a.example", ["v@a.example"], data)
            raise AssertionError("taken")
        except smtplib.SMTPDataError as refused:
            assert refused.smtp_code == 554 and b"5.4.6" in refused.smtp_error, refused
        assert bed.node.event("route.loop_dropped")
        assert bed.metric('hanse_route_loops_dropped_total{proto="smtp",route="route.0"}') == [1]


def deferred_and_bounced():
    """deferred and bounced mail is counted by reason, and its age by peer"""
    with Workspace("endings") as workspace:
        bed = Bed(workspace)
        bed.answers = {"later": "451 4.2.1 not now", "never": "550 5.1.1 nobody"}
        bed.send("later@a.example")
        bed.send("never@a.example")
        eventually(lambda: bed.node.event("msg.bounced") and bed.node.event("msg.deferred"),
                   "both endings")
        assert sum(bed.metric('hanse_messages_deferred_total{proto="smtp"')) == 1
        assert sum(bed.metric('hanse_messages_bounced_total{proto="smtp"')) == 1
        eventually(lambda: bed.metric('hanse_queue_oldest_seconds{peer="other"}')[0] > 0,
                   "an age")
        assert bed.metric('hanse_queue_oldest_seconds{peer="b.example"}') == [0]


def holding_is_told():
    """what is held and released is an event, beside the audit's (operations 6)"""
    with Workspace("hold") as workspace:
        bed = Bed(workspace)
        bed.answers = {"later": "451 4.2.1 not now"}
        bed.send("later@a.example")
        bed.node.waits("deferred")
        for verb in ("hold", "release"):
            bed.node.console("queue", verb, "all", "--reason", "a test")
            assert bed.node.event(f"queue.{verb}")["recipients"] == 1
            assert bed.node.event(f"audit.queue_{verb}")["reason"] == "a test"


def handshake_timeout():
    """who does not finish a handshake is told of and let go"""
    with Workspace("handshake") as workspace:
        bed = Bed(workspace, handshake="1s")
        with socket.create_connection(("127.0.0.1", bed.tls_port), timeout=10) as silent:
            assert silent.recv(1) == b""
        assert bed.node.event("conn.handshake_timeout")["proto"] == "smtp"


def needs_restart():
    """a setting that counts from the next start only is told of at a reload"""
    with Workspace("restart") as workspace:
        bed = Bed(workspace)
        with open(bed.node.config, encoding="utf-8") as config:
            text = config.read()
        with open(bed.node.config, "w", encoding="utf-8") as config:
            config.write(text.replace("[node]", "[node]\nshards = 7"))
        bed.node.process.send_signal(signal.SIGHUP)
        eventually(lambda: bed.node.event("config.reloaded"), "config.reloaded")
        told = [event["msg"] for event in bed.node.events("config.needs_restart")]
        assert told == ["node.shards changes with the next start"], told


def networks_need_a_restart():
    """IRC networks and junctions that come, go or change at a reload are told of, each by name"""
    with Workspace("networks") as workspace:
        secret = workspace.file("word", "word", 0o600)
        network = ('[irc.network.{0}]\npeer = "irc.{0}.example"\ntls = "{1}"\n'
                   f'send_password = "file:{secret}"\nreceive_password = "file:{secret}"\n')
        junction = '[junction.{0}]\nmembers = [{1}]\n'
        listens = (f'[listen.irc]\naddr = ["127.0.0.1:{free_port()}"]\n'
                   '[irc]\nsid = "9RL"\nsid_range = "9R?"')
        bed = Bed(workspace)
        with open(bed.node.config, encoding="utf-8") as config:
            text = config.read()

        def write(*more):
            with open(bed.node.config, "w", encoding="utf-8") as config:
                config.write("\n".join([text, listens, *more]))

        def reload():
            seen = len(bed.node.events("config.reloaded"))
            before = len(bed.node.events("config.needs_restart"))
            bed.node.process.send_signal(signal.SIGHUP)
            eventually(lambda: len(bed.node.events("config.reloaded")) > seen, "reloaded")
            told = bed.node.events("config.needs_restart")[before:]
            return {event["msg"].replace(" changes with the next start", "") for event in told}

        both = '"irc:#dev%home", "irc:#dev%away"'
        old = [network.format("home", "off"), network.format("away", "off"),
               junction.format("dev", both)]
        write(*old)
        bed.node.stop()
        bed.node.start()
        assert reload() == set()
        new = [network.format("home", "verify"), network.format("third", "off"),
               junction.format("dev", '"irc:#dev%home", "irc:#dev%third"'),
               junction.format("more", '"irc:#more%home", "irc:#more%third"')]
        write(*new)
        told = reload()
        assert told == {"irc.network.home.tls", "irc.network.away", "irc.network.third",
                        "junction.dev.members", "junction.more"}, told


def not_permitted():
    """somebody else than the group of the control socket gets exit 4"""
    if os.geteuid() != 0:
        raise Skip("needs root to become somebody else")
    with Workspace("permission") as workspace:
        bed = Bed(workspace)
        nobody = pwd.getpwnam("nobody")
        binary = shutil.copy(HANSE, workspace.file("hanse"))   # where anybody may run it
        os.chmod(workspace.folder("node"), 0o755)
        control = f"{bed.node.folder}/control.sock"
        os.chmod(control, 0o666)   # the peer's credentials are asked, not only the file's mode
        done = subprocess.run([binary, "--socket", control, "status"], stdin=subprocess.DEVNULL,
                              capture_output=True, user=nobody.pw_uid, group=nobody.pw_gid,
                              extra_groups=[])
        assert done.returncode == 4, (done.returncode, done.stderr)
        assert bed.node.event("audit.refused")


def the_database():
    """the database is as D2 wants it: a log ahead of it, nothing moved by itself, one holder"""
    with Workspace("database") as workspace:
        bed = Bed(workspace)
        bed.send("u@a.example")
        data = f"{bed.node.folder}/data"
        database = next(os.path.join(data, name) for name in os.listdir(data)
                        if name.endswith(".db"))
        read = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
        assert read.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        read.close()
        assert os.path.exists(database + "-wal")
        assert bed.node.event("store.checkpoint_slow") is None
        second = subprocess.run([HANSE, "run", "--config", bed.node.config],
                                stdin=subprocess.DEVNULL, capture_output=True, timeout=20)
        text = second.stderr.decode()
        assert second.returncode != 0 and str(bed.node.process.pid) in text, text


def the_clock_jumps():
    """a wall clock that is moved by ten days is told of, and expires nothing (D8)"""
    with Workspace("clock") as workspace:
        library = workspace.file("moved_clock.so")
        subprocess.run(["g++", "-shared", "-fPIC", "-o", library,
                        workspace.file("moved_clock.cpp", MOVED_CLOCK)], check=True)
        ahead = workspace.file("ahead", "0")
        bed = Bed(workspace, env=dict(os.environ, LD_PRELOAD=library, SECONDS_AHEAD=ahead))
        bed.answers = {"later": "451 4.2.1 not now"}
        bed.send("later@a.example")
        bed.node.waits("deferred")
        eventually(lambda: bed.metric("hanse_fd_used"), "the first look at the clock")
        os.replace(workspace.file("ahead.new", "864000"), ahead)
        jump = eventually(lambda: bed.node.event("clock.jump"), "clock.jump")
        assert abs(jump["seconds"] - 864000) < 60, jump
        bed.node.console("queue", "retry", "all")
        bed.node.waits("tried again", lambda row: row["attempts"] == 2)
        assert len(bed.node.events("msg.deferred")) == 2
        assert not bed.node.event("msg.expired")
        bed.answers = {}
        bed.node.console("queue", "retry", "all")
        eventually(lambda: bed.sink.messages, "delivered")


def no_core_dumps():
    """a crash leaves no image of keys and messages behind (operations 9)"""
    with Workspace("core") as workspace:
        bed = Bed(workspace)
        with open(f"/proc/{bed.node.process.pid}/limits", encoding="ascii") as limits:
            text = limits.read()
        assert re.search(r"Max core file size\s+0\s+0\s", text), text


def installed():
    """`make install` puts a whole node under DESTDIR, whose program and unit are in order"""
    with tempfile.TemporaryDirectory(prefix="hanse-install-") as root:
        done = subprocess.run(["make", "-s", "install", f"DESTDIR={root}",
                               f"BUILD={os.path.relpath(BUILD, ROOT)}"], cwd=ROOT,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        files = {os.path.join(folder, name)[len(root):]
                 for folder, _, names in os.walk(root) for name in names}
        binary = next(name for name in files if name.endswith("bin/hanse"))
        unit = next(name for name in files if name.endswith("hanse.service"))
        assert any(name.endswith("hanse.toml.sample") for name in files), files
        said = subprocess.run([root + binary, "--version"], capture_output=True, text=True)
        assert said.returncode == 0 and said.stdout.strip(), said
        with open(root + unit, encoding="utf-8") as text:
            started = re.search(r"^ExecStart=(\S+)", text.read(), re.M).group(1)
        assert started == binary, (started, binary)


def host_without_a_way_on():
    """a domain we take mail for needs a route of its own: named with its place, exit 2"""
    with Workspace("hosts") as workspace:
        path = workspace.file("hanse.toml", '[node]\ndomain = "mx.a.example"\ndata_dir = "/none"\n'
                              '[smtp]\nhosts = ["a.example"]\n[[route]]\nmatch = "*"\n'
                              'protocol = "smtp"\nvia = "127.0.0.1:2525"\n')
        done = subprocess.run([HANSE, "config", "check", path], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True)
        said = done.stdout + done.stderr
        assert done.returncode == 2 and f"{path}:5:1" in said and "[[route]]" in said, said


def tls_first():
    """mail to a place that wants TLS from the first octet is told of when the rule is read"""
    with Workspace("tls_first") as workspace:
        path = workspace.file("hanse.toml", '[node]\ndomain = "mx.a.example"\ndata_dir = "/none"\n'
                              '[smtp]\n[[route]]\nmatch = "*"\nvia = "tls://127.0.0.1:4650"\n')
        done = subprocess.run([HANSE, "config", "check", path], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True)
        said = done.stdout + done.stderr
        assert done.returncode == 2 and f"{path}:7:1" in said and "STARTTLS" in said, said


def readme_configuration():
    """the configuration that the README shows is one"""
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as readme:
        shown = re.search(r"```toml\n(.*?)```", readme.read(), re.S).group(1)
    with Workspace("readme") as workspace:
        authority = pki.Authority(workspace.folder("pki"))
        cert, key = authority.issue("mx.a.example")
        text = shown.replace("/etc/hanse/tls/fullchain.pem", cert).replace(
            "/etc/hanse/tls/key.pem", key)
        path = workspace.file("hanse.toml", text)
        done = subprocess.run([HANSE, "config", "check", path], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


TESTS = [known_by_certificate, own_wildcard, loops_are_counted, deferred_and_bounced,
         holding_is_told, handshake_timeout, needs_restart, networks_need_a_restart,
         not_permitted, the_database, no_core_dumps, host_without_a_way_on, tls_first,
         readme_configuration]
if os.path.exists(os.path.join(BUILD, "commit")):   # the daemon as it is shipped
    TESTS += [the_clock_jumps, installed]

if __name__ == "__main__":
    sys.exit(results.run_all("edges", TESTS))
