# SPDX-License-Identifier: Apache-2.0
"""A network with two addresses: one name of a server that lives at either of them (ngIRCd)."""

from tests.harness import results
from tests.harness.irc_peers import HOST, OUR_NAME, Ngircd
from tests.harness.node import Node
from tests.harness.workspace import Workspace, eventually, free_port
from tests.interop.irc_world import HANSE

NODE, FIRST, SECOND = None, None, None


def row():
    return NODE.console("irc", "networks")[0]


def linked_at(peer):
    place = f"{HOST}:{peer.servers}"
    eventually(lambda: (row()["state"], row()["address"]) == ("linked", place),
               f"linked at {place}")


def the_first_is_dead():
    """a network whose first address is dead is linked at its second"""
    SECOND.start()
    NODE.start()
    linked_at(SECOND)


def one_is_killed():
    """when the server in use is killed the link goes to the other address"""
    FIRST.start()
    SECOND.kill()
    linked_at(FIRST)
    told = NODE.say("explain", "irc", "#dev")[1]
    assert f"at {HOST}:{FIRST.servers}, ngircd" in told and "one of 2 addresses" in told, told


def the_first_refuses():
    """an address where the server refuses us is passed over"""
    SECOND.start()
    FIRST.kill()
    linked_at(SECOND)
    FIRST.sent = FIRST.received = "another"
    FIRST.configure()
    FIRST.start()
    SECOND.kill()
    eventually(lambda: "password" in row()["trouble"], "the first one refuses us")
    SECOND.start()
    code, out, err = NODE.say("link", "retry", "home")
    assert code == 0, out + err
    linked_at(SECOND)


def make(workspace):
    global NODE, FIRST, SECOND
    FIRST, SECOND = Ngircd(workspace, "home"), Ngircd(workspace, "spare")
    SECOND.server, SECOND.sent, SECOND.received = FIRST.server, FIRST.sent, FIRST.received
    SECOND.configure()
    other = Ngircd(workspace, "other", calls=free_port())   # of the junction, and never there
    text = HANSE.format(us=OUR_NAME, host=HOST, port=free_port(), tls="", listen="addr")
    text += FIRST.hanse_network("failover") + other.hanse_network("failover")
    one = f'addr = "{HOST}:{FIRST.servers}"'
    assert one in text
    text = text.replace(one, f'addr = ["{HOST}:{FIRST.servers}", "{HOST}:{SECOND.servers}"]')
    text += '[junction.dev]\nmembers = ["irc:#dev%home", "irc:#dev%other"]\n'
    NODE = Node(workspace, "hanse-failover", text)


def main():
    tests = [the_first_is_dead, one_is_killed, the_first_refuses]
    if not results.wanted("interop IRC, two addresses", tests):
        return 0
    with Workspace("irc-failover") as workspace:
        try:
            make(workspace)
        except results.Skip as skip:
            return results.skip_all("interop IRC, two addresses", tests, skip)
        outcome = results.run_all("interop IRC, two addresses", tests)
        if outcome:
            print(NODE.log_text()[-3000:])
        for one in (NODE, FIRST, SECOND):
            if one.process is not None:   # a test that was asked for alone starts not all
                one.stop()
        return outcome
