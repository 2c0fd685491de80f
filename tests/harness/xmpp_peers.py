# SPDX-License-Identifier: Apache-2.0
"""Prosody, ejabberd and jabberd2 from Debian's packages, each with a configuration of the test's
own, on addresses of a namespace's loopback, with components (XEP-0114) behind them."""

import glob
import os
import shutil
import signal

from tests.harness.results import Skip
from tests.harness.workspace import PATIENCE, answers, eventually, stop, wait_until
from tests.harness.xmpp import SECRET, Component

SBIN = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
COMPONENT_PORT = 5347


def program(name):
    found = shutil.which(name, path=SBIN)
    if found is None:
        raise Skip(f"{name} is not installed: `make deps-test` installs it")
    return found


class Peer:
    """Listens on `host`, answers for `domain`. `components` are the domains behind it, `rooms`
    those of its own chat rooms. `known` is the certificate authority it trusts. With the option
    `bare` the test connects its components itself."""

    kind = ""

    def __init__(self, workspace, host, domain, certificate, known, components=(), rooms=(),
                 **options):
        self.workspace, self.host, self.domain = workspace, host, domain
        self.certificate, self.known = certificate, known
        self.components, self.rooms, self.options = components, rooms, options
        self.name = f"{self.kind}-{domain.split('.')[0]}"
        self.folder = workspace.folder(self.name)
        self.process, self.behind = None, {}
        self.configure()

    def configure(self):
        raise NotImplementedError

    def command(self):
        raise NotImplementedError

    def environment(self):
        return None

    def start(self):
        self.process = self.workspace.start(self.command(), f"{self.name}/output",
                                            cwd=self.folder, env=self.environment())
        self.wait_for(self.ports())
        for domain in self.components:
            if domain not in self.behind and not self.options.get("bare"):
                self.behind[domain] = Component(self.host, self.port_of(domain), domain)
        for component in self.behind.values():
            component.up()
        return self

    def port_of(self, _):
        """Where the component of that domain connects."""
        return COMPONENT_PORT

    def ports(self):
        return [5269, *{self.port_of(domain) for domain in self.components}]

    def wait_for(self, ports):
        # An Erlang machine that starts yields to whoever else wants the processor.
        wait_until(lambda: all(answers(self.host, port) for port in ports)
                   or self.process.poll() is not None, 4 * PATIENCE, f"{self.name} listens")
        assert self.process.poll() is None, f"{self.name} ended at once: see its output"

    def stop(self):
        stop(self.process)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def log_text(self):
        """What it has logged so far: for a test that fails."""
        text = ""
        for path in sorted(glob.glob(os.path.join(self.folder, "*.log"))):
            with open(path, encoding="utf-8", errors="replace") as log:
                text += log.read()
        return text


PROSODY = """
run_as_root = true
daemonize = false
pidfile = "{folder}/prosody.pid"
data_path = "{folder}/data"
certificates = "{folder}"
interfaces = {{ "{host}" }}
c2s_ports = {{ }}
s2s_ports = {{ 5269 }}
s2s_direct_tls_ports = {{ 5270 }}
component_ports = {{ {component_port} }}
component_interfaces = {{ "{host}" }}
use_ipv6 = false
modules_enabled = {{ "s2s", "saslauth", "tls", "disco", "ping", "version", "time", {modules} }}
modules_disabled = {{ "c2s", "offline", "s2s_auth_dane_in", {disabled} }}
s2s_secure_auth = {secure}
s2s_require_encryption = true
s2s_allow_encryption = true
local fault_ssl = {{ cafile = "{known}", key = "{key}", certificate = "{chain}" }}
ssl, s2s_ssl, s2s_direct_tls_ssl = fault_ssl, fault_ssl, fault_ssl
unbound = {{ resolvconf = "/etc/resolv.conf",
             options = {{ ["do-not-query-localhost:"] = "no" }} }}
log = {{ {level} = "{folder}/prosody.log" }}
authentication = "internal_plain"
{more}
VirtualHost "{domain}"
"""


class Prosody(Peer):
    """Options: bidi, dialback (instead of EXTERNAL), level (of its log), more (lines before its
    hosts), after (lines behind them)."""

    kind = "prosody"

    def configure(self):
        program("prosody")
        if not glob.glob("/usr/lib/*/lua/5.4/lunbound.so"):
            raise Skip("lua-unbound is not installed: `make deps-test` installs it")
        bidi, dialback = self.options.get("bidi"), self.options.get("dialback")
        modules = ['"smacks"'] + ['"s2s_bidi"'] * bool(bidi) + ['"dialback"'] * bool(dialback)
        text = PROSODY.format(
            folder=self.folder, host=self.host, component_port=COMPONENT_PORT,
            modules=", ".join(modules), disabled="" if dialback else '"dialback"',
            secure="false" if dialback else "true", known=self.known,
            chain=self.certificate[0], key=self.certificate[1],
            level=self.options.get("level", "debug"), domain=self.domain,
            more=self.options.get("more", "")).replace("fault_ssl", "tls_settings")
        for name in self.rooms:
            text += (f'Component "{name}" "muc"\n  restrict_room_creation = false\n'
                     '  muc_room_locking = false\n')
        for name in self.components:
            text += f'Component "{name}"\n  component_secret = "{SECRET}"\n'
        text += self.options.get("after", "")
        self.workspace.folder(f"{self.name}/data")
        self.config = self.workspace.file(f"{self.name}/prosody.cfg.lua", text)

    def command(self):
        return [program("prosody"), "--config", self.config, "-F"]

    def ports(self):
        return [*super().ports(), 5270]


EJABBERD = """
hosts:
  - {domain}
loglevel: {level}
ca_file: {known}
certfiles:
  - {bundle}
s2s_use_starttls: required
outgoing_s2s_families: [ipv4]
s2s_max_retry_delay: 1
negotiation_timeout: 20
listen:
  - {{port: 5269, ip: {host}, module: ejabberd_s2s_in, max_stanza_size: 524288}}
  - {{port: 5270, ip: {host}, module: ejabberd_s2s_in, tls: true, max_stanza_size: 524288}}
{components}
shaper: {{}}
modules:
  mod_ping: {{}}
  mod_disco: {{}}
  mod_version: {{}}
  mod_time: {{}}
{modules}
"""

LISTENER = """  - port: {port}
    ip: {host}
    module: ejabberd_service
    hosts: {{"{name}": {{password: "{secret}"}}}}"""


class Ejabberd(Peer):
    """Options: dialback (instead of EXTERNAL), level (of its log, 0 to 5), resolver (address)."""

    kind = "ejabberd"

    def configure(self):
        if not glob.glob("/usr/lib/*/ejabberd-*/ebin"):
            raise Skip("ejabberd is not installed: `make deps-test` installs it")
        bundle = ""
        for path in (*self.certificate[::-1], self.options.get("issuer", self.known)):
            with open(path, encoding="ascii") as part:
                bundle += part.read()
        modules = ""
        if self.options.get("dialback"):
            modules += "  mod_s2s_dialback: {}\n"
        if self.rooms:
            modules += (f"  mod_muc:\n    hosts: [{', '.join(self.rooms)}]\n"
                        "    default_room_options: {anonymous: false}\n")
        self.workspace.file(f"{self.name}/ejabberd.yml", EJABBERD.format(
            domain=self.domain, host=self.host, known=self.known,
            bundle=self.workspace.file(f"{self.name}/bundle.pem", bundle, 0o600),
            components="\n".join(LISTENER.format(
                port=self.port_of(name), host=self.host, name=name, secret=SECRET)
                for name in self.components),
            level=self.options.get("level", 5), modules=modules))
        resolver = self.options.get("resolver", "127.0.0.1")
        resolv = self.workspace.file(f"{self.name}/resolv.conf", f"nameserver {resolver}\n")
        self.workspace.file(f"{self.name}/inetrc",
                            f'{{lookup,["file","dns"]}}. {{resolv_conf,"{resolv}"}}.\n')
        self.workspace.folder(f"{self.name}/spool")

    def port_of(self, domain):
        # One listener each: the domains of one listener all belong to each of its connections.
        return COMPONENT_PORT + self.components.index(domain)

    def environment(self):
        libraries = os.path.dirname(os.path.dirname(glob.glob("/usr/lib/*/ejabberd-*/ebin")[0]))
        return {**os.environ, "ERL_LIBS": libraries, "HOME": self.folder,
                "ERL_INETRC": f"{self.folder}/inetrc",
                "EJABBERD_CONFIG_PATH": f"{self.folder}/ejabberd.yml",
                "EJABBERD_LOG_PATH": f"{self.folder}/ejabberd.log",
                "ERL_CRASH_DUMP": "/dev/null"}

    def command(self):
        # Without a node name there is no distribution, and so no daemon for it that stays.
        return [program("erl"), "-noinput", "+K", "true", "-mnesia", "dir",
                f'"{self.folder}/spool"', "-s", "ejabberd"]

    def ports(self):
        return [*super().ports(), 5270]


ROUTER = """
<router><id>router</id><log type='stdout'/>
<local><ip>{host}</ip><port>{port}</port><users>{folder}/users.xml</users>
<secret>{secret}</secret></local>
<io><max_fds>1024</max_fds></io>
<aci><acl type='all'><user>jabberd</user></acl></aci>
</router>
"""

ROUTER_USERS = "<users><user><name>jabberd</name><secret>{secret}</secret></user></users>\n"

S2S = """
<s2s><id>s2s</id>
<router><ip>{host}</ip><port>{port}</port><user>jabberd</user><pass>{secret}</pass></router>
<log type='stdout'/>
<local><ip>{host}</ip><port>5269</port><origins><ip>{host}</ip></origins>
<secret>{secret}</secret><pemfile>{bundle}</pemfile><cachain>{known}</cachain></local>
<io><max_fds>1024</max_fds><limits><stanzasize>65535</stanzasize></limits></io>
<check><interval>5</interval><queue>60</queue><retry>1</retry><idle>86400</idle>
<dnscache>30</dnscache></check>
<lookup><srv>xmpp-server</srv><min-ttl>1</min-ttl><max-ttl>5</max-ttl>
<bad-host-timeout>1</bad-host-timeout></lookup>
<security><require_tls/></security>
</s2s>
"""


class Jabberd2(Peer):
    """Its router, to which components connect, and its server-to-server part: dialback over
    STARTTLS and nothing else."""

    kind = "jabberd2"

    def configure(self):
        program("jabberd2-router")
        bundle = ""
        for path in (*self.certificate[::-1], self.options.get("issuer", self.known)):
            with open(path, encoding="ascii") as part:
                bundle += part.read()
        words = {"host": self.host, "port": COMPONENT_PORT, "secret": SECRET,
                 "folder": self.folder, "known": self.known,
                 "bundle": self.workspace.file(f"{self.name}/bundle.pem", bundle, 0o600)}
        self.workspace.file(f"{self.name}/users.xml", ROUTER_USERS.format(**words))
        for name, text in (("router", ROUTER), ("s2s", S2S)):
            self.workspace.file(f"{self.name}/{name}.xml", text.format(**words))
        self.router = None

    def start(self):
        self.router = self.workspace.start(
            [program("jabberd2-router"), "-c", f"{self.folder}/router.xml"],
            f"{self.name}/router.log")
        eventually(lambda: answers(self.host, COMPONENT_PORT), "jabberd2's router listens")
        return super().start()

    def command(self):
        return [program("jabberd2-s2s"), "-c", f"{self.folder}/s2s.xml"]

    def stop(self):
        stop(self.process, 2.0)
        stop(self.router, 2.0)

    def kill(self):
        super().kill()
        self.router.kill()
        self.router.wait()


def dialled(process):
    """Where the established connections lead that this process has opened to such servers, as
    (address, port)."""
    inodes = set()
    for descriptor in os.listdir(f"/proc/{process.pid}/fd"):
        try:
            target = os.readlink(f"/proc/{process.pid}/fd/{descriptor}")
        except OSError:
            continue  # closed meanwhile
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    found = set()
    with open(f"/proc/{process.pid}/net/tcp", encoding="ascii") as table:
        for line in table.readlines()[1:]:
            words = line.split()
            address, port = words[2].split(":")
            if words[3] == "01" and words[9] in inodes and int(port, 16) in (5269, 5270):
                found.add((unpacked(address), int(port, 16)))
    return found


def unpacked(text):
    return ".".join(str(int(text[at:at + 2], 16)) for at in (6, 4, 2, 0))
