# SPDX-License-Identifier: Apache-2.0
"""The three things measured side by side: nothing in between, Postfix, hanse. Each takes mail on
its own port and hands it to smtp-sink on another."""

import os
import pwd
import re
import shutil
import time
import urllib.request

from tests.harness.node import Node
from tests.harness.workspace import answers, free_port, stop, wait_until

SBIN = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"

HANSE_CONFIG = """
[node]
domain = "mx.a.example"
data_dir = "{{folder}}/data"
{shards}
[listen.smtp]
addr = ["127.0.0.1:{port}"]
[control]
socket = "{{folder}}/control.sock"
[smtp]
relay_from = ["127.0.0.0/8"]
reverse_names = false
check_sender_domain = false
[store]
destination_messages_max = 500000
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

POSTFIX_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = {folder}/maillog
maillog_file_prefixes = {folder}
myhostname = mx.p.example
inet_interfaces = all
inet_protocols = ipv4
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
mynetworks = 127.0.0.0/8
relayhost = [127.0.0.1]:{sink}
disable_dns_lookups = yes
smtpd_peername_lookup = no
smtpd_recipient_restrictions = permit_mynetworks, reject
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
default_process_limit = 300
default_destination_concurrency_limit = 100
initial_destination_concurrency = 50
in_flow_delay = 0
max_use = 100000
max_idle = 600
qmgr_message_active_limit = 100000
smtp_connection_cache_on_demand = yes
smtp_connection_cache_destinations = [127.0.0.1]:{sink}
smtp_tls_security_level = none
smtputf8_enable = no
"""

POSTFIX_MASTER = """
127.0.0.1:{port} inet  n - n - 200 smtpd
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
smtp      unix  - - n - 200 smtp
relay     unix  - - n - 200 smtp
showq     unix  n - n - - showq
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
"""


def program(name):
    return shutil.which(name, path=SBIN)


def figures(node):
    """Counters of a running hanse, by its metrics listener."""
    event = node.event("metrics.listening")
    with urllib.request.urlopen(f"http://{event['address']}/metrics", timeout=10) as answer:
        text = answer.read().decode()

    def total(name):
        return sum(float(value) for value in re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)", text,
                                                        re.MULTILINE))
    return {"commits": total("hanse_store_commit_seconds_count"),
            "accepted": total("hanse_messages_accepted_total"),
            "tls_bytes": total("hanse_tls_memory_bytes")}


def cpu_of(pid):
    """User and system seconds of a process and of its children that have ended."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def family(pid):
    """A process and the living ones below it."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
            found = [int(child) for child in children.read().split()]
    except OSError:
        return [pid]
    return [pid] + [member for child in found for member in family(child)]


class Bare:
    """smtp-source talks to smtp-sink directly."""

    name = "bare pair"

    def __init__(self, sink_port):
        self.port = sink_port

    def start(self):
        pass

    def stop(self):
        pass

    def cpu_seconds(self):
        return 0.0


class PostfixRelay:
    name = "Postfix"

    def __init__(self, workspace, sink_port):
        self.workspace, self.port = workspace, free_port()
        self.folder = workspace.folder("postfix")
        workspace.folder("postfix/spool")
        os.chown(workspace.folder("postfix/data"), pwd.getpwnam("postfix").pw_uid, -1)
        workspace.file("postfix/main.cf",
                       POSTFIX_MAIN.format(folder=self.folder, sink=sink_port))
        workspace.file("postfix/master.cf", POSTFIX_MASTER.format(port=self.port))
        self.process = None

    def start(self):
        self.process = self.workspace.start([program("postfix"), "-c", self.folder, "start-fg"],
                                            "postfix/output")
        wait_until(lambda: answers("127.0.0.1", self.port), 60, "Postfix listens")

    def stop(self):
        stop(self.process)

    def cpu_seconds(self):
        """So far; while it runs. Those of its processes that ended count by their parent."""
        return sum(cpu_of(pid) for pid in family(self.process.pid))


class HanseRelay:
    name = "hanse"

    def __init__(self, workspace, sink_port, name="hanse", shards=None):
        self.port = free_port()
        self.node = Node(workspace, name, HANSE_CONFIG.format(
            port=self.port, sink=sink_port, shards=f"shards = {shards}" if shards else ""))

    def start(self):
        self.node.start(ready_seconds=120)

    def stop(self):
        self.node.stop()

    def cpu_seconds(self):
        return cpu_of(self.node.process.pid)


class SinkProgram:
    """smtp-sink that ends by itself after `count` messages."""

    def __init__(self, workspace, port, count):
        self.process = workspace.start(
            [program("smtp-sink"), "-u", "nobody", "-M", str(count), f"127.0.0.1:{port}", "512"],
            "sink.log")
        wait_until(lambda: answers("127.0.0.1", port), 5, "smtp-sink listens")

    def wait(self, seconds):
        return self.process.wait(seconds)


def push(workspace, relay, sink_port, count, size, sessions, stay=False):
    """Messages per second from the first byte sent to the last message in the sink. Sessions that
    do not stay connect anew for each message."""
    sink = SinkProgram(workspace, sink_port, count)
    start = time.monotonic()
    source = workspace.start(
        [program("smtp-source"), *(["-d"] if stay else []), "-s", str(sessions),
         "-l", str(size), "-m", str(count),
         "-f", "a@a.example", "-t", "b@b.example", f"127.0.0.1:{relay.port}"], "source.log")
    sink.wait(180)
    seconds = time.monotonic() - start
    stop(source)
    return count / seconds
