# SPDX-License-Identifier: Apache-2.0
"""Postfix and Exim from Debian's packages, each with a configuration of the test's own."""

import glob
import os
import pwd
import shutil
import subprocess

from tests.harness.results import Skip
from tests.harness.workspace import PEERS, answers, eventually, stop

SBIN = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"

MASTER_CF = """
smtp      inet  n - n - 100 smtpd
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 2 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
smtp      unix  - - n - 100 smtp
relay     unix  - - n - 100 smtp
showq     unix  n - n - - showq
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """Listens on host:port; `extra` adds lines to main.cf."""

    def __init__(self, workspace, name, host, port, extra):
        self.program = shutil.which("postfix", path=SBIN)
        if self.program is None:
            raise Skip("Postfix is not installed: `make deps-test` installs it")
        self.workspace, self.name, self.host, self.port = workspace, name, host, port
        self.folder = workspace.folder(name)
        workspace.folder(f"{name}/spool")
        data = workspace.folder(f"{name}/data")
        os.chown(data, pwd.getpwnam("postfix").pw_uid, -1)
        workspace.file(f"{name}/master.cf",
                       MASTER_CF.replace("smtp      inet", f"{host}:{port} inet", 1))
        workspace.file(f"{name}/main.cf", f"""
compatibility_level = 3.6
queue_directory = {self.folder}/spool
data_directory = {data}
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = {self.folder}/maillog
maillog_file_prefixes = {workspace.path}
inet_interfaces = all
inet_protocols = ipv4
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
smtp_bind_address = {host}
smtputf8_enable = no
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
{extra}
""")
        self.process = None

    def start(self):
        self.process = self.workspace.start([self.program, "-c", self.folder, "start-fg"],
                                            f"{self.name}/output")
        eventually(lambda: answers(self.host, self.port) or self.process.poll() is not None,
                   f"Postfix {self.name} listens")
        assert self.process.poll() is None, "Postfix ended at once: see its log"
        return self

    def stop(self):
        """All of it, also the children that hold its connections and its socket."""
        subprocess.run([self.program, "-c", self.folder, "abort"], stdin=subprocess.DEVNULL,
                       capture_output=True)
        stop(self.process)
        eventually(lambda: not answers(self.host, self.port), f"Postfix {self.name} is gone")


EXIM = """
exim_path = {program}
primary_hostname = {hostname}
exim_user = nobody
exim_group = nogroup
spool_directory = {folder}/spool
log_file_path = {folder}/log/%slog
local_interfaces = <; {host}
daemon_smtp_ports = {port}
pid_file_path = {folder}/exim.pid
never_users =
host_lookup =
rfc1413_query_timeout = 0s
tls_advertise_hosts = *
tls_certificate = {cert}
tls_privatekey = {key}
domainlist ours = {domain}
hostlist locals = 127.0.0.1
acl_smtp_rcpt = rcpt
acl_smtp_data = accept
queue_run_in_order = false
begin acl
rcpt:
  deny local_parts = ^bad.*
       message = 5.1.1 no such user here
  defer local_parts = ^slow.*
        condition = ${{if exists{{{folder}/open}}{{no}}{{yes}}}}
        message = 4.2.1 come back later
  accept domains = +ours
  accept hosts = +locals
  deny message = 5.7.1 relaying denied
begin routers
inside:
  driver = manualroute
  domains = +ours
  route_list = * {inside_host}::{inside_port}
  self = send
  transport = plain
outside:
  driver = dnslookup
  transport = plain
  self = fail
begin transports
plain:
  driver = smtp
  interface = {host}
  hosts_try_fastopen =
  allow_localhost = true
  tls_verify_certificates = {ca}
  tls_try_verify_hosts = *
begin retry
* * F,1h,1s
"""


class Exim:
    def __init__(self, workspace, name, host, port, domain, certificate, authority, inside):
        self.program = exim_program()
        self.workspace, self.name, self.host, self.port = workspace, name, host, port
        self.folder = workspace.folder(name)
        nobody = pwd.getpwnam("nobody").pw_uid
        for part in ("spool", "log"):
            os.chown(workspace.folder(f"{name}/{part}"), nobody, -1)
        self.config = workspace.file(f"{name}/exim.conf", EXIM.format(
            program=self.program, hostname=f"mx.{domain}", folder=self.folder,
            host=host, port=port, domain=domain,
            cert=certificate[0], key=certificate[1], ca=authority.certificate,
            inside_host=inside[0], inside_port=inside[1]))
        self.process = None

    def start(self):
        self.process = self.workspace.start(
            [self.program, "-bdf", "-q1s", "-C", self.config], f"{self.name}/output")
        eventually(lambda: answers(self.host, self.port) or self.process.poll() is not None,
                   f"Exim {self.name} listens")
        assert self.process.poll() is None, "Exim ended at once: see its output"
        return self

    def let_slow_users_in(self):
        open(os.path.join(self.folder, "open"), "w", encoding="ascii").close()


def exim_program():
    """Exim and Postfix cannot be installed together, so Exim is unpacked beside it."""
    installed = shutil.which("exim4", path=SBIN)
    if installed:
        return installed
    program = os.path.join(PEERS, "exim", "usr", "sbin", "exim4")
    if not os.path.exists(program):
        os.makedirs(PEERS, exist_ok=True)
        done = subprocess.run(["apt-get", "download", "-q", "exim4-daemon-light"], cwd=PEERS,
                              stdin=subprocess.DEVNULL, capture_output=True)
        packages = glob.glob(os.path.join(PEERS, "exim4-daemon-light_*.deb"))
        if done.returncode != 0 or not packages:
            raise Skip("Exim's package cannot be downloaded here")
        subprocess.run(["dpkg-deb", "-x", packages[0], os.path.join(PEERS, "exim")], check=True)
    libraries = subprocess.run(["ldd", program], capture_output=True, check=True).stdout
    if b"not found" in libraries:
        raise Skip("Exim's libraries are missing: `make deps-test` installs them")
    return program
