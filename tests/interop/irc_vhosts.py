# SPDX-License-Identifier: Apache-2.0
"""A network with Anope on it, whose HostServ gives somebody a host: it is his elsewhere too."""

from tests.harness import results
from tests.harness.irc_peers import HOST, Hybrid, Inspircd
from tests.harness.irc_services import HostServ
from tests.harness.workspace import Workspace, eventually
from tests.interop.irc_world import World

INSPIRCD = """
<link name="{services}" ipaddr="{host}" port="1" allowmask="127.0.0.0/8" sendpass="shared"
 recvpass="shared" timeout="15">
<uline server="{services}" silent="yes">
<module name="hidechans"> <module name="servprotect"> <module name="chghost">
<module name="chgident"> <module name="topiclock"> <module name="cban"> <module name="svshold">
"""
HYBRID = """
connect {{ name="{services}"; host="{host}"; send_password="shared"; accept_password="shared";
 encrypted=no; port=1; class="server"; }};
service {{ name="{services}"; }};
"""
# Where Anope is, the other network, what is added to the former's configuration, Anope's module.
WORLDS = [(Inspircd, Hybrid, INSPIRCD, "inspircd3"), (Hybrid, Inspircd, HYBRID, "hybrid")]
WORLD, SERVICES = None, None


def shown(asker, nick):
    """Somebody's user name, host and real name, in a line."""
    return asker.whois(nick, " 311 ")


def gives_a_host():
    """a host that HostServ gives is shown on the other network, until it takes it away"""
    admin, bob = WORLD.left.person("admin"), WORLD.right.person("bob")
    try:
        for person in admin, bob:
            person.join("#dev")
        there = WORLD.left_there(admin)
        eventually(lambda: f" {HOST} " in shown(bob, there), "he is there with his own host")
        eventually(lambda: shown(admin, "NickServ"), "NickServ is there")
        admin.tell("NickServ", "REGISTER a-long-password a@a.example")
        admin.wait("NOTICE admin", "egistered")
        admin.tell("HostServ", "SET admin given.example")
        admin.wait("NOTICE admin", "given.example", "set")
        eventually(lambda: " given.example " in shown(bob, there), "he is seen with that host")
        mark = bob.mark()
        admin.tell("#dev", "still me")
        line = bob.wait("PRIVMSG #dev :still me", since=mark)
        assert line.startswith(f":{there}!") and "@given.example " in line, line
        admin.tell("HostServ", "OFF")
        eventually(lambda: f" {HOST} " in shown(bob, there), "he is seen with his own again")
    finally:
        for person in admin, bob:
            person.leave()


def nothing_is_dropped():
    """no line of that network was one that must not be"""
    assert not WORLD.node.events("irc.dropped"), WORLD.node.events("irc.dropped")


def run(left, right, more, module):
    global WORLD, SERVICES
    tests = [gives_a_host, nothing_is_dropped]
    suite = f"interop IRC, {left.dialect} with HostServ and {right.dialect}"
    if not results.wanted(suite, tests):
        return 0
    with Workspace("irc-vhosts") as workspace:
        try:
            WORLD = World(workspace, left, right)
            SERVICES = HostServ(workspace, module, left.dialect)
            with open(WORLD.left.config, "a", encoding="utf-8") as config:
                config.write(more.format(services=SERVICES.server, host=HOST))
            WORLD.start()
            SERVICES.start(WORLD.left.servers)
        except results.Skip as skip:
            return results.skip_all(suite, tests, skip)
        outcome = results.run_all(suite, tests)
        if outcome:
            print(WORLD.node.log_text()[-3000:], SERVICES.output()[-6000:])
        SERVICES.stop()
        return outcome


def main():
    return max(run(*world) for world in WORLDS)
