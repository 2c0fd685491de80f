# SPDX-License-Identifier: Apache-2.0
"""Real servers, each with one mistake in its configuration: what hanse says has to be changed."""

import datetime
import os

from tests.harness import results
from tests.harness.irc2_peer import Irc2
from tests.harness.irc_peers import HOST, OUR_NAME, Hybrid, Inspircd, Ngircd
from tests.harness.node import Node
from tests.harness.workspace import Workspace, eventually, free_port
from tests.interop.irc_world import HANSE

NODE, PEERS = None, {}

# Network, software, what is replaced in its configuration, by what, what it says or we say, and the
# words of its configuration that help.
MISTAKES = [
    ("i-auth", Inspircd, 'recvpass="to-i-auth"', 'recvpass="other"',
     "it says: Mismatched server name or password", '<link name="node.a.example"> with recvpass='),
    ("i-said", Inspircd, 'sendpass="from-i-said"', 'sendpass="other"',
     "wrong password", '<link name="node.a.example"> with sendpass='),
    ("i-name", Inspircd, f'<link name="{OUR_NAME}"', '<link name="x.example"',
     "it says: Mismatched server name or password", '<link name="node.a.example">'),
    ("i-mask", Inspircd, f'ipaddr="{HOST}" port="1" allowmask="127.0.0.0/8"', 'ipaddr="192.0.2.7"',
     "gone before it said a word", "allowmask="),
    ("i-pin", Inspircd, 'timeout="15"', 'timeout="15" fingerprint="00ff"',
     "it says: Invalid SSL certificate fingerprint", "requestclientcert="),
    ("i-id", Inspircd, 'id="1AA"', 'id="9RL"', "it says: Server ID 9RL already exists",
     "[irc] sid and sid_range"),
    ("h-auth", Hybrid, 'accept_password="to-h-auth"', 'accept_password="other"',
     "(Invalid password)", "accept_password"),
    ("h-said", Hybrid, 'send_password="from-h-said"', 'send_password="other"',
     "wrong password", "send_password"),
    ("h-name", Hybrid, f'connect {{ name="{OUR_NAME}"', 'connect { name="x.example"',
     "(No connect {} block)", f'connect {{ name = "{OUR_NAME}"'),
    ("h-host", Hybrid, f'host="{HOST}"; send', 'host="192.0.2.7"; send',
     "(Invalid host)", "host = our address"),
    ("h-hub", Hybrid, 'hub_mask="*";', "", "it says: No matching hub_mask.", 'hub_mask = "*"'),
    ("h-self", Hybrid, 'name="hybrid.h-self.example"', 'name="other.h-self.example"',
     "it calls itself other.h-self.example", 'serverinfo { name = "hybrid.h-self.example"; }'),
    ("n-auth", Ngircd, "MyPassword = to-n-auth", "MyPassword = other",
     "it says: Bad password", "MyPassword"),
    ("n-said", Ngircd, "PeerPassword = from-n-said", "PeerPassword = other",
     "wrong password", "PeerPassword"),
    ("n-name", Ngircd, f"Name = {OUR_NAME}", "Name = x.example",
     "it says: Server not configured here", f"[Server] Name = {OUR_NAME}"),
    ("2-auth", Irc2, "%to-2-auth%", "%other%", "(passwd mismatch)", "N%...%node.a.example%%2%"),
    ("2-said", Irc2, "%from-2-said%", "%other%", "wrong password", "c%...%node.a.example%%2%"),
    ("2-lines", Irc2, f"%{OUR_NAME}%", "%x.example%", "(No C/N conf lines)", "c%our address%"),
]


def config_of(peer):
    return getattr(peer, "config", os.path.join(peer.folder, "ircd.conf"))


def spoil(peer, old, new):
    with open(config_of(peer), encoding="utf-8") as config:
        text = config.read()
    assert old in text, f"{old} is not in {text}"
    with open(config_of(peer), "w", encoding="utf-8") as config:
        config.write(text.replace(old, new))


def make(workspace):
    global NODE
    PEERS["good"] = Inspircd(workspace, "good")
    for name, kind, old, new, _, _ in MISTAKES:
        try:
            PEERS[name] = kind(workspace, name)
        except results.Skip as skip:
            print(f"interop: IRC, refusals: no {name}: {skip}")
            continue
        spoil(PEERS[name], old, new)
    text = HANSE.format(us=OUR_NAME, host=HOST, port=free_port(), tls="", listen="addr")
    text += "".join(peer.hanse_network("secrets") for peer in PEERS.values())
    text += ports(workspace)
    NODE = Node(workspace, "hanse-refusals",
                text + '[junction.dev]\nmembers = ["irc:#dev%good", "irc:#dev%h-hub"]\n')


def ports(workspace):
    """Networks at ports that are not what was configured; and one that is linked on wish."""
    secret = workspace.file("secrets/ports", "word", 0o600)
    out = "".join(
        f'[irc.network.{name}]\ndialect = "hybrid"\npeer = "irc.{name}.example"\n'
        f'addr = "{HOST}:{port}"\ntls = "{tls}"\nautoconnect = true\n'
        f'send_password = "file:{secret}"\nreceive_password = "file:{secret}"\n'
        for name, port, tls in (("nobody", free_port(), "off"),
                                ("no-tls", PEERS["good"].servers, "verify")))
    PEERS["wish"] = Inspircd(workspace, "wish")
    return out + PEERS["wish"].hanse_network("secrets").replace("autoconnect = true\n", "")


def row(name):
    return NODE.console("irc", "networks", name)[0]


def mistake(number):
    name, _, _, _, why, helps = MISTAKES[number]

    def test():
        if name not in PEERS:
            raise results.Skip("its software is not here")
        eventually(lambda: why in row(name)["trouble"], f"{name} is refused")
        trouble = row(name)["trouble"]
        assert helps in trouble, trouble
        for password in (PEERS[name].sent, PEERS[name].received):
            assert password not in trouble, trouble
        for words in (("link", "show", name), ("explain", "irc", name), ("probe", "irc", name)):
            eventually(lambda words=words: helps in NODE.say(*words)[1],
                       f"{' '.join(words)} tells it")

    test.__doc__ = f"{name}: {why}"
    return test


def missing(name):
    return next(one for one in NODE.console("link", "list") if one.get("lane") == name)


def pause(one):
    """Seconds from its refusal to the next try."""
    refused, then = (datetime.datetime.fromisoformat(one[name].replace("Z", "+00:00"))
                     for name in ("breaker_open_since", "next_try"))
    return (then - refused).total_seconds()


def nobody_and_no_tls():
    """a port where nobody listens, and one in plain text where TLS was configured"""
    for name, why, helps in (
            ("nobody", "Connection refused", "[irc.network.nobody] addr"),
            ("no-tls", "it speaks plain text there", "[irc.network.no-tls] addr or tls")):
        eventually(lambda name=name, why=why: why in row(name)["trouble"], f"{name} is told")
        assert helps in row(name)["trouble"], row(name)
        told = NODE.say("explain", "irc", name)[1]
        assert why in told and helps in told, told
        for words in (("link", "show", name), ("probe", "irc", name)):
            code, out, err = NODE.say(*words)
            assert why in out + err, out + err
    tries = [line for line in NODE.say("probe", "irc", "no-tls")[1].splitlines()
             if "connecting to" in line]
    assert len(tries) == 1 and "TLS encrypt" in tries[0], tries
    assert pause(missing("no-tls")) >= 600


def on_wish():
    """a network without autoconnect says that nobody calls it, and is linked when told to, once"""
    if "wish" not in PEERS:
        raise results.Skip("its software is not here")
    assert row("wish")["trouble"] == "not called: autoconnect is off", row("wish")
    told = NODE.say("explain", "irc", "wish")[1]
    assert "hanse link retry wish" in told and "is lost for it" in told, told
    code, out, err = NODE.say("link", "retry", "wish")
    assert code == 0 and "irc wish is tried now" in out, out + err
    eventually(lambda: row("wish")["state"] == "linked", "wish is linked")
    PEERS["wish"].stop()
    eventually(lambda: row("wish")["state"] == "down", "wish is down")
    assert NODE.say("link", "retry", "wish")[0] == 0
    eventually(lambda: "Connection refused" in row("wish")["trouble"], "it is told")
    status = NODE.console("link", "show", "wish")[0]
    assert status["failures"] == 1 and status["next_try"] is None, status
    assert status["breaker_open_since"] is None, status


def put_right():
    """whoever refuses us for good is left alone for ten minutes, and asked at once when told to"""
    name, _, old, new, why, _ = MISTAKES[0]
    if name not in PEERS:
        raise results.Skip("its software is not here")
    one = missing(name)
    assert why in one["last_error"] and pause(one) >= 600, one
    told = NODE.say("link", "list")[1]
    assert f"no link to irc {name}: breaker_open" in told and "next try" in told, told
    PEERS[name].stop()
    spoil(PEERS[name], new, old)
    PEERS[name].start()
    code, out, err = NODE.say("link", "retry", name)
    assert code == 0 and "is tried now" in out, out + err
    eventually(lambda: row(name)["state"] == "linked", f"{name} is linked")


def reloaded():
    """a reload asks them at once too"""
    name, _, old, new, _, _ = MISTAKES[1]
    if name not in PEERS:
        raise results.Skip("its software is not here")
    PEERS[name].stop()
    spoil(PEERS[name], new, old)
    PEERS[name].start()
    assert pause(missing(name)) >= 600
    assert NODE.say("reload")[0] == 0
    eventually(lambda: row(name)["state"] == "linked", f"{name} is linked")


def main():
    tests = [*(mistake(number) for number in range(len(MISTAKES))), nobody_and_no_tls,
             on_wish, put_right, reloaded]
    if not results.wanted("interop IRC, refusals", tests):
        return 0
    with Workspace("irc-refusals") as workspace:
        try:
            make(workspace)
        except results.Skip as skip:
            return results.skip_all("interop IRC, refusals", tests, skip)
        for peer in PEERS.values():
            peer.start()
        NODE.start()
        outcome = results.run_all("interop IRC, refusals", tests)
        if outcome:
            print(NODE.log_text()[-6000:])
        NODE.stop()
        for peer in PEERS.values():
            peer.stop()
        return outcome
