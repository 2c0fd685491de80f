// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/relay_rules.h"

#include <algorithm>

#include "protocols/irc/puppet_names.h"

namespace hanse::irc {

StrandId RelayRules::strand_of(const Side& side, UserId user) const {
  if (side.is_native(user)) return side.index();
  const ServerId server = side.model().user(user).server;
  for (StrandId id = sides_.size(); id < strands_.size(); ++id) {
    const Strand& strand = strands_[id];
    if (strand.live && strand.home == side.index() && strand.way_in == server) return id;
  }
  return no_strand;
}

// "alice|home", or what the node before us made of a name that was taken, was alice.
std::string RelayRules::nick_at_home(const Side& side, UserId user, StrandId id) const {
  const std::string_view nick = side.model().user(user).texts.get(UserText::nick);
  if (strands_[id].hops == 0) return std::string(nick);
  const char separator = side.facts().nick_separator;
  std::size_t at = nick.rfind(separator + strands_[id].network);
  if (at == std::string_view::npos) return std::string(nick);
  while (at > 0 && nick[at - 1] == separator) --at;
  return std::string(nick.substr(0, at));
}

Party RelayRules::pseudo_party(StrandId id, const Side& to) const {
  const ServerId server = to.pseudo(id);
  return to.party_of_server(server == no_id ? to.us() : server);
}

const Junction* RelayRules::junction_of(const Side& side, ChannelId channel) const {
  const auto& spots = spots_[side.index()];
  const auto found = spots.find(side.model().channel(channel).folded);
  return found == spots.end() ? nullptr : found->second;
}

// irc 9: what somebody may do at home he may do there, where his network has a say about it.
std::uint8_t RelayRules::rank_there(const Side& home, UserId user, const Side& to,
                                    const std::string& channel) const {
  const auto& spots = spots_[to.index()];
  const auto spot = spots.find(fold(to.facts().casemap, channel));
  if (spot == spots.end() || !may(*spot->second, home, Claim::ranks)) return 0;
  const auto& members = spot->second->members;
  const auto own = std::ranges::find(members, home.index(), &Junction::Member::network);
  const ChannelId here = own == members.end() ? no_id : home.model().find_channel(own->channel);
  const Membership* const member = here == no_id ? nullptr : home.model().membership(user, here);
  unsigned known = 0;
  for (const ModeRow& row : to.dialect().modes().rows()) {
    if (is_rank(row.mode)) known |= rank_bit(row.mode);
  }
  return static_cast<std::uint8_t>(member == nullptr ? 0 : member->status & known);
}

// irc 4.3: of two who take one name at the same moment the younger loses it, and is killed where
// there is no SAVE. That must be the puppet, whatever the clocks are, and never somebody of that
// network. Where a name with a '/' is nobody's but a puppet's it is as old as at home.
Timestamp RelayRules::name_time(const Side& to, Timestamp otherwise) const {
  const Timestamp now = now_();
  return to.facts().nick_separator == '/' ? std::min(otherwise, now) : now + skew_seconds_max_;
}

// What a person's puppet has there for what he has at home.
std::string RelayRules::text_there(PersonId id, const Side& to, UserText which) const {
  const Person& person = persons_.at(id);
  const std::string_view text = sides_[person.home]->model().user(person.user).texts.get(which);
  if (which == UserText::account) return puppet_account(text, strands_[person.strand].network);
  if (which == UserText::ident) return puppet_ident(text, to.facts());
  if (which == UserText::shown_host) return puppet_host(text, to.facts());
  return std::string(cut_utf8(text, limits::realname_bytes_max));
}

// As it is after so many fights over it.
std::string RelayRules::nick_there(PersonId id, const Side& to, unsigned fights) const {
  const Person& person = persons_.at(id);
  const std::string nick = nick_at_home(*sides_[person.home], person.user, person.strand);
  const std::string& network = strands_[person.strand].network;
  return puppet_nick(nick, network, to.facts(), fights, network + nick);
}

std::string RelayRules::full_name(PersonId id, const Side& to) const {
  const auto join = [](std::string_view nick, std::string_view ident, std::string_view host) {
    return std::string(nick).append("!").append(ident).append("@").append(host);
  };
  if (const UserId there = persons_.on(id, to.index()); there != no_id) {
    const PackedTexts& texts = to.model().user(there).texts;
    return join(texts.get(UserText::nick), texts.get(UserText::ident),
                texts.get(UserText::shown_host));
  }
  return join(nick_there(id, to, persons_.at(id).abroad[to.index()].fights),
              text_there(id, to, UserText::ident), text_there(id, to, UserText::shown_host));
}

}  // namespace hanse::irc
