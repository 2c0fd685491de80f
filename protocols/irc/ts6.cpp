// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/ts6.h"

#include "protocols/irc/limits.h"
#include "protocols/irc/line_maker.h"
#include "server/base/digest.h"
#include "server/base/text.h"

namespace hanse::irc {
namespace {

// irc 4.1: never QOP or AOP, which hybrid takes only when both sides have them.
constexpr std::string_view hybrid_capabilities = "ENCAP TBURST EOB RHOST CLUSTER MLOCK HOP";
constexpr std::string_view solanum_capabilities =
    "QS EX IE ENCAP EUID TB EOPMOD SAVE BAN CHW MLOCK EBMASK STAG SERVICES";

constexpr ModeRow shared_modes[] = {
    {'o', Mode::op, ModeKind::rank, '@'}, {'v', Mode::voice, ModeKind::rank, '+'},
    {'b', Mode::ban, ModeKind::list}, {'e', Mode::ban_exception, ModeKind::list},
    {'I', Mode::invite_exception, ModeKind::list}, {'k', Mode::key, ModeKind::always},
    {'l', Mode::limit, ModeKind::on_set}, {'s', Mode::secret, ModeKind::flag},
    {'p', Mode::is_private, ModeKind::flag}, {'i', Mode::invite_only, ModeKind::flag},
    {'m', Mode::moderated, ModeKind::flag}, {'n', Mode::no_external, ModeKind::flag},
    {'t', Mode::topic_lock, ModeKind::flag}, {'r', Mode::registered_join, ModeKind::flag},
    {'S', Mode::tls_only, ModeKind::flag}, {'C', Mode::no_ctcp, ModeKind::flag},
    {'O', Mode::oper_only, ModeKind::flag},
};
// irc 10: the same letters, other meanings.
constexpr ModeRow solanum_modes[] = {
    {'q', Mode::quiet, ModeKind::list}, {'f', Mode::other, ModeKind::on_set},
    {'j', Mode::other, ModeKind::on_set}, {'P', Mode::permanent, ModeKind::flag},
    {'c', Mode::strip_color, ModeKind::flag}, {'g', Mode::other, ModeKind::flag},
    {'z', Mode::other, ModeKind::flag}, {'L', Mode::other, ModeKind::flag},
    {'Q', Mode::other, ModeKind::flag}, {'F', Mode::other, ModeKind::flag},
    {'T', Mode::other, ModeKind::flag}, {'u', Mode::other, ModeKind::flag},
    {'M', Mode::other, ModeKind::flag}, {'A', Mode::other, ModeKind::flag},
};
constexpr ModeRow hybrid_modes[] = {
    {'h', Mode::halfop, ModeKind::rank, '%'}, {'a', Mode::admin, ModeKind::rank, '&'},
    {'q', Mode::owner, ModeKind::rank, '~'}, {'R', Mode::registered_join, ModeKind::flag},
    {'M', Mode::registered_speak, ModeKind::flag}, {'c', Mode::no_color, ModeKind::flag},
    {'K', Mode::other, ModeKind::flag}, {'L', Mode::other, ModeKind::flag},
    {'N', Mode::other, ModeKind::flag}, {'T', Mode::other, ModeKind::flag},
    {'u', Mode::other, ModeKind::flag}, {'Q', Mode::other, ModeKind::flag},
    {'V', Mode::other, ModeKind::flag}, {'z', Mode::other, ModeKind::flag},
    {'Z', Mode::other, ModeKind::flag},
};

}  // namespace

Ts6::Ts6(bool hybrid) : hybrid_(hybrid) {
  // As their 005 tells their clients.
  facts_.casemap = hybrid ? Casemap::ascii : Casemap::rfc1459;
  facts_.saves = !hybrid;
  facts_.same_by_address = hybrid;
  facts_.burst_asks = true;
  facts_.parameters_max = limits::parameters_strict_max;
  facts_.extbans = Extbans::dollars;
  facts_.extban_letters = hybrid ? "acrmn" : "a~cr";
  // hybrid knows r as "registered" and R as "join only when registered" (irc 10).
  if (hybrid) modes_.add({'r', Mode::registered, ModeKind::flag});
  for (const ModeRow& row : hybrid ? std::span<const ModeRow>(hybrid_modes)
                                   : std::span<const ModeRow>(solanum_modes)) {
    modes_.add(row);
  }
  for (const ModeRow& row : shared_modes) {
    if (modes_.by_letter(row.letter) == nullptr) modes_.add(row);
  }
}

void Ts6::greet(const NetworkSettings& network, std::string& out) {
  dialled_ = true;
  network_ = &network;
  say_who(out);
}

void Ts6::say_who(std::string& out) const {
  LineMaker make(out);
  if (hybrid_) {
    make.words({}, "PASS", {network_->send_password.text()});
    make.text({}, "CAPAB", {}, hybrid_capabilities);
    make.text({}, "SERVER", {network_->own_name, "1", network_->sid, "+"}, network_->description);
  } else {
    make.text({}, "PASS", {network_->send_password.text(), "TS", "6"}, network_->sid);
    make.text({}, "CAPAB", {}, solanum_capabilities);
    make.text({}, "SERVER", {network_->own_name, "1"}, network_->description);
  }
}

// irc 4.1. The NOTICEs are about our host name; Anope puts its SID before every line.
Result<bool> Ts6::shake(const Line& line, HandshakeDesk& desk, std::string& out) {
  if (line.command == "ERROR") return its_refusal(line);
  if (line.command == "NOTICE" || line.command == "PING") return false;
  if (line.command == "PASS") {
    if (Result<void> taken = pass(line); !taken) return taken.error();
    return false;
  }
  if (line.command == "CAPAB") {
    for (const std::string_view words : line.all()) capab(words);
    return false;
  }
  if (line.command == "SERVER") return server(line, desk, out);
  return refuse("unexpected in the handshake: " + escape_text(line.command, 32));
}

Result<void> Ts6::pass(const Line& line) {
  if (line.parameters < 1 || !password_.empty()) return refuse("its PASS is out of order");
  password_ = line.at(0);
  if (line.at(1) == "TS" && line.parameters >= 4) pass_sid_ = line.at(3);
  return {};
}

void Ts6::capab(std::string_view words) {
  for (const std::string_view word : split(words, ' ')) {
    if (!word.empty()) capabilities_.emplace(word);
  }
}

// hybrid: "name hops sid +flags :description"; solanum: "name hops :description"
Result<bool> Ts6::server(const Line& line, HandshakeDesk& desk, std::string& out) {
  const bool has_sid = line.parameters >= 5;
  if (line.parameters < 3) return refuse("its SERVER lacks parameters");
  const Result<const NetworkSettings*> known =
      know_peer(dialled_ ? network_ : nullptr, line.at(0), password_, desk);
  if (!known) return known.error();
  network_ = *known;
  if (!has_sid && pass_sid_.empty()) return refuse("it has no SID: it does not speak TS6");
  if (has_sid != hybrid_)
    return refuse(std::string("it speaks the TS6 of ") + (has_sid ? "hybrid" : "solanum"));
  // irc 4.2: ranks that it has only by a capability; one that we do not share is not in use.
  const auto shared = [this](std::string_view word) {
    return capabilities_.contains(word) && hybrid_capabilities.find(word) != std::string_view::npos;
  };
  if (!shared("HOP")) modes_.drop(Mode::halfop);
  if (!shared("AOP")) modes_.drop(Mode::admin);
  if (!shared("QOP")) modes_.drop(Mode::owner);
  peer_ = {std::string(line.at(0)), has_sid ? std::string(line.at(2)) : pass_sid_,
           std::string(line.all().back())};
  if (!dialled_) say_who(out);
  return true;
}

void Ts6::write_burst_start(Timestamp now, std::string& out) {
  // irc 4.1: with a source for hybrid; solanum takes it from none.
  LineMaker(out).text(hybrid_ ? network_->sid : std::string_view(), "SVINFO", {"6", "6", "0"},
                      std::to_string(now));
}

void Ts6::write_burst_end(std::string& out) {
  LineMaker make(out);
  if (capabilities_.contains("EOB")) make.words(network_->sid, "EOB", {});
  make.text({}, "PING", {}, network_->sid);
}

}  // namespace hanse::irc
