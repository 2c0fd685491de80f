# SPDX-License-Identifier: Apache-2.0
"""Services for IRC networks from Debian's packages, which link to hanse as a server does."""

import glob
import os
import re

from tests.harness.irc_peers import HOST, OUR_NAME, program, user_irc
from tests.harness.workspace import stop

ATHEME = """
loadmodule "modules/protocol/{module}";
loadmodule "modules/backend/opensex";
loadmodule "modules/crypto/pbkdf2v2";
loadmodule "modules/nickserv/main";
loadmodule "modules/chanserv/main";
serverinfo {{ name = "{server}"; desc = "services"; numeric = "00A"; recontime = 5;
 netname = "test"; adminname = "a"; adminemail = "a@a.example"; registeremail = "a@a.example";
 mta = "/bin/true"; loglevel = {{ all; }}; maxlogins = 5; maxusers = 0; mdlimit = 30;
 emaillimit = 10; emailtime = 300; auth = none; casemapping = rfc1459; }};
uplink "{us}" {{ host = "{host}"; port = {port}; send_password = "{password}";
 receive_password = "{password}"; }};
nickserv {{ nick = "NickServ"; user = "NickServ"; host = "{server}"; real = "N"; aliases {{}}; }};
chanserv {{ nick = "ChanServ"; user = "ChanServ"; host = "{server}"; real = "C"; aliases {{}}; }};
general {{ commit_interval = 5; }};
logfile "{folder}/atheme.log" {{ all; }};
"""
ANOPE = """
uplink {{ host = "{host}" port = {port} password = "{password}" }}
serverinfo {{ name = "{server}" description = "services" pid = "{folder}/anope.pid"
 motd = "{folder}/motd" {numeric} }}
module {{ name = "{module}" use_server_side_mlock = yes use_server_side_topiclock = yes }}
networkinfo {{ networkname = "test" nicklen = 31 userlen = 10 hostlen = 64 chanlen = 32
 modelistsize = 100 vhost_chars = "abcdefghijklmnopqrstuvwxyz0123456789.-"
 allow_undotted_vhosts = false disallow_start_or_end = ".-" }}
options {{ casemap = "rfc1459" seed = 7 strictpasswords = no badpasslimit = 5 badpasstimeout = 1h
 updatetimeout = 5m expiretimeout = 30m readtimeout = 5s warningtimeout = 4h timeoutcheck = 3s
 retrywait = 5s }}
log {{ target = "services.log" admin = "*" override = "*" commands = "*" servers = "*" users = "*"
 other = "*" rawio = yes debug = yes }}
module {{ name = "enc_sha256" }}
service {{ nick = "NickServ" user = "services" host = "{server}" gecos = "Nick" }}
module {{ name = "nickserv" client = "NickServ" defaults = "" guestnickprefix = "Guest"
 nonicknameownership = no }}
command {{ service = "NickServ" name = "HELP" command = "generic/help" }}
module {{ name = "help" }}
"""
# Somebody called admin may give hosts to people who are known to it.
ANOPE_HOSTS = """
module {{ name = "db_flatfile" database = "anope.db" }}
module {{ name = "ns_register" registration = none nickregdelay = 0s unconfirmedexpire = 1d }}
command {{ service = "NickServ" name = "REGISTER" command = "nickserv/register" }}
service {{ nick = "HostServ" user = "services" host = "{server}" gecos = "Hosts" }}
module {{ name = "hostserv" client = "HostServ" activate_on_set = yes }}
module {{ name = "hs_set" }}
command {{ service = "HostServ" name = "SET" command = "hostserv/set" permission = "hostserv/set" }}
module {{ name = "hs_off" }}
command {{ service = "HostServ" name = "OFF" command = "hostserv/off" }}
opertype {{ name = "Root" commands = "*" privileges = "*" }}
oper {{ name = "admin" type = "Root" require_oper = no }}
"""


class Services:
    """`module`: the protocol it speaks to us, `dialect`: what we call that."""

    def __init__(self, workspace, module, dialect):
        self.workspace, self.module, self.dialect = workspace, module, dialect
        self.server = f"{self.kind}.{module}.example"
        self.name = f"{self.kind}-{module}"[:16]
        self.password = "shared"
        self.folder = workspace.folder(f"{self.kind}-{module}")
        self.process = None

    def words(self, port):
        return {**vars(self), "host": HOST, "us": OUR_NAME, "port": port}

    def hanse_network(self):
        secret = self.workspace.file("irc-secrets/services", self.password, 0o600)
        return (f'[irc.network.{self.name}]\ndialect = "{self.dialect}"\npeer = "{self.server}"\n'
                f'tls = "off"\nsend_password = "file:{secret}"\n'
                f'receive_password = "file:{secret}"\n')

    def stop(self):
        stop(self.process)

    def output(self):
        text = ""
        for path in sorted(glob.glob(f"{self.folder}/**", recursive=True)):
            if os.path.isfile(path) and not path.endswith(".conf"):
                with open(path, encoding="utf-8", errors="replace") as log:
                    text += f"--- {path}\n" + log.read()[-3000:]
        return text


class Atheme(Services):
    kind = "atheme"

    def start(self, port):
        found = program("atheme-services")
        folder = self.folder
        config = self.workspace.file(f"{self.kind}-{self.module}/atheme.conf",
                                     ATHEME.format(**self.words(port)))
        os.chmod(folder, 0o777)
        self.process = self.workspace.start(
            [found, "-n", "-r", "-c", config, "-p", f"{folder}/pid", "-D", folder, "-l",
             f"{folder}/start.log"], f"{self.kind}-{self.module}/output", cwd=folder)
        return self


class Anope(Services):
    kind = "anope"
    more = ""

    def start(self, port):
        found = program("anope")
        os.chmod(self.folder, 0o777)
        for folder in ("data", "log"):
            self.workspace.folder(f"{self.kind}-{self.module}/{folder}", 0o777)
        numeric = 'id = "00A"' if self.module != "ngircd" else ""
        self.workspace.file(f"{self.kind}-{self.module}/motd", "hello\n")
        text = (ANOPE + self.more).format(numeric=numeric, **self.words(port))
        self.workspace.file(f"{self.kind}-{self.module}/services.conf",   # a line for each
                            re.sub(r" (?=\w+ = |\}|id)", "\n", text))
        folder = self.folder
        self.process = self.workspace.start(
            [found, "--nofork", "--support", f"--confdir={folder}", f"--dbdir={folder}/data",
             f"--logdir={folder}/log", "--modulesdir=/usr/lib/anope",
             "--localedir=/usr/share/locale"], f"{self.kind}-{self.module}/output", cwd=folder,
            user=user_irc(), group=user_irc())
        return self


class HostServ(Anope):
    more = ANOPE_HOSTS
