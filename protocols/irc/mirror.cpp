// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/mirror.h"

#include <algorithm>

#include "protocols/irc/limits.h"
#include "protocols/irc/line_reader.h"
#include "protocols/irc/origin_mark.h"
#include "protocols/irc/queries.h"

namespace hanse::irc {
namespace {

using Verdict = Mirror::Verdict;

constexpr Verdict good{};
constexpr Verdict dropped(std::string_view why) { return {Verdict::Kind::dropped, why}; }
constexpr Verdict odd(std::string_view why) { return {Verdict::Kind::odd, why}; }
constexpr Verdict fatal(std::string_view why) { return {Verdict::Kind::fatal, why}; }


bool is_sid(std::string_view text, std::size_t bytes) {
  const auto sign = [](char one) {
    return (one >= '0' && one <= '9') || (one >= 'A' && one <= 'Z');
  };
  return text.size() == bytes && text[0] >= '0' && text[0] <= '9' &&
         std::ranges::all_of(text, sign);
}

}  // namespace

Verdict Mirror::take(const NetworkEvent& event, Timestamp now) {
  now_ = now;
  return std::visit([this](const auto& one) { return handle(one); }, event);
}

std::optional<Source> Mirror::source_of(const Party& party) const {
  const Network& model = side_.model();
  if (party.id.empty()) return Source{no_id, side_.peer()};
  if (const UserId user = any_user(party); user != no_id) {
    if (side_.is_our_user(user)) return std::nullopt;   // irc 7: fake direction
    return Source{user, model.user(user).server};
  }
  const ServerId server = model.find_server(party.id);
  if (server == no_id || side_.is_ours(server)) return std::nullopt;
  return Source{no_id, server};
}

Mirror::Verdict Mirror::nobody(const Party& who, std::string_view why) const {
  const Departed& departed = side_.departed();
  if (departed.has(who.id, now_) || departed.has(fold(side_.facts().casemap, who.id), now_))
    return good;
  return dropped(why);
}

UserId Mirror::any_user(const Party& party) const {
  const UserId by_uid = side_.model().find_uid(party.id);
  return by_uid != no_id ? by_uid : side_.model().find_nick(party.id);
}

UserId Mirror::their_user(const Party& party) const {
  const UserId user = any_user(party);
  return user == no_id || side_.is_our_user(user) ? no_id : user;
}

// ---- servers ----

Verdict Mirror::handle(const ServerIntroduced& event) {
  const std::optional<Source> uplink = source_of(event.uplink);
  if (!uplink || uplink->user != no_id) return nobody(event.uplink);
  if (!event.sid.empty() && !is_sid(event.sid, side_.facts().sid_bytes))
    return fatal("no server id");
  if (event.name.empty() || event.name.size() > limits::server_name_bytes_max)
    return fatal("no server name");
  const ServerId server = side_.model().add_server(event.name, event.sid, uplink->server);
  if (server == no_id) return fatal("a server of that name or id exists, or there are too many");
  if (is_node_description(event.description)) side_.model().mark_node(server);
  if (const auto origin = read_origin(event.description)) {
    side_.model().mark_relayed(server, origin->network, origin->node, origin->hops);
    watcher_.relayed_elsewhere(side_, server);
  }
  return good;
}

// irc 3.3, 7: an operator may send away what is behind us, or us. Else nobody behind the link has a
// say about it.
Verdict Mirror::handle(const ServerLeft& event) {
  const std::optional<Source> source = source_of(event.source);
  if (!source) return nobody(event.source);
  const ServerId server = side_.model().find_server(event.server.id);
  if (server == no_id) return dropped("SQUIT of an unknown server");
  if (server == side_.us()) return fatal("SQUIT of a server on our side");
  if (side_.is_ours(server)) {
    watcher_.sent_away(side_, server, *source, event.reason);
    return good;
  }
  if (event.is_wish) return good;
  if (server == side_.peer()) return fatal("it left");
  watcher_.servers_gone(side_, server, event.reason);
  side_.model().split(server);
  watcher_.servers_left(side_);
  return good;
}

Verdict Mirror::handle(const BurstEnded& event) {
  const std::optional<Source> source = source_of(event.server);
  if (!source || source->user != no_id) return nobody(event.server);
  if (source->server != side_.peer() || side_.linked()) return good;   // one further away
  side_.burst_over();
  side_.write(BurstTaken{side_.ourselves()});
  watcher_.burst_over(side_);
  return good;
}

Verdict Mirror::handle(const ClockTold& event) {
  const Timestamp apart = event.now > now_ ? event.now - now_ : now_ - event.now;
  if (apart > skew_seconds_max_) return fatal("our clocks are too far apart");
  if (apart <= limits::clock_warning_seconds) return good;
  return {Verdict::Kind::noted, "its clock and ours are more than 15 s apart"};
}

Verdict Mirror::handle(const Pinged& event) {
  ServerId target = event.target.id.empty() ? side_.us()
                                            : side_.model().find_server(event.target.id);
  if (target == no_id || !side_.is_ours(target)) target = side_.us();
  const std::optional<Source> source = source_of(event.source);
  if (!source) return nobody(event.source);
  const Party asker = source->user == no_id ? side_.party_of_server(source->server)
                                            : side_.party_of(source->user);
  side_.write(Ponged{side_.party_of_server(target), asker});
  return event.ends_burst ? handle(BurstEnded{event.source}) : good;
}

// Without an answer the one who asked waits for the end of his WHOIS for ever.
Verdict Mirror::handle(const IdleAsked& event) {
  const UserId asker = their_user(event.asker), who = any_user(event.who);
  if (asker == no_id) return nobody(event.asker);
  if (who == no_id || !side_.is_our_user(who)) return good;
  side_.write(IdleTold{side_.party_of(who), side_.party_of(asker),
                       side_.model().user(who).since()});
  return good;
}

Verdict Mirror::handle(const Queried& event) {
  const UserId asker = their_user(event.asker);
  if (asker != no_id) answer_query(side_, event, asker, now_);
  return good;   // the word of a server is a statement of old versions, and no question
}

Verdict Mirror::handle(const LinkError&) { return fatal("it ended the link"); }
// Modules of a server may add any command, and people may say it; in the name of ours nobody may.
Verdict Mirror::handle(const Malformed& event) {
  return event.is_unknown && source_of(event.source) ? odd(event.why) : dropped(event.why);
}

// ---- users ----

Verdict Mirror::handle(const UserIntroduced& event) {
  const std::optional<Source> source = source_of(event.server);
  if (!source || source->user != no_id) return nobody(event.server);
  Network& model = side_.model();
  const std::string& sid = model.server(source->server).sid;
  if (!sid.empty() && (event.uid.size() <= sid.size() || !event.uid.starts_with(sid)))
    return fatal("a UID of another server");   // irc 3.3
  if (!event.uid.empty() && model.find_uid(event.uid) != no_id) return fatal("a UID twice");
  const Timestamp given = side_.facts().has_timestamps ? event.timestamp : now_;
  if (event.nick.empty() || given == 0) return dropped("no nick or no timestamp");
  if (std::max(event.nick.size(), event.uid.size()) > limits::kept_name_bytes_max)
    return dropped("a nick or an id that is too long");
  const Contest fight = contest(event.nick, no_id, given, event.ident,
                                side_.facts().same_by_address ? event.address : event.host);
  if (fight.loses && !side_.facts().saves) {   // its own side takes it away
    side_.departed().add(event.uid, now_);
    return good;
  }
  const bool saved = fight.loses || !fight.free;
  const Timestamp timestamp =
      saved ? limits::saved_nick_timestamp_seconds : given;
  const UserId user = model.add_user(
      source->server,
      {saved ? event.uid : event.nick, {}, event.uid, event.ident, event.host, event.shown_host,
       event.address, event.realname, event.account, {}},
      timestamp);
  if (user == no_id) return fatal("more people than users_per_network_max");
  model.set_invisible(user, invisible_by(event.modes).value_or(false));
  if (saved) side_.write(NickSaved{side_.ourselves(), side_.party_of(user), event.timestamp});
  return good;
}

// irc 4.3. Both sides judge alike; each only has to carry out what it has in its own hands. Where
// both are theirs, their network has judged, or holds two names apart that are one to us: that is
// for us to bear. The one who was there is known by its UID until it has a name again.
Mirror::Contest Mirror::contest(std::string_view nick, UserId contender, Timestamp timestamp,
                                std::string_view ident, std::string_view place) {
  Network& model = side_.model();
  const UserId holder = model.find_nick(nick);
  if (holder == no_id || holder == contender) return {};
  const PackedTexts& texts = model.user(holder).texts;
  if (!side_.is_our_user(holder)) {
    side_.note_desync("two people of one name");
    const std::string uid(texts.get(UserText::uid));
    if (uid.empty()) {
      side_.note_departed(holder, now_);
      remove(holder, "Nick collision");
    } else if (model.rename(holder, uid, model.user(holder).timestamp)) {
      watcher_.nick_changed(side_, holder);
    }
    return {};
  }
  const bool same = texts.get(UserText::ident) == ident && texts.get(told_apart_by()) == place;
  // irc 5: without timestamps there is nothing to judge by, and both go.
  const NickLoser loser = side_.facts().has_timestamps
                              ? judge_nick(model.user(holder).timestamp, timestamp, same)
                              : NickLoser::both;
  if (loser != NickLoser::incoming) lose(holder);
  return {loser != NickLoser::incoming, loser != NickLoser::existing};
}

void Mirror::lose(UserId puppet) {
  Network& model = side_.model();
  if (side_.facts().saves) {
    const Timestamp lost = model.user(puppet).timestamp;
    const std::string uid(model.user(puppet).texts.get(UserText::uid));
    model.rename(puppet, uid, limits::saved_nick_timestamp_seconds);
    side_.write(NickSaved{side_.ourselves(), side_.party_of(puppet), lost});
    watcher_.puppet_saved(side_, puppet);
    return;
  }
  side_.note_departed(puppet, now_);
  watcher_.puppet_lost(side_, puppet, {no_id, side_.peer()}, "two of one name");
}

Verdict Mirror::handle(const NickChanged& event) {
  const UserId user = their_user(event.who);
  if (user == no_id) return nobody(event.who);
  if (event.nick.empty()) return dropped("no nick");
  if (event.nick.size() > limits::kept_name_bytes_max) return dropped("a nick that is too long");
  Network& model = side_.model();
  const std::string ident(model.user(user).texts.get(UserText::ident));
  const std::string place(model.user(user).texts.get(told_apart_by()));
  const Timestamp timestamp = event.timestamp == 0 ? now_ : event.timestamp;
  const Contest fight = contest(event.nick, user, timestamp, ident, place);
  if (fight.loses && !side_.facts().saves) {
    side_.note_departed(user, now_);
    remove(user, "Nick collision");
    return good;
  }
  const std::string uid(model.user(user).texts.get(UserText::uid));
  if (fight.loses) side_.write(NickSaved{side_.ourselves(), side_.party_of(user), timestamp});
  model.rename(user, fight.loses ? std::string_view(uid) : event.nick,
               fight.loses ? limits::saved_nick_timestamp_seconds : timestamp);
  watcher_.nick_changed(side_, user);
  using What = UserTextChanged::What;
  if (!event.shown_host.empty()) set_text(user, What::shown_host, event.shown_host);
  if (!event.ident.empty()) set_text(user, What::ident, event.ident);
  if (!event.account.empty()) set_text(user, What::account, event.account);
  return good;
}

Verdict Mirror::handle(const NickSaved& event) {
  if (!source_of(event.source)) return nobody(event.source);
  const UserId user = any_user(event.who);
  if (user == no_id) return nobody(event.who, "SAVE of an unknown user");
  Network& model = side_.model();
  if (event.timestamp != 0 && model.user(user).timestamp != event.timestamp)
    return good;   // it has another nick by now
  const std::string uid(model.user(user).texts.get(UserText::uid));
  model.rename(user, uid, limits::saved_nick_timestamp_seconds);
  if (side_.is_our_user(user)) watcher_.puppet_saved(side_, user);
  else watcher_.nick_changed(side_, user);
  return good;
}

void Mirror::remove(UserId user, std::string_view reason) {
  for (const Membership& one : side_.model().user(user).channels)
    leave_to_puppets(user, one.channel);
  watcher_.user_gone(side_, user, reason);
  side_.model().remove_user(user);
}

Verdict Mirror::handle(const UserLeft& event) {
  const UserId user = their_user(event.who);
  if (user == no_id) return nobody(event.who);
  remove(user, event.reason);
  return good;
}

Verdict Mirror::handle(const UserKilled& event) {
  const std::optional<Source> source = source_of(event.source);
  if (!source) return nobody(event.source);
  const UserId user = any_user(event.who);
  if (user == no_id) {               // both sides of a collision may say it
    if (nobody(event.who).kind != Verdict::Kind::good) side_.note_desync("KILL of nobody we know");
    return good;
  }
  side_.note_departed(user, now_);   // his own server may say it too
  if (side_.is_our_user(user)) watcher_.puppet_lost(side_, user, *source, event.reason);
  else remove(user, "Killed");
  return good;
}

Verdict Mirror::handle(const AwaySet& event) {
  const UserId user = their_user(event.who);
  if (user == no_id) return nobody(event.who);
  side_.model().set_text(user, UserText::away, event.text);
  watcher_.away_set(side_, user);
  return good;
}

Verdict Mirror::handle(const UserTextChanged& event) {
  if (!source_of(event.source)) return nobody(event.source);
  const UserId user = any_user(event.who);
  if (user == no_id) return nobody(event.who, "a change of an unknown user");
  if (event.nick_timestamp != 0 && side_.model().user(user).timestamp != event.nick_timestamp)
    return good;   // meant for somebody else of that name
  if (!event.real_host.empty()) {
    side_.model().set_text(user, UserText::host, event.real_host);
    if (event.value.empty()) return good;
  }
  set_text(user, event.what, event.value);
  return good;
}

// One of ours may have another host there by the services of that network: theirs to say.
void Mirror::set_text(UserId user, UserTextChanged::What what, std::string_view value) {
  using What = UserTextChanged::What;
  constexpr UserText texts[] = {UserText::account, UserText::shown_host, UserText::host,
                                UserText::ident, UserText::realname};
  Network& model = side_.model();
  const PackedTexts& known = model.user(user).texts;
  UserText which = texts[static_cast<std::size_t>(what)];
  const std::string host(known.get(UserText::host));
  const bool shows_it = host == known.get(UserText::shown_host);
  if (what == What::account && value == "*") value = {};
  if (what == What::shown_host && value.empty()) value = host;
  if (what != What::account && value.empty()) return;
  model.set_text(user, which, value);
  if (what == What::host) {
    if (!shows_it) return;
    which = UserText::shown_host;
    model.set_text(user, which, value);
  }
  if (!side_.is_our_user(user)) watcher_.text_changed(side_, user, which);
}

Verdict Mirror::handle(const VisibilityChanged& event) {
  const UserId user = their_user(event.who);
  if (user == no_id || side_.model().user(user).invisible == event.invisible) return good;
  side_.model().set_invisible(user, event.invisible);
  watcher_.visibility_changed(side_, user);
  return good;
}

Verdict Mirror::handle(const Said& event) {
  const std::optional<Source> source = source_of(event.source);
  if (!source) return nobody(event.source);
  if (source->user != no_id) watcher_.said(side_, source->user, event);
  return good;
}

}  // namespace hanse::irc
