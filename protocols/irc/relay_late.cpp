// SPDX-License-Identifier: Apache-2.0
// What is said while one network of a junction is down: kept for it, and told when it is back.
#include <algorithm>

#include "protocols/irc/late.h"
#include "protocols/irc/line.h"
#include "protocols/irc/puppet_names.h"
#include "protocols/irc/relay.h"

namespace hanse::irc {
namespace {

constexpr std::string_view late_nick = "late";
constexpr std::string_view herald_name = "tells what was said meanwhile";
constexpr std::string_view keeper_name = "hears what is said for ";

bool has_other_nodes(const Side& side) {
  return side.linked() && std::ranges::any_of(side.model().servers(), [](const Server& one) {
    return one.present && one.is_node;
  });
}

// By a member of ours other than that one.
bool is_told_of(const Side& side, std::string_view channel, UserId but) {
  const ChannelId there = side.model().find_channel(channel);
  return there != no_id && std::ranges::any_of(side.model().channel(there).members,
                                               [&](UserId user) {
                                                 return user != but && side.is_our_user(user);
                                               });
}

UserId late_puppet(const Side& at, const std::string& network, std::string_view name) {
  for (unsigned attempt = 0; attempt < limits::nick_attempts_max; ++attempt) {
    const UserId holder = at.model().find_nick(
        puppet_nick(late_nick, network, at.facts(), attempt, network));
    if (holder != no_id && at.is_our_user(holder) &&
        at.model().user(holder).texts.get(UserText::realname) == name)
      return holder;
  }
  return no_id;
}

void seat(Side& at, UserId user, const std::string& channel) {
  Network& model = at.model();
  const ChannelId there = model.find_channel(channel);
  if (there == no_id || model.membership(user, there) != nullptr) return;
  const Timestamp timestamp = model.channel(there).timestamp;
  model.join(user, channel, timestamp, 0);
  const ChannelMember member{at.party_of(user), 0};
  at.write(ChannelJoined{at.party_of_server(model.user(user).server), channel, timestamp, {},
                         {&member, 1}});
}

void dismiss(Side& at, UserId user, std::string_view reason) {
  at.write(UserLeft{at.party_of(user), reason});
  at.model().remove_user(user);
}

}  // namespace

void Relay::keep_for_absent(const Side& side, const Junction& junction, UserId user,
                            const Said& what) {
  const Door door = door_at_home(side, junction).value_or(Door{});
  for (const Junction::Member& member : junction.members) {
    const Side& to = *sides_[member.network];
    if (&to == &side || is_attached(side, to) || !keeps_lines(side, to)) continue;
    Allowance& allowance = allowances_[to.index()];
    const Timestamp now = now_();
    const std::int64_t seconds = std::clamp(now - allowance.since, Timestamp{0},
                                            limits::late_kept_burst);
    allowance.left = std::min(limits::late_kept_burst,
                              allowance.left + seconds * limits::late_kept_per_second);
    allowance.since = now;
    if (allowance.left == 0) {
      ++allowance.missing;
      continue;
    }
    --allowance.left;
    const PackedTexts& texts = side.model().user(user).texts;
    const auto text = [&texts](UserText which) { return std::string(texts.get(which)); };
    kept_.push_back(to_submission(
        {side.settings().name, text(UserText::nick), to.settings().name, member.channel,
         std::string(what.text), what.kind, now, std::exchange(allowance.missing, 0), {},
         text(UserText::ident), text(UserText::shown_host), text(UserText::account),
         text(UserText::realname), door}));
  }
}

// irc 9: a line that another node may carry there is not kept, and of several
// that may not, the one whose name comes first keeps it.
bool Relay::keeps_lines(const Side& from, const Side& to) const {
  if (!to.settings().is_waited_for()) return false;
  if (another_does_it(to, from)) return false;   // whoever brings its people here
  if (to.linked() && &to != losing_ &&
      (to.claim(from.index()).yielded || another_does_it(from, to) ||
       now_() < to.sent_away_until(from.settings().name)))
    return false;
  // One that is here may carry it, and will show it by bringing their people.
  const Outlook& outlook = outlooks_[from.index()][to.index()];
  const bool settled = !outlook.answer_to &&
                       now_() - outlook.since >= limits::rival_shows_seconds;
  return std::ranges::none_of(from.model().servers(), [&](const Server& one) {
    return one.present && one.is_node && (!settled || one.name < from.settings().own_name);
  });
}

// We have lost a side: what others do about it is seen in what the peers say after this.
void Relay::look_out(const Side& lost) {
  for (const auto& other : sides_) {
    if (other.get() != &lost && has_other_nodes(*other))
      outlooks_[other->index()][lost.index()] = {other->want_answer(), 0};
  }
}

bool Relay::is_heard(const Side& to, std::string_view channel) const {
  const ChannelId there = to.model().find_channel(channel);
  return there != no_id && std::ranges::any_of(to.model().channel(there).members,
                                               [&to](UserId user) { return to.is_native(user); });
}

void Relay::tell_late(Side& to, const std::string& home, const std::string& channel,
                      std::string_view text) {
  ServerId server = to.us();
  for (const auto& from : sides_) {
    if (from->settings().name == home && to.pseudo(from->index()) != no_id)
      server = to.pseudo(from->index());
  }
  Party by = to.party_of_server(server);
  if (!to.facts().servers_speak) {
    const UserId speaker = herald(to, server, home, channel);
    if (speaker == no_id) return;
    by = to.party_of(speaker);
  }
  const std::size_t room = limits::body_write_bytes_max - limits::server_name_bytes_max -
                           limits::host_bytes_max - channel.size() - 40;
  for (const std::string& piece : message_lines(text, room))
    to.write(Said{by, channel, piece, Said::Kind::notice});
}

// Where only members are heard somebody joins who says it, and leaves when all is said.
UserId Relay::herald(Side& to, ServerId server, const std::string& home,
                     const std::string& channel) {
  UserId out = late_puppet(to, home, herald_name);
  if (out == no_id) out = introduce_late_puppet(to, server, home, herald_name);
  if (out != no_id) seat(to, out, channel);
  return out;
}

void Relay::late_over(Side& to) {
  if (!to.linked()) return;
  for (const auto& from : sides_) {
    const UserId speaker = late_puppet(to, from->settings().name, herald_name);
    if (speaker != no_id) dismiss(to, speaker, "all is told");
  }
}

// A server is told what is said in a channel only while somebody behind it is a member.
void Relay::seat_keepers(Side& side) {
  if (!side.linked()) return;
  for (const auto& to : sides_) {
    if (to.get() == &side || !share_a_junction(side, *to)) continue;
    const std::string& network = to->settings().name;
    const std::string name = std::string(keeper_name) + network;
    UserId keeper = late_puppet(side, network, name);
    // Their people may be here behind another node while it is we who carry what is said.
    const bool attached = is_attached(side, *to);
    const bool needed = attached ? another_does_it(*to, side) : keeps_lines(side, *to);
    if (!needed) {
      if (keeper != no_id) dismiss(side, keeper, "not needed");
      continue;
    }
    for (const Junction& junction : junctions_) {
      const auto of = [&junction](const Side& one) {
        return std::ranges::find(junction.members, one.index(), &Junction::Member::network);
      };
      const auto here = of(side);
      if (here == junction.members.end() || of(*to) == junction.members.end() ||
          !is_heard(side, here->channel) ||
          (attached && is_told_of(side, here->channel, keeper)))
        continue;
      if (keeper == no_id) keeper = introduce_late_puppet(side, side.us(), network, name);
      if (keeper != no_id) seat(side, keeper, here->channel);
    }
  }
}

// ---- who is no person ----

UserId Relay::introduce_late_puppet(Side& at, ServerId server, const std::string& network,
                               std::string_view name) {
  Network& model = at.model();
  std::string nick;
  unsigned attempt = 0;
  do {
    nick = puppet_nick(late_nick, network, at.facts(), attempt, network);
  } while (model.find_nick(nick) != no_id && ++attempt < limits::nick_attempts_max);
  const std::string uid = at.make_uid(server);
  const std::string& host = at.settings().own_name;
  const Timestamp since = name_time(at, now_());
  const UserId out = model.add_user(
      server, {nick, {}, uid, late_nick, host, host, at.facts().no_address, name, {}, {}}, since);
  if (out == no_id) return no_id;
  at.write(UserIntroduced{at.party_of_server(server), nick, uid, late_nick, host, host,
                          at.facts().no_address, name, {}, "+i", since});
  return out;
}

}  // namespace hanse::irc
