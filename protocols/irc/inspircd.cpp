// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/inspircd.h"

#include <algorithm>

#include "protocols/irc/limits.h"
#include "protocols/irc/line_maker.h"
#include "server/base/digest.h"
#include "server/base/encoding.h"
#include "server/base/text.h"

namespace hanse::irc {
namespace {

// What we say first: version 3 takes no later one from who calls it, and 4 takes this one too.
constexpr std::string_view version = "1205", newer_version = "1206";
constexpr std::size_t challenge_signs = 20;

// irc 3.2: what services leave for when it is missing. A server would compare it with its own, so
// it is told nothing of the kind.
constexpr std::string_view service_modules =
    "m_services_account.so m_hidechans.so m_servprotect.so m_chghost.so m_chgident.so "
    "m_topiclock.so m_cban.so m_svshold.so";
constexpr std::string_view newer_service_modules =
    "account services hidechans chghost chgident cban";
constexpr std::string_view service_channel_modes =
    "list:ban=b list:banexception=e list:invex=I param-set:limit=l param:key=k "
    "prefix:10000:voice=+v prefix:20000:halfop=%h prefix:30000:op=@o prefix:40000:admin=&a "
    "prefix:50000:founder=~q simple:c_registered=r simple:inviteonly=i simple:moderated=m "
    "simple:noextmsg=n simple:permanent=P simple:private=p simple:reginvite=R "
    "simple:regmoderated=M simple:secret=s simple:topiclock=t";
constexpr std::string_view service_user_modes =
    "param-set:snomask=s simple:bot=B simple:hidechans=I simple:invisible=i simple:oper=o "
    "simple:servprotect=k simple:u_registered=r simple:wallops=w";

std::size_t number_or(std::string_view text, std::size_t otherwise, std::size_t most) {
  const Result<std::int64_t> read = parse_integer(text);
  if (!read || *read < 1) return otherwise;
  return std::min(static_cast<std::size_t>(*read), most);
}

// irc 3.2: without the padding; with it InspIRCd takes the password for wrong.
std::string proof(std::string_view password, std::string_view challenge) {
  std::string text = base64(hmac_sha256(password, challenge));
  while (text.ends_with('=')) text.pop_back();
  return "AUTH:" + text;
}

}  // namespace

Inspircd::Inspircd(const std::string& nonce)
    : challenge_(hex(sha256(nonce)).substr(0, challenge_signs)) {
  facts_.nick_separator = '/';
  facts_.saves = facts_.paced = facts_.same_by_address = true;
  facts_.ident_bytes_max = 10;
  facts_.extbans = Extbans::letters;
  facts_.no_address = "0.0.0.0";
  for (const ModeRow row : {ModeRow{'b', Mode::ban, ModeKind::list},
                            ModeRow{'k', Mode::key, ModeKind::always},
                            ModeRow{'l', Mode::limit, ModeKind::on_set},
                            ModeRow{'o', Mode::op, ModeKind::rank, '@'},
                            ModeRow{'v', Mode::voice, ModeKind::rank, '+'}}) {
    modes_.add(row);
  }
}

void Inspircd::greet(const NetworkSettings& network, std::string& out) {
  dialled_ = true;
  network_ = &network;
  LineMaker(out).words({}, "CAPAB", {"START", version});
}

// irc 3.2. Anope puts its SID before every line of the handshake; it says nothing new.
Result<bool> Inspircd::shake(const Line& line, HandshakeDesk& desk, std::string& out) {
  if (line.command == "ERROR") return its_refusal(line);
  if (line.command == "CAPAB" && state_ == State::asking) return capab(line, out);
  if (line.command == "SERVER" && state_ == State::naming) return server(line, desk, out);
  if (line.command == "BURST" && state_ == State::burst) return true;
  if (line.command == "PING" || line.command == "NOTICE") return false;
  return refuse("unexpected in the handshake: " + escape_text(line.command, 32));
}

Result<bool> Inspircd::capab(const Line& line, std::string& out) {
  const std::string_view part = line.at(0);
  if (part == "START") {
    const Result<std::int64_t> theirs = parse_integer(line.at(1));
    // irc 3.1: 1203 and 1204 were those of unfinished versions.
    if (!theirs || (*theirs != 1202 && *theirs < 1205))
      return refuse("its protocol version " + escape_text(line.at(1), 16) +
                    " is none we speak: 1202, 1205 and later");
    // irc 11: Atheme is the last that speaks 1202, and Anope begins every line with its id.
    services_ = *theirs == 1202 || !line.source.empty();
    // An ircd names no module that only adds tags, so these are sent to each: it leaves out those
    // that it does not know.
    tags_.time = tags_.msgid = !services_;
    // Who calls us waits for this before it says more. The lower of both versions is spoken.
    newer_ = !dialled_ && *theirs >= 1206;
    if (!dialled_)
      LineMaker(out).words({}, "CAPAB", {"START", newer_ ? newer_version : version});
  } else if (part == "MODULES" || part == "MODSUPPORT") {
    modules(line.at(1));
  } else if (part == "CHANMODES") {
    channel_modes(line.at(1));
  } else if (part == "EXTBANS") {   // 1206: "acting:mute=m matching:account=R"
    for (const std::string_view word : split(line.at(1), ' ')) {
      const std::size_t equals = word.rfind('=');
      if (equals != std::string_view::npos) facts_.extban_letters += word.substr(equals + 1);
    }
  } else if (part == "CAPABILITIES") {
    if (Result<void> read = capabilities(line.at(1)); !read) return read.error();
  } else if (part == "END") {
    LineMaker make(out);
    if (services_ && !dialled_) {
      make.text({}, "CAPAB", {"MODSUPPORT"}, newer_ ? newer_service_modules : service_modules);
      make.text({}, "CAPAB", {"CHANMODES"}, service_channel_modes);
      make.text({}, "CAPAB", {"USERMODES"}, service_user_modes);
      channel_modes(service_channel_modes);
    }
    std::string words = "CASEMAPPING=" + std::string(casemap_name(facts_.casemap));
    if (!their_challenge_.empty()) words += " CHALLENGE=" + challenge_;
    make.text({}, "CAPAB", {"CAPABILITIES"}, words);
    make.words({}, "CAPAB", {"END"});
    if (dialled_) say_server(out);
    state_ = State::naming;
  }
  return false;
}

Result<void> Inspircd::capabilities(std::string_view words) {
  for (const std::string_view word : split(words, ' ')) {
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view key = word.substr(0, equals), value = word.substr(equals + 1);
    if (key == "CASEMAPPING") {
      const std::optional<Casemap> casemap = casemap_named(value);
      if (!casemap) return refuse("its case mapping is none we know: " + escape_text(value, 32));
      facts_.casemap = *casemap;
    } else if (key == "NICKMAX" || key == "MAXNICK") {
      facts_.nick_bytes_max = number_or(value, facts_.nick_bytes_max, 255);
    } else if (key == "IDENTMAX" || key == "MAXUSER") {
      facts_.ident_bytes_max = number_or(value, facts_.ident_bytes_max, 64);
    } else if (key == "CHANMAX" || key == "MAXCHANNEL") {
      facts_.channel_bytes_max = number_or(value, facts_.channel_bytes_max, 255);
    } else if (key == "EXTBANS") {
      facts_.extban_letters = value;
    } else if (key == "CHALLENGE") {
      their_challenge_ = value;
    }
  }
  return {};
}

// "m_ircv3_ctctags.so ...", or from version 4 on "ircv3_ctctags".
void Inspircd::modules(std::string_view words) {
  const auto has = [words](std::string_view name) {
    return std::ranges::any_of(split(words, ' '), [name](std::string_view one) {
      if (one.starts_with("m_")) one.remove_prefix(2);
      return one.substr(0, one.find_first_of(".=")) == name;
    });
  };
  tags_.client |= has("ircv3_ctctags");
}

// "list:ban=b param-set:limit=l param:key=k prefix:30000:op=@o simple:secret=s"
void Inspircd::channel_modes(std::string_view words) {
  modes_ = ModeTable();
  for (const std::string_view word : split(words, ' ')) {
    const std::size_t equals = word.rfind('=');
    const std::size_t colon = word.substr(0, equals).rfind(':');
    if (equals == std::string_view::npos || colon == std::string_view::npos) continue;
    const std::string_view kind = word.substr(0, word.find(':'));
    const std::string_view sign = word.substr(equals + 1);
    ModeRow row;
    if (sign.empty()) continue;
    row.letter = sign.back();
    row.mode = mode_named(word.substr(colon + 1, equals - colon - 1));
    if (kind == "prefix") {
      row.kind = ModeKind::rank;
      row.prefix = sign.size() > 1 ? sign.front() : '\0';
    } else {
      row.kind = kind == "list"        ? ModeKind::list
                 : kind == "param"     ? ModeKind::always
                 : kind == "param-set" ? ModeKind::on_set
                                       : ModeKind::flag;
    }
    modes_.add(row);
  }
}

// "name password 0 sid :description"; 1206 leaves the 0 out.
Result<bool> Inspircd::server(const Line& line, HandshakeDesk& desk, std::string& out) {
  if (line.parameters < 4) return refuse("its SERVER lacks parameters");
  const std::string_view name = line.at(0), password = line.at(1);
  const std::string_view sid = line.at(line.parameters - 2);
  if (!dialled_) {
    const Result<const NetworkSettings*> admitted = desk.admit(name);
    if (!admitted) return admitted.error();
    network_ = *admitted;
  }
  if (!equal_ascii_case(name, network_->peer))
    return refuse("it calls itself " + escape_text(name, 64) + ", not " + network_->peer);
  if (!password_is_right(password)) return refuse("wrong password");
  peer_ = {std::string(name), std::string(sid), std::string(line.at(line.parameters - 1))};
  state_ = State::burst;
  if (dialled_) return true;
  say_server(out);
  return false;   // its BURST says that it likes us too
}

bool Inspircd::password_is_right(std::string_view said) const {
  const std::string& password = network_->receive_password.text();
  const std::string wanted = their_challenge_.empty() ? password : proof(password, challenge_);
  return equal_constant_time(said, wanted);
}

void Inspircd::say_server(std::string& out) const {
  const std::string& password = network_->send_password.text();
  const std::string shown =
      their_challenge_.empty() ? password : proof(password, their_challenge_);
  LineMaker make(out);
  if (newer_)
    make.text({}, "SERVER", {network_->own_name, shown, network_->sid}, network_->description);
  else
    make.text({}, "SERVER", {network_->own_name, shown, "0", network_->sid},
              network_->description);
}

void Inspircd::write_burst_start(Timestamp now, std::string& out) {
  LineMaker make(out);
  make.words(network_->sid, "BURST", {std::to_string(now)});
  make.text(network_->sid, "SINFO", {version_key(newer_)}, "hanse");
}

void Inspircd::write_burst_end(std::string& out) {
  LineMaker(out).words(network_->sid, "ENDBURST", {});
}

}  // namespace hanse::irc
