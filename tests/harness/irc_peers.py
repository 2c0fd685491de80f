# SPDX-License-Identifier: Apache-2.0
"""IRC servers from Debian's packages, each with a configuration of the test's own on free ports of
the loopback, and the link block for hanse in it."""

import os
import pwd
import shutil
import subprocess

from tests.harness.irc import Person
from tests.harness.results import Skip
from tests.harness.workspace import PEERS, answers, eventually, free_port, stop

HOST = "127.0.0.1"
SBIN = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
OUR_NAME = "node.a.example"


def program(name):
    found = shutil.which(name, path=SBIN)
    if found is None:
        raise Skip(f"{name} is not installed: `make deps-test` installs it")
    return found


class Peer:
    """`name` is ours for the network. It waits to be called; when `calls` is a port it calls us
    there. `tls`: its certificate and key, ours, and how it proves itself to us."""

    dialect = ""
    sid = ""
    separator = "|"  # in the nicks of puppets there
    more = ""  # at the end of its configuration
    us = OUR_NAME  # what hanse is called there; to be set before it is made

    def __init__(self, workspace, name, calls=None, tls=None):
        self.workspace, self.name, self.calls, self.tls = workspace, name, calls, tls
        self.server = f"{self.dialect}.{name}.example"
        self.folder = workspace.folder(f"{self.dialect}-{name}")
        os.chmod(self.folder, 0o777)  # some run as a user of their own
        self.clients, self.servers = free_port(), free_port()
        self.sent, self.received = f"from-{name}", f"to-{name}"  # passwords, by the peer's eyes
        self.process = None
        self.pasted = None  # what its operator was given for the link, instead of our own
        self.configure()

    def words(self):
        return {**vars(self), "us": self.us}

    def paste(self, block):
        self.pasted = block
        self.configure()

    def link(self, template, words):
        return self.pasted or template.format(**words)

    def configure(self):
        raise NotImplementedError

    def command(self):
        raise NotImplementedError

    def options(self):
        return {}

    @staticmethod
    def owner():
        """Whose its key has to be; None: root's."""
        return None

    def start(self):
        self.process = self.workspace.start(self.command(), f"{self.dialect}-{self.name}/output",
                                            cwd=self.folder, **self.options())
        eventually(lambda: answers(HOST, self.clients) or self.process.poll() is not None,
                   f"{self.server} listens")
        assert self.process.poll() is None, f"{self.server} ended at once: {self.output()}"
        return self

    def stop(self):
        stop(self.process)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def output(self):
        with open(os.path.join(self.folder, "output"), encoding="utf-8", errors="replace") as log:
            return log.read()[-3000:]

    def person(self, nick, **options):
        return Person(HOST, self.clients, nick, **options)

    def hanse_network(self, folder, more=""):
        """Its table in hanse's configuration."""
        for kind, word in (("in", self.sent), ("out", self.received)):
            self.workspace.file(f"{folder}/{self.name}.{kind}", word, 0o600)
        place = self.workspace.file(folder)
        address = "" if self.calls else f'addr = "{HOST}:{self.servers}"\nautoconnect = true\n'
        level = f'tls = "{self.tls.level if self.tls else "off"}"\n'
        if self.tls and self.tls.level == "pin":
            level += f'fingerprint = "sha256:{fingerprint(self.tls.certificate)}"\n'
        return (f'[irc.network.{self.name}]\ndialect = "{self.dialect}"\npeer = "{self.server}"\n'
                f'{level}send_password = "file:{place}/{self.name}.out"\n'
                f'receive_password = "file:{place}/{self.name}.in"\n{address}{more}')


class Tls:
    """Files of a peer's certificate and key, the file of our own certificate, and what hanse asks
    of the peer: verify or pin."""

    def __init__(self, own, ours, level):
        self.certificate, self.key = own
        self.ours, self.level = ours, level


def fingerprint(certificate):
    done = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-fingerprint",
                           "-sha256"], check=True, capture_output=True, text=True)
    return done.stdout.strip().split("=")[1].replace(":", "").lower()


INSPIRCD = """
<server name="{server}" description="of {name}" network="{name}" id="{sid}">
<admin name="a" nick="a" email="a@{name}.example">
<bind address="{host}" port="{clients}" type="clients">
<bind address="{host}" port="{servers}" type="servers" {bind_tls}>
{profile}
<connect allow="*" timeout="10" pingfreq="120" localmax="1000" globalmax="1000"
 commandrate="1000000" fakelag="no" resolvehostnames="no" hardsendq="100M" softsendq="50M"
 recvq="1M" threshold="100000">
<class name="all" commands="*"><type name="god" classes="all">
<oper name="op" password="op" host="*@*" type="god">
<files motd="{folder}/motd.txt"> <options allowmismatch="yes" defaultmodes="not">
{link}
<log method="file" type="* -USERINPUT -USEROUTPUT" level="default" target="{folder}/inspircd.log">
<module name="cap">
<module name="spanningtree"> <module name="sha256"> <module name="services_account">
<module name="banexception"> <module name="inviteexception"> <module name="ircv3_ctctags">
<module name="ircv3_msgid"> <module name="ircv3_servertime">
<module name="sethost"> <module name="setident"> <module name="setname">
<module name="muteban"> <module name="gecosban">
"""


INSPIRCD_LINK = """
<performance netbuffersize="65534">
<link name="{us}" ipaddr="{host}" port="{calls}" allowmask="127.0.0.0/8" sendpass="{sent}"
 recvpass="{received}" timeout="15" {link_tls}>
{autoconnect}
"""


class Inspircd(Peer):
    dialect, sid, separator = "inspircd", "1AA", "/"

    def configure(self):
        program("inspircd")
        self.workspace.file(f"{self.dialect}-{self.name}/motd.txt", "hello\n")
        autoconnect = f'<autoconnect period="2" server="{self.us}">' if self.calls else ""
        words = {**self.words(), "host": HOST, "sid": self.sid,
                 "calls": self.calls or 1, "autoconnect": autoconnect, "bind_tls": "",
                 "profile": "", "link_tls": ""}
        if self.tls:
            words["bind_tls"] = 'sslprofile="s2s"'
            words["link_tls"] = f'fingerprint="{fingerprint(self.tls.ours)}"'
            words["link_tls"] += ' sslprofile="s2s"' * bool(self.calls)
            words["profile"] = ('<module name="ssl_gnutls"> <sslprofile name="s2s" '
                                f'provider="gnutls" certfile="{self.tls.certificate}" '
                                f'keyfile="{self.tls.key}" hash="sha256" '
                                'requestclientcert="yes">')
        words["link"] = self.link(INSPIRCD_LINK, words)
        self.config = self.workspace.file(f"{self.dialect}-{self.name}/inspircd.conf",
                                          INSPIRCD.format(**words) + self.more)

    def command(self):
        return [program("inspircd"), "--nofork", "--nopid", "--runasroot", "--config", self.config]


HYBRID = """
serverinfo {{ name="{server}"; sid="{sid}"; description="h"; network_name="{name}"; hub=yes;
 max_nick_length=30; default_max_clients=1000; {server_tls} }};
admin {{ name="a"; email="a@{name}.example"; }};
class {{ name="users"; number_per_ip_local=1000; number_per_ip_global=1000; max_number=1000;
 sendq=10 megabytes; }};
class {{ name="server"; ping_time=1 minutes; connectfreq=2 seconds; max_number=10;
 sendq=50 megabytes; }};
listen {{ host="{host}"; port={clients}; }};
listen {{ flags=server{listen_tls}; host="{host}"; port={servers}; }};
auth {{ user="*@*"; class="users"; flags = need_ident; }};
operator {{ name="op"; user="*@*"; password="op"; class="server"; encrypted=no; umodes=servnotice;
 flags=kill, squit, connect, remote; }};
{link}
general {{ disable_auth=yes; throttle_count=1000; throttle_time=1 second; anti_nick_flood=no;
 anti_spam_exit_message_time=0; default_floodcount=100000; pace_wait=0; pace_wait_simple=0;
 true_no_oper_flood=yes; }};
channel {{ max_channels=100; max_bans=100; enable_extbans=yes; }};
"""


HYBRID_LINK = """
connect {{ name="{us}"; host="{host}"; send_password="{sent}"; accept_password="{received}";
 encrypted=no; port={calls}; class="server"; hub_mask="*"; {flags} {link_tls} }};
"""


class Hybrid(Peer):
    dialect, sid = "hybrid", "3HY"

    def configure(self):
        program("ircd-hybrid")
        words = {**self.words(), "host": HOST, "sid": self.sid,
                 "calls": self.calls or 1, "flags": "flags=autoconn;" if self.calls else "",
                 "listen_tls": "", "server_tls": "", "link_tls": ""}
        if self.tls:
            words["listen_tls"] = ", tls"
            words["server_tls"] = (f'tls_certificate_file="{self.tls.certificate}"; '
                                   f'rsa_private_key_file="{self.tls.key}";')
            words["link_tls"] = f'tls_certificate_fingerprint="{fingerprint(self.tls.ours)}";'
            if self.calls:
                words["flags"] = "flags=autoconn, tls;"
        words["link"] = self.link(HYBRID_LINK, words)
        text = HYBRID.format(**words).replace(" flags = need_ident;", "")
        self.config = self.workspace.file(f"{self.dialect}-{self.name}/ircd.conf", text)

    def options(self):
        return {"user": user_irc(), "group": user_irc()}

    @staticmethod
    def owner():
        return user_irc()

    def command(self):
        where = self.folder
        return [program("ircd-hybrid"), "-foreground", "-configfile", self.config,
                "-logfile", f"{where}/ircd.log", "-pidfile", f"{where}/ircd.pid",
                "-klinefile", f"{where}/kline.db", "-dlinefile", f"{where}/dline.db",
                "-xlinefile", f"{where}/xline.db", "-resvfile", f"{where}/resv.db"]


NGIRCD = """
[Global]
 Name = {server}
 Info = ng
 Listen = {host}
 Ports = {ports}
 MotdPhrase = hi
 AdminEMail = a@{name}.example
 ServerUID = {uid}
 ServerGID = {uid}
[Limits]
 MaxNickLength = 31
 MaxConnectionsIP = 0
 ConnectRetry = 5
[Options]
 Ident = no
 PAM = no
 DNS = no
[Operator]
 Name = op
 Password = op
{ssl}
{link}
"""
# Without parameters of its own it makes some, for seconds.
NGIRCD_SSL = """
[SSL]
 CertFile = {tls.certificate}
 KeyFile = {tls.key}
 DHFile = {parameters}
 Ports = {servers}
"""
NGIRCD_LINK = """
[Server]
 Name = {us}
 MyPassword = {received}
 PeerPassword = {sent}
{calling}
"""


class Ngircd(Peer):
    """Unpacked beside the others: its package conflicts with ircd-hybrid's."""

    dialect = "ngircd"

    def configure(self):
        self.program = os.path.join(PEERS, "ngircd", "usr", "sbin", "ngircd")
        if not os.path.exists(self.program):
            raise Skip("ngircd is not unpacked: `make deps-test` unpacks it")
        calling = f" Host = {HOST}\n Port = {self.calls}" if self.calls else " Passive = yes"
        words = {**self.words(), "host": HOST, "calling": calling, "ssl": "",
                 "uid": user_irc(), "ports": f"{self.clients}, {self.servers}"}
        if self.tls:
            words["ports"] = self.clients
            words["parameters"] = os.path.join(self.folder, "dh.pem")
            subprocess.run(["openssl", "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt",
                            "group:ffdhe2048", "-out", words["parameters"]],
                           check=True, capture_output=True)
            words["ssl"] = NGIRCD_SSL.format(**words)
            words["calling"] += "\n SSLConnect = yes\n SSLVerify = no" * bool(self.calls)
        words["link"] = self.link(NGIRCD_LINK, words)
        self.config = self.workspace.file(f"{self.dialect}-{self.name}/ngircd.conf",
                                          NGIRCD.format(**words) + self.more)

    @staticmethod
    def owner():
        return user_irc()

    def command(self):
        return [self.program, "-n", "-f", self.config]


def user_irc():
    try:
        return pwd.getpwnam("irc").pw_uid
    except KeyError:
        raise Skip("there is no user irc, whom ircd-hybrid runs as") from None
