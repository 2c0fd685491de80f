// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/remedy.h"

#include <span>

namespace hanse::irc {
namespace {

// %N: our name, %P: the peer's, %L: what we call its network. The first row that fits counts.
struct Row {
  std::string_view dialect;         // empty: any
  std::string_view words;           // a part of the reason
  std::string_view there, here;
  bool passes = false;              // maybe by itself: a link that is not known to be dead there
};

constexpr std::string_view own_password = "[irc.network.%L] send_password";
constexpr std::string_view their_password = "[irc.network.%L] receive_password";
constexpr std::string_view own_name = "[irc.network.%L] name, or [irc] name";
constexpr std::string_view own_ids = "[irc] sid and sid_range";
constexpr std::string_view insp_auth = "<link name=\"%N\"> with recvpass=";
constexpr std::string_view insp_tls = "<link name=\"%N\"> with sslprofile=, to our tls_addr";
constexpr std::string_view insp_pin =
    "<link name=\"%N\"> with our fingerprint=, <sslprofile> with hash=\"sha256\" and "
    "requestclientcert=\"yes\"";
constexpr std::string_view other_dialect =
    "[irc.network.%L] dialect (hanse probe irc %L tells which software it is)";
constexpr std::string_view plain_to_tls = "[irc.network.%L] tls, if that port speaks TLS";
constexpr std::string_view tls_port = "a port for servers that speaks TLS";
constexpr std::string_view clocks = "the clock of its machine (NTP)";
constexpr std::string_view clocks_here = "the clock of this machine, or [irc] clock_skew";
constexpr std::string_view irc2_lines = "the lines c%our address%...%%N%%2% and N%...";
constexpr std::string_view stunnel = "irc2 has no TLS: a tunnel on its machine to our tls_addr";

// What they say: as InspIRCd 3.15, ircd-hybrid 8.2.43, ngIRCd 26.1 and irc2 2.11.2p3 said it.
constexpr Row theirs[] = {
    {"inspircd", "Mismatched server name or password", insp_auth, own_password},
    {"inspircd", "Invalid credentials", insp_auth, own_password},
    {"inspircd", "SSL certificate fingerprint", insp_pin, "[tls] cert and key"},
    {"inspircd", "casemapping", "<options casemapping=\"rfc1459\">", {}},
    {"inspircd", "protocol version", "InspIRCd 3 or later, which speaks 1205", {}},
    {"inspircd", "not matched on these servers", "<options allowmismatch=\"yes\">", {}},
    {"inspircd", "Modules", "<options allowmismatch=\"yes\">", {}},
    {"inspircd", "clocks are out", clocks, clocks_here},
    {"inspircd", "Server ID", {}, own_ids},
    {"inspircd", "format server ID", {}, own_ids},
    {{}, "format server ID", {}, other_dialect},   // InspIRCd says so to who speaks TS6
    {"inspircd", "already exists", "whoever else is linked as %N there", own_name, true},
    {"hybrid", "Invalid password", "connect { name = \"%N\"; accept_password }", own_password},
    {"hybrid", "No connect {} block", "connect { name = \"%N\"; host; port; ... }", own_name},
    {"hybrid", "Invalid host", "connect { name = \"%N\"; host = our address; }", own_name},
    {"hybrid", "certificate fingerprint",
     "connect { name = \"%N\"; tls_certificate_fingerprint = ours; }", "[tls] cert and key"},
    {"hybrid", "AOP/QOP", "channel { enable_owner = no; enable_admin = no; }", {}},
    {"solanum", "password", "connect \"%N\" { accept_password }", own_password},
    {"solanum", "Invalid servername", "connect \"%N\" { ... }", own_name},
    {"solanum", "Invalid host", "connect \"%N\" { host = our address; }", own_name},
    {"solanum", "fingerprint", "connect \"%N\" { fingerprint = ours; }", "[tls] cert and key"},
    {"solanum", "hub_mask", "connect \"%N\" { hub_mask = \"*\"; }", {}},
    {{}, "hub_mask", "connect { name = \"%N\"; hub_mask = \"*\"; }", {}},
    {{}, "TS delta", clocks, clocks_here},
    {{}, "Bogus server ID", {}, own_ids},
    {{}, "Server already exists", "whoever else is linked as %N there", own_name, true},
    {"ngircd", "Bad password", "[Server] Name = %N with MyPassword", own_password},
    {"ngircd", "Bad server password", "[Server] Name = %N with MyPassword", own_password},
    {"ngircd", "Server not configured here", "[Server] Name = %N", own_name},
    {"ngircd", "already registered", "whoever else is linked as %N there", own_name, true},
    {"ngircd", "nickname length", "[Limits] MaxNickLength", {}},
    {"irc2", "passwd mismatch", "the password of the line N%...%%N%%2%", own_password},
    {"irc2", "Bad Password", "the password of the line N%...%%N%%2%", own_password},
    {"irc2", "No C/N conf lines", irc2_lines, own_name},
    {"irc2", "No C line", irc2_lines, own_name},
    {"irc2", "No N line", irc2_lines, own_name},
    {"irc2", "Too many servers", "the line H%*%%%N%%", {}},
    {"irc2", "SID", {}, own_ids},
    {{}, "TLS", "TLS for %N there", "[irc.network.%L] tls"},
};

constexpr Row ours[] = {
    {"inspircd", "wrong password", "<link name=\"%N\"> with sendpass=", their_password},
    {"hybrid", "wrong password", "connect { name = \"%N\"; send_password }", their_password},
    {"solanum", "wrong password", "connect \"%N\" { send_password }", their_password},
    {"ngircd", "wrong password", "[Server] Name = %N with PeerPassword", their_password},
    {"irc2", "wrong password", "the password of the line c%...%%N%%2%", their_password},
    {{}, "it sent no PASS", "the password it sends to %N", {}},
    {"inspircd", "it calls itself", "<server name=\"%P\">", "[irc.network.%L] peer"},
    {"ngircd", "it calls itself", "[Global] Name = %P", "[irc.network.%L] peer"},
    {"irc2", "it calls itself", "the line M%%P%...", "[irc.network.%L] peer"},
    {{}, "it calls itself", "serverinfo { name = \"%P\"; }", "[irc.network.%L] peer"},
    {{}, "no [irc.network] has the peer", {}, "[irc.network.NAME] with that peer"},
    {"inspircd", "is one of ours", "<server id=>", own_ids},
    {"irc2", "is one of ours", "its server id, at the end of the line M", own_ids},
    {"ngircd", "is one of ours", "[Global] Name", own_name},
    {{}, "is one of ours", "serverinfo { sid }", own_ids},
    {{}, "which is not configured", {}, "[irc.network.%L] dialect"},
    {{}, "unexpected in the handshake", {}, other_dialect},
    {{}, "the handshake took too long", {}, other_dialect, true},
    {{}, "it speaks the TS6 of hybrid", {}, "[irc.network.%L] dialect = \"hybrid\""},
    {{}, "it speaks the TS6 of solanum", {}, "[irc.network.%L] dialect = \"solanum\""},
    {{}, "it does not speak TS6", {}, "[irc.network.%L] dialect"},
    {{}, "its protocol version", "InspIRCd 3 or later", {}},
    {{}, "its case mapping", "<options casemapping=\"rfc1459\">", {}},
    {{}, "it is older than 2.11", "irc2 2.11", {}},
    {"inspircd", "a link in plain text", insp_tls, {}},
    {"ngircd", "a link in plain text", "[Server] Name = %N with SSLConnect, to our tls_addr", {}},
    {"irc2", "a link in plain text", stunnel, {}},
    {"solanum", "a link in plain text", "connect \"%N\" { flags = ssl; }, to our tls_addr", {}},
    {{}, "a link in plain text", "connect { name = \"%N\"; flags = tls; }, to our tls_addr", {}},
    {"inspircd", "TLS is wanted", insp_tls, "[irc.network.%L] tls"},
    {"ngircd", "TLS is wanted", "[Server] Name = %N with SSLConnect, to our tls_addr",
     "[irc.network.%L] tls"},
    {"irc2", "TLS is wanted", stunnel, "[irc.network.%L] tls"},
    {"solanum", "TLS is wanted", "connect \"%N\" { flags = ssl; }, to our tls_addr",
     "[irc.network.%L] tls"},
    {{}, "TLS is wanted", "connect { name = \"%N\"; flags = tls; }, to our tls_addr",
     "[irc.network.%L] tls"},
    {{}, "its certificate is another one", "the certificate it shows",
     "[irc.network.%L] fingerprint"},
    {"inspircd", "it showed no certificate", insp_tls, {}},
    {"ngircd", "it showed no certificate", "[SSL] CertFile and KeyFile", {}},
    {"solanum", "it showed no certificate", "serverinfo { ssl_cert; ssl_private_key; }", {}},
    {{}, "it showed no certificate",
     "serverinfo { tls_certificate_file; rsa_private_key_file; }", {}},
    {{}, "its certificate", "a certificate for %P",
     "[tls] ca, or [irc.network.%L] tls = \"pin\" with its fingerprint"},
    {{}, "clocks are too far apart", clocks, clocks_here},
    {"inspircd", "gone before it said a word",
     "<link name=\"%N\"> with our address in ipaddr= or allowmask=", plain_to_tls},
    {{}, "before it said a word to our plain text", {}, plain_to_tls, true},
    {{}, "it speaks TLS there", {}, "[irc.network.%L] tls"},
    {{}, "it speaks plain text there", tls_port, "[irc.network.%L] addr or tls"},
    {{}, "no TLS: it did not answer", tls_port, "[irc.network.%L] addr or tls", true},
    {{}, "no TLS: ", "TLS for %N there", "[irc.network.%L] tls", true},
    {{}, "Connection refused", "a port for servers at that address", "[irc.network.%L] addr", true},
    {{}, "connect to ", {}, "[irc.network.%L] addr, if it runs there", true},
};

std::string filled(std::string_view text, const Refusal& refusal) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char sign = text[at] == '%' && at + 1 < text.size() ? text[at + 1] : '\0';
    const std::string_view* name = sign == 'N'   ? &refusal.us
                                   : sign == 'P' ? &refusal.peer
                                   : sign == 'L' ? &refusal.network
                                                 : nullptr;
    if (name == nullptr) {   // irc2's own lines have that sign too
      out += text[at];
      continue;
    }
    out += name->empty() ? "NAME" : *name;
    ++at;
  }
  return out;
}

}  // namespace

Remedy remedy_of(const Refusal& refusal) {
  const bool said = refusal.reason.starts_with(its_words);
  for (const Row& row : said ? std::span<const Row>(theirs) : std::span<const Row>(ours)) {
    if (!row.dialect.empty() && row.dialect != refusal.dialect) continue;
    if (refusal.reason.find(row.words) == std::string_view::npos) continue;
    return {filled(row.there, refusal), filled(row.here, refusal), !row.passes};
  }
  return {};
}

std::string for_us(const Refusal& refusal) {
  const Remedy remedy = remedy_of(refusal);
  std::string out(refusal.reason);
  if (!remedy.there.empty()) out += "; to change there: " + remedy.there;
  if (!remedy.here.empty()) out += (remedy.there.empty() ? "; to change here: " : "; or here: ") +
                                   remedy.here;
  return out;
}

std::string for_them(const Refusal& refusal) {
  const Remedy remedy = remedy_of(refusal);
  std::string out(refusal.reason);
  if (!remedy.there.empty()) out += "; to change: " + remedy.there;
  return out;
}

}  // namespace hanse::irc
