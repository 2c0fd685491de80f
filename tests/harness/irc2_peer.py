# SPDX-License-Identifier: Apache-2.0
"""irc2 from Debian, unpacked beside the others: it reads one compiled path, so it runs with mounts
of its own in which that path is there."""

import os
import shutil

from tests.harness.irc_peers import HOST, Peer, user_irc
from tests.harness.namespace import may_have_mounts
from tests.harness.results import Skip
from tests.harness.workspace import PEERS

CONFIG = """M%{server}%{host}%{name}%{servers}%{sid}
A%a%a@{name}.example%x%%N
Y%1%90%%1000%5000000%100.100%1000.1000
Y%2%90%{seconds}%10%50000000%100.100%1000.1000
I%*%%%0%1
P%{host}%%%{servers}%
P%{host}%%%{clients}%
{link}
O%*@*%op%op%%1%KLRUD
"""
LINK = """c%{host}%{sent}%{us}%{port}%2%
N%{host}%{received}%{us}%%2%
H%*%%{us}%%
"""
# The compiled paths are in folders of the system that may not be there: laid over them.
START = """set -e
mount --make-rprivate /
mount -t tmpfs none {over}
mkdir {over}/up {over}/work
mount -t overlay none -o lowerdir=/etc,upperdir={over}/up,workdir={over}/work /etc
mkdir -p /etc/ircd
cp {folder}/ircd.conf {macros} /etc/ircd/
echo hello >/etc/ircd/ircd.motd
for place in /var/log /run; do
  mount -t tmpfs none $place
  mkdir $place/ircd
  chown {user} $place/ircd
done
exec setpriv --reuid {user} --regid {user} --clear-groups {program} -t -s -q -p off
"""


class Irc2(Peer):
    dialect, sid = "irc2", "000A"

    def configure(self):
        root = os.path.join(PEERS, "ircd-irc2")
        program = os.path.join(root, "usr", "sbin", "ircd")
        if not os.path.exists(program):
            raise Skip("ircd-irc2 is not unpacked: `make deps-test` unpacks it")
        if shutil.which("m4") is None:
            raise Skip("m4 is not installed, by which irc2 reads its configuration")
        may_have_mounts()
        words = {**vars(self), "host": HOST, "us": self.us, "port": self.calls or "",
                 "seconds": 2 if self.calls else "", "sid": self.sid}
        words["link"] = self.link(LINK, words).strip()
        self.workspace.file(f"{self.dialect}-{self.name}/ircd.conf", CONFIG.format(**words))
        self.script = self.workspace.file(
            f"{self.dialect}-{self.name}/start.sh",
            START.format(over=self.workspace.folder(f"{self.dialect}-{self.name}/over"),
                         folder=self.folder, user=user_irc(), program=program,
                         macros=os.path.join(root, "etc", "ircd", "ircd.m4")))

    def command(self):
        return ["unshare", "--mount", "sh", self.script]
