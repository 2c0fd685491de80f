// SPDX-License-Identifier: Apache-2.0
// Servers do not ask whether somebody may enter when another server says that he has. So the node
// asks for them: what keeps people out on one network keeps out those of the others (irc 9).
#include <algorithm>

#include "protocols/irc/puppet_names.h"
#include "protocols/irc/relay.h"

namespace hanse::irc {

// He may be in it and not talk: his own network may have no words for that.
bool RelayRules::is_muted(PersonId id, const Side& to, ChannelId there) const {
  const Channel& place = to.model().channel(there);
  const Membership* const member = to.model().membership(persons_.on(id, to.index()), there);
  const Junction* const junction = junction_of(to, there);
  if (junction == nullptr || !counts_there(*junction, to, Claim::bans)) return false;
  return member->status == 0 && !place.lists.empty() &&
         irc::is_muted(visitor(id, to), to, place);
}

// A ban on a name that nobody has there now means him too who had it.
Visitor RelayRules::visitor(PersonId id, const Side& to) const {
  Visitor out{persons_.on(id, to.index()), full_name(id, to),
              text_there(id, to, UserText::account), text_there(id, to, UserText::realname)};
  const std::string usual = nick_there(id, to, 0);
  if (to.model().find_nick(usual) == no_id && !out.name.starts_with(usual + "!"))
    out.usual_name = usual + out.name.substr(out.name.find('!'));
  return out;
}

// What keeps him out of a channel there; empty: nothing.
std::string_view RelayRules::kept_out_by(PersonId id, const Side& to,
                                         const std::string& channel) const {
  const ChannelId there = to.model().find_channel(channel);
  const Junction* const junction = is_guarded(to, there) ? junction_of(to, there) : nullptr;
  if (junction == nullptr) return {};
  Visitor who = visitor(id, to);
  who.door = door_at_home(*sides_[persons_.at(id).home], *junction);
  return kept_out_by(who, to, there);
}

std::string_view RelayRules::kept_out_by(const Visitor& who, const Side& to,
                                         ChannelId there) const {
  const Channel& place = to.model().channel(there);
  const bool closed = place.has(Mode::invite_only) || !place.key.empty();
  const Junction* const junction = junction_of(to, there);
  if (junction == nullptr) return {};
  const auto listed = [&](Mode list) { return is_listed(who, to, place, list, BanEffect::entry); };
  const bool bans_count = counts_there(*junction, to, Claim::bans);
  if (bans_count && listed(Mode::ban) && !listed(Mode::ban_exception)) return "a ban there";
  // Where his own channel is as closed, his own server has let him in.
  if (!closed || !who.door || renewing_ || !counts_there(*junction, to, Claim::modes)) return {};
  if (place.has(Mode::invite_only) && !who.door->invite_only && !listed(Mode::invite_exception))
    return "by invitation only there";
  if (!place.key.empty() && !who.door->key) return "a key is needed there";
  return {};
}

// Nobody was asked where it became closed only now that the networks meet.
std::optional<Door> RelayRules::door_at_home(const Side& home, const Junction& junction) const {
  const auto own = std::ranges::find(junction.members, home.index(), &Junction::Member::network);
  const ChannelId here = own == junction.members.end() ? no_id
                                                       : home.model().find_channel(own->channel);
  if (here == no_id) return std::nullopt;
  if (meeting_ && is_younger(junction, home)) return Door{};
  const Channel& door = home.model().channel(here);
  return Door{door.has(Mode::invite_only), !door.key.empty(), door.has(Mode::moderated)};
}

// Who said it, if his puppet is in that channel now; else no_id.
PersonId RelayRules::speaker_of(const LateLine& line, const Side& home, const Side& to,
                                ChannelId there) const {
  const UserId user = home.linked() ? home.model().find_nick(line.nick) : no_id;
  const PersonId id = user == no_id ? no_id : persons_.find(home.index(), user);
  const UserId puppet = id == no_id ? no_id : persons_.on(id, to.index());
  const bool is_he = puppet != no_id && to.model().membership(puppet, there) != nullptr &&
                     home.model().user(user).texts.get(UserText::ident) == line.ident;
  return is_he ? id : no_id;
}

// Why what he said while the network was away may not be told there now; empty: it may.
std::string_view RelayRules::untold_by(const LateLine& line, const Side& home, const Side& to,
                                       ChannelId there) const {
  const Channel& place = to.model().channel(there);
  const Junction* const junction = junction_of(to, there);
  if (junction == nullptr) return {};
  const PersonId speaker = speaker_of(line, home, to, there);
  if (speaker != no_id) {
    if (to.model().membership(persons_.on(speaker, to.index()), there)->status != 0) return {};
    if (is_muted(speaker, to, there)) return "a ban there";
  }
  const Visitor who = visitor_of(line, to);
  if (speaker == no_id) {
    const std::string_view why = kept_out_by(who, to, there);
    if (!why.empty()) return why;
    if (counts_there(*junction, to, Claim::bans) && irc::is_muted(who, to, place))
      return "a ban there";
  }
  if (counts_there(*junction, to, Claim::modes) && needs_rank(who, place))
    return "it is moderated there";
  return {};
}

bool Relay::may_tell(const Side& to, const LateLine& line) {
  const ChannelId there = to.model().find_channel(line.channel);
  const auto from = std::ranges::find_if(sides_, [&line](const auto& one) {
    return one->settings().name == line.home;
  });
  if (line.host.empty() || from == sides_.end() || !is_guarded(to, there)) return true;
  const std::string_view why = untold_by(line, **from, to, there);
  if (why.empty()) return true;
  note(Level::info, "irc.kept_out",
       visitor_of(line, to).name + " may not be heard in " + line.channel + " of " +
           to.settings().name + ": " + std::string(why) + "; a late line is not told");
  return false;
}

// A mask that names one person: what that one is called on the other network. He may be called so
// without being who the name looks like.
std::optional<std::string> RelayRules::known_mask(const Side& from, std::string_view mask,
                                                  const Side& to) const {
  const std::size_t end = mask.find('!');
  if (end == std::string_view::npos) return std::nullopt;
  const UserId user = from.model().find_nick(mask.substr(0, end));
  const PersonId id = user == no_id ? no_id : persons_.find(from.index(), user);
  const UserId there = id == no_id ? no_id : persons_.on(id, to.index());
  if (there == no_id) return std::nullopt;
  return std::string(to.model().user(there).texts.get(UserText::nick)) +
         std::string(mask.substr(end));
}

}  // namespace hanse::irc
