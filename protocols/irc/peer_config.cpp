// SPDX-License-Identifier: Apache-2.0
// What the operator of the server at the other end pastes into its configuration (irc 11).
#include <algorithm>

#include "protocols/irc/views.h"
#include "server/base/text.h"

namespace hanse::irc {
namespace {

constexpr std::string_view software[] = {"inspircd", "hybrid", "solanum", "ngircd", "irc2"};

// What all of them have to be told, in none's words.
struct Block {
  const NetworkSettings& network;
  std::string host, port;              // where we are
  bool local = false;                  // on the same machine
  bool they_call = false, tls = false;
  std::string fingerprint;             // of our certificate
  std::string we_say, they_say;        // passwords, or what they are called here
};

std::string password(const NetworkSettings& network, const Secret& secret,
                     std::string_view key, bool shown) {
  // Each of them quotes in its own way; what needs it in any is for the operator to bring over.
  const std::string& value = secret.text();
  const bool plain = value.find_first_of("\"\\%&<>#;{}*") == std::string::npos;
  if (shown && plain) return value;
  return "(" + std::string(key) + "-of-irc.network." + network.name + ")";
}

Block make_block(const IrcSettings& settings, const NetworkSettings& network,
                 const PeerConfigWish& wish) {
  Block out{network, {}, {}, false, network.places.empty(), network.tls != LinkTls::off, {},
            password(network, network.send_password, "send_password", wish.passwords),
            password(network, network.receive_password, "receive_password", wish.passwords)};
  const std::string& listen = out.tls ? settings.tls_listen : settings.plain_listen;
  const std::size_t colon = listen.rfind(':');
  out.port = colon == std::string::npos ? (out.tls ? "7001" : "7000") : listen.substr(colon + 1);
  out.host = listen.substr(0, colon == std::string::npos ? 0 : colon);
  if (out.host.starts_with('[')) out.host = out.host.substr(1, out.host.size() - 2);
  out.local = is_loopback(out.host) ||
              (!network.places.empty() && is_loopback(network.places.front().address));
  // An address of all interfaces is none to call.
  if (out.host.empty() || out.host == "::" || out.host == "0.0.0.0")
    out.host = out.local ? "127.0.0.1" : network.own_name;
  if (out.tls && wish.certificate_sha256)
    out.fingerprint = wish.certificate_sha256(network.own_name);
  return out;
}

std::string head(const Block& block) {
  std::string out = "# " + block.network.own_name + " for " + block.network.peer + ", network " +
                    block.network.name + "\n";
  if (block.we_say.starts_with('(') || block.they_say.starts_with('('))
    out += "# in brackets: what these settings of " + block.network.own_name + " hold\n";
  if (block.tls && block.fingerprint.empty())
    out += "# " + block.network.own_name + " has no certificate yet: [tls] cert and key\n";
  return out;
}

std::string for_inspircd(const Block& block) {
  std::string out = head(block);
  out += "<module name=\"spanningtree\">\n<module name=\"sha256\">\n";
  out += "<link name=\"" + block.network.own_name + "\" ipaddr=\"" + block.host + "\" port=\"" +
         block.port + "\"";
  if (block.local) out += " allowmask=\"127.0.0.0/8\"";
  out += "\n      sendpass=\"" + block.they_say + "\" recvpass=\"" + block.we_say + "\"";
  if (block.tls) {
    if (block.they_call) out += "\n      sslprofile=\"s2s\"";
    if (!block.fingerprint.empty()) out += "\n      fingerprint=\"" + block.fingerprint + "\"";
  }
  out += ">\n";
  if (block.they_call)
    out += "<autoconnect period=\"60\" server=\"" + block.network.own_name + "\">\n";
  if (block.tls)
    out += "# the fingerprint counts when its <sslprofile> (here: s2s) has hash=\"sha256\" and\n"
           "# requestclientcert=\"yes\"\n";
  // irc 3.4
  out += "# with the usual 10240 a large burst is read in crumbs, one in a second\n"
         "<performance netbuffersize=\"65534\">\n";
  return out;
}

std::string for_hybrid(const Block& block) {
  std::string flags = block.they_call ? "autoconn" : "";
  if (block.tls && block.they_call) flags += ", tls";
  std::string out = head(block) + "connect {\n  name = \"" + block.network.own_name +
                    "\";\n  host = \"" + block.host + "\";\n  port = " + block.port +
                    ";\n  send_password = \"" + block.they_say +
                    "\";\n  accept_password = \"" + block.we_say +
                    "\";\n  encrypted = no;\n  class = \"server\";\n";
  if (!flags.empty()) out += "  flags = " + flags + ";\n";
  if (!block.fingerprint.empty())
    out += "  tls_certificate_fingerprint = \"" + block.fingerprint + "\";\n";
  // irc 4.1
  out += "  # without it the link ends at the first person of another network\n"
         "  hub_mask = \"*\";\n};\n# class \"server\" has to be there, with a large sendq\n";
  return out;
}

std::string for_solanum(const Block& block) {
  std::string flags = "topicburst";
  if (block.tls) flags += ", ssl";
  if (block.they_call) flags += ", autoconn";
  std::string out = head(block) + "connect \"" + block.network.own_name + "\" {\n  host = \"" +
                    block.host + "\";\n  port = " + block.port + ";\n  send_password = \"" +
                    block.they_say + "\";\n  accept_password = \"" + block.we_say +
                    "\";\n  class = \"server\";\n  flags = " + flags + ";\n";
  if (!block.fingerprint.empty())
    out += "  # counts when general { certfp_method = sha256; }\n  fingerprint = \"" +
           block.fingerprint + "\";\n";
  return out + "  # without it the link ends at the first person of another network\n"
               "  hub_mask = \"*\";\n};\n# class \"server\" has to be there, with a large sendq\n";
}

std::string for_ngircd(const Block& block) {
  // irc 5: its names of the passwords are the other way round.
  std::string out = head(block) + "[Server]\nName = " + block.network.own_name +
                    "\nMyPassword = " + block.we_say + "\nPeerPassword = " + block.they_say + "\n";
  if (block.they_call) {
    out += "Host = " + block.host + "\nPort = " + block.port + "\n";
    if (block.tls) out += "SSLConnect = yes\n";
  } else {
    out += "Passive = yes\n";
  }
  out += "# with the usual 9 little is left of people's names\n[Limits]\nMaxNickLength = 31\n";
  return out;
}

std::string for_irc2(const Block& block) {
  // irc 6, 11: what it sends stands behind c, what it wants to hear behind N. It has no TLS.
  const std::string port = block.they_call ? block.port : std::string();
  return head(block) + "c%" + block.host + "%" + block.they_say + "%" + block.network.own_name +
         "%" + port + "%2%\nN%" + block.host + "%" + block.we_say + "%" + block.network.own_name +
         "%%2%\nH%*%%" + block.network.own_name + "%%\n# class 2 (Y%2%...) has to be there\n";
}

bool is_for(const NetworkSettings& network, const std::string& wanted) {
  switch (network.dialect) {
    case DialectKind::automatic: return true;
    case DialectKind::inspircd: return wanted == "inspircd";
    case DialectKind::hybrid: return wanted == "hybrid";
    case DialectKind::ngircd: return wanted == "ngircd";
    case DialectKind::irc2: return wanted == "irc2";
    case DialectKind::solanum: return wanted == "solanum";
  }
  return false;
}

}  // namespace

std::span<const std::string_view> peer_software() { return software; }

Result<std::string> write_peer_config(const IrcSettings& settings, const PeerConfigWish& wish) {
  const NetworkSettings* found = nullptr;
  std::string fitting;
  for (const NetworkSettings& one : settings.networks) {
    const bool named = equal_ascii_case(one.name, wish.peer) ||
                       equal_ascii_case(one.peer, wish.peer);
    if (!wish.peer.empty() ? !named : !is_for(one, wish.software)) continue;
    found = &one;
    fitting += " " + one.name;
  }
  if (found == nullptr)
    return Error{Fault::never, wish.peer.empty()
                                   ? "no [irc.network] has the dialect " + wish.software
                                   : "no [irc.network." + escape_text(wish.peer) + "]"};
  if (fitting.find(' ', 1) != std::string::npos)
    return Error{Fault::never, "which one:" + fitting};
  if (!is_for(*found, wish.software))
    return Error{Fault::never, "[irc.network." + found->name + "] has another dialect"};
  const Block block = make_block(settings, *found, wish);
  if (wish.software == "inspircd") return for_inspircd(block);
  if (wish.software == "hybrid") return for_hybrid(block);
  if (wish.software == "solanum") return for_solanum(block);
  if (wish.software == "irc2") return for_irc2(block);
  return for_ngircd(block);
}

}  // namespace hanse::irc
