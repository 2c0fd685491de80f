// SPDX-License-Identifier: Apache-2.0
// Servers do not ask whether somebody may enter when another server says that he has. So the node
// asks for them: what keeps people out on one network keeps out those of the others (irc 9).
#include <algorithm>

#include "protocols/irc/puppet_names.h"
#include "protocols/irc/relay.h"

namespace hanse::irc {

// Whether an entry of one of the lists there that keeps from entering, or talking, means somebody.
bool Relay::is_listed(PersonId id, const Side& to, const Channel& place, Mode list,
                      BanEffect effect) const {
  std::string who;
  const auto means = [&](const BanMeaning& one) {
    const auto fits = [&](const std::string& text) {
      return matches(to.facts().casemap, one.value, text);
    };
    switch (one.match) {
      case BanMatch::mask: return fits(who.empty() ? who = full_name(id, to) : who);
      case BanMatch::account: {
        const std::string account = text_there(id, to, UserText::account);
        return !account.empty() && fits(account);
      }
      case BanMatch::no_account: return text_there(id, to, UserText::account).empty();
      case BanMatch::realname: return fits(text_there(id, to, UserText::realname));
      case BanMatch::channel: {
        const UserId there = persons_.on(id, to.index());
        const ChannelId other = to.model().find_channel(one.value);
        return there != no_id && other != no_id &&
               to.model().membership(there, other) != nullptr;
      }
    }
    return false;
  };
  return std::ranges::any_of(place.lists, [&](const ListEntry& one) {
    if (one.list != list) return false;
    const std::optional<BanMeaning> meaning = read_ban(to.facts(), one.list, one.mask);
    return meaning && meaning->effect == effect && means(*meaning);
  });
}

// He may be in it and not talk: his own network may have no words for that.
bool Relay::is_muted(PersonId id, const Side& to, ChannelId there) const {
  const Channel& place = to.model().channel(there);
  const Membership* const member = to.model().membership(persons_.on(id, to.index()), there);
  const Junction* const junction = junction_of(to, there);
  if (junction == nullptr || !counts_there(*junction, to, Claim::bans)) return false;
  const auto muted = [&](Mode list) { return is_listed(id, to, place, list, BanEffect::talk); };
  return member->status == 0 && !place.lists.empty() && (muted(Mode::quiet) || muted(Mode::ban)) &&
         !is_listed(id, to, place, Mode::ban_exception, BanEffect::entry);
}

std::string Relay::full_name(PersonId id, const Side& to) const {
  const Person& person = persons_.at(id);
  const auto join = [](std::string_view nick, std::string_view ident, std::string_view host) {
    return std::string(nick).append("!").append(ident).append("@").append(host);
  };
  if (const UserId there = persons_.on(id, to.index()); there != no_id) {
    const PackedTexts& texts = to.model().user(there).texts;
    return join(texts.get(UserText::nick), texts.get(UserText::ident),
                texts.get(UserText::shown_host));
  }
  const Side& home = *sides_[person.home];
  const std::string nick = nick_at_home(home, person.user, person.strand);
  const std::string& network = strands_[person.strand].network;
  return join(puppet_nick(nick, network, to.facts(), 0, network + nick),
              text_there(id, to, UserText::ident), text_there(id, to, UserText::shown_host));
}

// What keeps him out of a channel there; empty: nothing.
std::string_view Relay::kept_out_by(PersonId id, const Side& to,
                                    const std::string& channel) const {
  const ChannelId there = to.model().find_channel(channel);
  if (there == no_id) return {};
  const Channel& place = to.model().channel(there);
  const bool closed = place.has(Mode::invite_only) || !place.key.empty();
  if (place.lists.empty() && !closed) return {};
  const Junction* const junction = junction_of(to, there);
  if (junction == nullptr) return {};
  const auto listed = [&](Mode list) { return is_listed(id, to, place, list, BanEffect::entry); };
  const bool bans_count = counts_there(*junction, to, Claim::bans);
  if (bans_count && listed(Mode::ban) && !listed(Mode::ban_exception)) return "a ban there";
  // Where his own channel is as closed, his own server has let him in. Otherwise nobody asked him,
  // nor when it became so only now that the networks meet.
  const Side& home = *sides_[persons_.at(id).home];
  const auto own = std::ranges::find(junction->members, home.index(), &Junction::Member::network);
  const ChannelId here = own == junction->members.end() ? no_id
                                                        : home.model().find_channel(own->channel);
  if (!closed || here == no_id || renewing_ || !counts_there(*junction, to, Claim::modes))
    return {};
  const Channel& door = home.model().channel(here);
  const bool unasked = meeting_ && is_younger(*junction, home);
  if (place.has(Mode::invite_only) && (unasked || !door.has(Mode::invite_only)) &&
      !listed(Mode::invite_exception))
    return "by invitation only there";
  if (!place.key.empty() && (unasked || door.key.empty())) return "a key is needed there";
  return {};
}

// Who is kept out says nothing in it either.
bool Relay::may_be_heard(PersonId id, const Side& to, const std::string& channel) const {
  const UserId there = persons_.on(id, to.index());
  const ChannelId place = to.model().find_channel(channel);
  const bool is_in = there != no_id && place != no_id &&
                     to.model().membership(there, place) != nullptr;
  return is_in ? !is_muted(id, to, place) : kept_out_by(id, to, channel).empty();
}

// A mask that names one person: what that one is called on the other network. He may be called so
// without being who the name looks like.
std::optional<std::string> Relay::known_mask(const Side& from, std::string_view mask,
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
