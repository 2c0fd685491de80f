# SPDX-License-Identifier: Apache-2.0
"""The interface other programs rely on: the command line, the exit codes, the log, the health
and metrics listener, signals, one and four shards."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request

from tests.harness import mail, pki, results
from tests.harness.node import GROUND, Node
from tests.harness.workspace import HANSE, PATIENCE, Workspace, eventually, free_port

CONFIG = GROUND + """shards = {shards}
[listen.smtp]
addr = ["127.0.0.1:{port}"]
[smtp]
hosts = ["a.example"]
relay_from = ["127.0.0.0/8"]
retry = ["1h"]
reverse_names = false
check_sender_domain = false
[peer."b.example"]
state = "active"
role = "peer"
scopes = ["smtp"]
max_msgs_per_min = 600
[[route]]
match = "a.example"
protocol = "smtp"
via = "127.0.0.1:{sink}"
tls = "off"
[[route]]
match = "down.example"
protocol = "smtp"
via = "127.0.0.1:{closed}"
tls = "off"
[log]
format = "json"
level = "info"
[metrics]
addr = "127.0.0.1:0"
"""


class Bed:
    def __init__(self, workspace, shards=2):
        authority = pki.Authority(workspace.folder("pki"))
        cert, key = authority.issue("mx.a.example")
        self.sink = mail.Sink("127.0.0.1", 0)
        self.port, self.closed = free_port(), free_port()
        self.node = Node(workspace, "node", CONFIG.format(
            domain="mx.a.example",
            shards=shards, port=self.port, sink=self.sink.port, closed=self.closed, cert=cert,
            key=key, ca=authority.certificate)).start()

    def send(self, subject, recipient):
        data = mail.message(subject, "u@a.example", [recipient], "hello")
        mail.send("127.0.0.1", self.port, "u@a.example", [recipient], data)

    def http(self, path):
        address = self.node.event("metrics.listening")["address"]
        try:
            with urllib.request.urlopen(f"http://{address}{path}", timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


def relays_with_shards():
    """mail is relayed with 1 and with 4 shards, to many destinations"""
    for shards in (1, 4):
        with Workspace("shards") as workspace:
            bed = Bed(workspace, shards)
            for number in range(20):
                bed.send(f"shard-{number}", f"user{number}@a.example")
            eventually(lambda: len(bed.sink.messages) == 20, "20 messages")
            assert bed.node.stop() == 0


def console_commands():
    """every console command answers as text and as JSON, with the promised exit codes"""
    with Workspace("console") as workspace:
        bed = Bed(workspace)
        bed.send("waits", "v@down.example")
        row = eventually(lambda: next((row for row in bed.node.console("queue", "list")
                                       if row.get("reply")), None), "a waiting message")
        for words in (["status"], ["queue", "list"], ["queue", "show", row["id"]],
                      ["queue", "why", row["id"]], ["queue", "shape"], ["route", "list"],
                      ["route", "test", "u@a.example", "v@down.example",
                                       "--ip", "127.0.0.1"], ["peer", "list"],
                      ["peer", "show", "b.example"], ["link", "list"], ["limits"],
                      ["config", "show"], ["config", "default"], ["config", "check"],
                      ["config", "explain", "smtp.hosts"], ["log", "level", "info"], ["reload"]):
            code, out, err = bed.node.say(*words)
            assert code == 0, f"{words}: exit {code}: {out}{err}"
            assert out.strip(), f"{words}: no text"
            for item in bed.node.console(*words):
                assert item.get("v") == 1, f"{words}: {item}"
        why = bed.node.say("queue", "why", row["id"])[1]
        for wanted in ("route.1", "try 1", "refused", "next", "gives up"):
            assert wanted in why, f"queue why does not tell {wanted}:\n{why}"
        exit_codes(bed)
        changes(bed, row["id"])


def exit_codes(bed):
    assert bed.node.say("queue", "lsit")[0] == 2
    assert bed.node.say("queue", "show", "01NOSUCHMESSAGE")[0] == 5
    assert bed.node.say("queue", "list", "--cursor", "bogus")[0] == 2
    gone = subprocess.run([HANSE, "--socket", "/nonexistent/hanse.sock", "status"],
                          stdin=subprocess.DEVNULL, capture_output=True)
    assert gone.returncode == 3
    loader = "/lib64/ld-linux-x86-64.so.2"
    if os.path.exists(loader):     # its file is the loader then, which is not to be started again
        run = subprocess.run([loader, HANSE, "run", "--config", "/nonexistent"], timeout=PATIENCE,
                             stdin=subprocess.DEVNULL, capture_output=True)
        assert run.returncode == 2 and b"/nonexistent" in run.stderr, run
    for words in ("", "queue", "status", "queue list", "queue show", "queue why", "queue shape",
                  "queue retry", "queue hold", "queue release", "queue bounce", "queue discard",
                  "route list", "route test", "peer list", "peer show", "link list", "limits",
                  "config check", "config default", "config explain", "config show", "log level",
                  "drain", "reload", "run"):
        code, out, err = bed.node.say(*words.split(), "--help")
        assert code == 0 and out.strip(), f"{words} --help: exit {code}: {out}{err}"


def changes(bed, message):
    code, out, err = bed.node.say("queue", "hold", f"id={message}", "--reason", "look at it")
    assert code == 0, out + err
    assert bed.node.console("queue", "list", "status=held")
    assert bed.node.say("queue", "release", f"id={message}", "--reason", "done")[0] == 0

    # What nobody can confirm is shown all the same, and not done.
    # Released, it is tried at once; nobody takes away what is under way.
    bounce = ("queue", "bounce", "dest=down.example", "--reason", "test")
    eventually(lambda: "0 recipients" not in bed.node.say(*bounce)[1], "it waits again")
    code, out, err = bed.node.say(*bounce)
    assert code == 2 and "--yes" in err and "down.example" in out, (code, out, err)
    assert not bed.node.events("msg.bounced")

    def discarded():   # what is under way just now stays as it is
        bed.node.say("queue", "discard", "dest=down.example", "--reason", "test", "--yes")
        return [row for row in bed.node.console("queue", "list", "status=discarded")
                if row.get("id") == message]

    eventually(discarded, "in the trash")
    assert bed.node.say("queue", "release", "status=discarded", "--reason", "undo")[0] == 0


def configuration_errors():
    """an unknown key is named with file:line:column and the nearest known one, exit 2"""
    with Workspace("config") as workspace:
        path = workspace.file("hanse.toml", '[node]\ndomain = "a.example"\n'
                              'data_dir = "/nonexistent"\n[smtp]\nhsots = ["a.example"]\n')
        for words in (["run", "--config", path], ["config", "check", path]):
            done = subprocess.run([HANSE, *words], stdin=subprocess.DEVNULL, capture_output=True)
            text = done.stdout.decode() + done.stderr.decode()
            assert done.returncode == 2, f"exit {done.returncode}: {text}"
            assert f"{path}:5:1" in text and "hsots" in text and "hosts" in text, text


def health_and_metrics():
    """/livez, /readyz and /metrics tell the truth"""
    with Workspace("health") as workspace:
        bed = Bed(workspace)
        bed.send("counted", "u@a.example")
        eventually(lambda: bed.sink.messages, "delivery")
        assert bed.http("/livez")[0] == 200
        assert bed.http("/readyz")[0] == 200
        assert bed.http("/nothing")[0] == 404
        text = bed.http("/metrics")[1]
        for name in ("hanse_build_info", "hanse_ready", "hanse_config_epoch", "hanse_connections",
                     "hanse_messages_accepted_total", "hanse_messages_delivered_total",
                     "hanse_queue_messages", "hanse_queue_bytes", "hanse_delivery_latency_seconds",
                     "hanse_delivery_attempt_seconds", "hanse_store_commit_seconds",
                     "hanse_store_commit_batch_size", "hanse_store_sync_errors_total",
                     "hanse_store_wal_bytes", "hanse_tls_cert_expiry_seconds",
                     "hanse_disk_free_bytes", "hanse_fd_used", "hanse_memory_bytes",
                     "hanse_event_loop_lag_seconds", "hanse_config_last_reload_success 1",
                     "hanse_messages_quarantined_total", "hanse_peer_limit_ratio",
                     'hanse_peer_state{peer="b.example",state="active"} 1',
                     'hanse_peer_slow{peer="b.example"} 0'):
            assert f"\n{name}" in "\n" + text, f"no {name}"
        assert text.endswith("# EOF\n")


def suspend_peer(node):
    """A reload that changes a peer says so, once."""
    assert not node.events("peer.state_changed")
    with open(node.config, encoding="utf-8") as config:
        text = config.read()
    with open(node.config, "w", encoding="utf-8") as config:
        config.write(text.replace('state = "active"', 'state = "suspended"'))
    node.process.send_signal(signal.SIGHUP)
    told = eventually(lambda: node.event("peer.state_changed"), "peer.state_changed")
    assert told["peer"] == "b.example" and told["scopes"] == "smtp", told
    assert (told["state_before"], told["state"]) == ("active", "suspended"), told


def signals():
    """SIGHUP reloads the whole configuration or none of it; SIGTERM drains and exits 0"""
    with Workspace("signals") as workspace:
        bed = Bed(workspace)
        bed.node.process.send_signal(signal.SIGHUP)
        eventually(lambda: bed.node.event("config.reloaded"), "config.reloaded")
        suspend_peer(bed.node)
        with open(bed.node.config, "a", encoding="utf-8") as config:
            config.write('[smpt]\nhosts = []\n')
        bed.node.process.send_signal(signal.SIGHUP)
        eventually(lambda: bed.node.event("config.rejected"), "config.rejected")
        assert "\nhanse_config_last_reload_success 0" in bed.http("/metrics")[1]
        code, _, err = bed.node.say("reload")
        assert code == 1 and "smpt" in err, f"exit {code}: {err}"
        by_socket = subprocess.run([HANSE, "--socket", f"{bed.node.folder}/control.sock", "reload"],
                                   stdin=subprocess.DEVNULL, capture_output=True)
        assert by_socket.returncode == 1, by_socket
        bed.send("still-here", "u@a.example")
        eventually(lambda: bed.sink.messages, "delivery under the old configuration")
        assert bed.node.stop() == 0
        assert bed.node.event("drain.done")


def log_lines():
    """every log line is one JSON object; a message's life is a grep on its qid"""
    with Workspace("log") as workspace:
        bed = Bed(workspace)
        bed.send("logged", "u@a.example")
        eventually(lambda: bed.node.event("msg.delivered"), "msg.delivered")
        bed.node.stop()
        for line in bed.node.log_text().splitlines():
            event = json.loads(line)
            assert {"ts", "lvl", "ev", "msg"} <= set(event), line
        queue_id = bed.node.event("msg.delivered")["qid"]
        told = [event["ev"] for event in bed.node.events() if event.get("qid") == queue_id]
        assert told[0] == "msg.accepted" and told[-1] == "msg.delivered", told


def noisy_peers():
    """a peer that fails again and again fills no log: the first line, then a count"""
    with Workspace("noise") as workspace:
        bed = Bed(workspace)
        bed.send("waits", "v@down.example")
        for number in range(1, 6):
            bed.node.waits(f"try {number}", lambda row: row["attempts"] >= number)
            bed.node.say("queue", "retry", "all")
        failed = bed.node.events("conn.connect_failed")
        assert len(failed) == 1 and failed[0]["peer"].startswith("127.0.0.1"), failed
        assert len(bed.node.events("msg.deferred")) >= 5


def drain_by_console():
    """`hanse drain` finishes what is under way and ends the process with exit 0"""
    with Workspace("drain") as workspace:
        bed = Bed(workspace)
        assert bed.node.say("drain", "--for", "5s")[0] == 0
        assert bed.node.process.wait(PATIENCE) == 0
        assert os.path.exists(os.path.join(bed.node.folder, "data"))


TESTS = [relays_with_shards, console_commands, configuration_errors, health_and_metrics, signals,
         log_lines, noisy_peers, drain_by_console]

if __name__ == "__main__":
    sys.exit(results.run_all("interface", TESTS))
