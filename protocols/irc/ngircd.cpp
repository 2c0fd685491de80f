// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/ngircd.h"

#include <algorithm>

#include "server/base/text.h"

namespace hanse::irc {
namespace {

constexpr std::string_view own_version = "0210-IRC+";
// irc 5: C CHANINFO, H enhanced, L lists, M METADATA, o oper modes, X all ranks. Never Z.
constexpr std::string_view own_flags = "hanse|0.1:CHLMoX";

constexpr ModeRow rows[] = {
    {'q', Mode::owner, ModeKind::rank, '~'}, {'a', Mode::admin, ModeKind::rank, '&'},
    {'o', Mode::op, ModeKind::rank, '@'}, {'h', Mode::halfop, ModeKind::rank, '%'},
    {'v', Mode::voice, ModeKind::rank, '+'}, {'b', Mode::ban, ModeKind::list},
    {'e', Mode::ban_exception, ModeKind::list}, {'I', Mode::invite_exception, ModeKind::list},
    {'k', Mode::key, ModeKind::always}, {'l', Mode::limit, ModeKind::on_set},
    {'i', Mode::invite_only, ModeKind::flag}, {'m', Mode::moderated, ModeKind::flag},
    {'M', Mode::registered_speak, ModeKind::flag}, {'n', Mode::no_external, ModeKind::flag},
    {'O', Mode::oper_only, ModeKind::flag}, {'P', Mode::permanent, ModeKind::flag},
    {'Q', Mode::other, ModeKind::flag}, {'R', Mode::registered_join, ModeKind::flag},
    {'r', Mode::registered, ModeKind::flag}, {'s', Mode::secret, ModeKind::flag},
    {'t', Mode::topic_lock, ModeKind::flag}, {'V', Mode::other, ModeKind::flag},
    {'z', Mode::tls_only, ModeKind::flag},
};

}  // namespace

Ngircd::Ngircd() : Rfc2813(rows) {
  facts_.casemap = Casemap::ascii;
  facts_.nick_bytes_max = 9;
  facts_.has_ids = false;
  facts_.burst_asks = true;
  facts_.servers_speak = false;
}

void Ngircd::say_who(std::string& out) const {
  LineMaker make(out);
  make.words({}, "PASS", {network_->send_password.text(), own_version, own_flags});
  make.text({}, "SERVER", {network_->own_name, "1"}, network_->description);
}

Result<bool> Ngircd::shake(const Line& line, HandshakeDesk& desk, std::string& out) {
  if (line.command == "ERROR") return its_refusal(line);
  if (line.command == "PASS") {
    if (Result<void> taken = pass(line); !taken) return taken.error();
    return false;
  }
  // "name hops :description"; when it calls, without the hops
  if (line.command == "SERVER" && peer_.name.empty()) {
    if (line.parameters < 2) return refuse("its SERVER lacks parameters");
    if (Result<void> met = meet(line, {}, desk, out); !met) return met.error();
    tokens_[network_->own_name] = "1";
    return !enhanced_;
  }
  if (line.command == "005") return supports(line), false;
  if (line.command == "376" && enhanced_ && !peer_.name.empty()) {
    LineMaker make(out);
    // irc 5: another nick length than its own and it closes the link.
    const std::string length = "NICKLEN=" + nick_length_;
    make.text(network_->own_name, "005",
              {peer_.name, length, "CASEMAPPING=ascii", "PREFIX=(qaohv)~&@%+", "CHANTYPES=#&+",
               "CHANMODES=beI,k,l,imMnOPQRstVz"},
              "are supported on this server");
    make.text(network_->own_name, "376", {peer_.name}, "End of MOTD command");
    return true;
  }
  if (line.command == "NOTICE" || is_number(line.command)) return false;
  return refuse("unexpected in the handshake: " + escape_text(line.command, 32));
}

// "password 0210-IRC+ ngIRCd|26.1:CHLMSXZ PZ"
Result<void> Ngircd::pass(const Line& line) {
  if (line.parameters < 3 || !password_.empty()) return refuse("its PASS is out of order");
  password_ = line.at(0);
  const std::string_view said = line.at(2);
  const std::string_view flags = said.substr(std::min(said.find(':'), said.size()));
  enhanced_ = flags.find('H') != std::string_view::npos;
  metadata_ = flags.find('M') != std::string_view::npos;
  return {};
}

void Ngircd::supports(const Line& line) {
  for (const std::string_view word : line.all()) {
    if (!word.starts_with("NICKLEN=")) continue;
    const Result<std::int64_t> length = parse_integer(word.substr(8));
    if (!length || *length < 1 || *length > 255) continue;
    nick_length_ = word.substr(8);
    facts_.nick_bytes_max = static_cast<std::size_t>(*length);
  }
}

void Ngircd::write_burst_end(std::string& out) {
  LineMaker(out).text(network_->own_name, "PING", {}, network_->own_name);
}

}  // namespace hanse::irc
