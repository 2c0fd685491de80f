// SPDX-License-Identifier: Apache-2.0
// Modes by what they mean (irc 10), and masks that name people who are called otherwise elsewhere.
#include <algorithm>
#include <deque>
#include <optional>

#include "protocols/irc/extbans.h"
#include "protocols/irc/limits.h"
#include "protocols/irc/puppet_names.h"
#include "protocols/irc/relay.h"

namespace hanse::irc {
namespace {

bool is_mask(std::string_view text) {
  constexpr std::string_view never(" ,\r\n\0", 5);
  return !text.empty() && text.size() <= limits::mask_bytes_max && text.front() != ':' &&
         text.find_first_of(never) == std::string_view::npos;
}

// "alice|home" -> "alice", when `network` is home.
std::optional<std::string_view> untagged(std::string_view nick, const Side& side,
                                         std::string_view network) {
  const std::size_t mark = nick.rfind(side.facts().nick_separator);
  if (mark == std::string_view::npos || mark == 0 || nick.substr(mark + 1) != network)
    return std::nullopt;
  const bool twice = nick[mark - 1] == side.facts().nick_separator;   // its second choice
  return nick.substr(0, twice ? mark - 1 : mark);
}

// irc 9: "alice|home!*@*" means at home alice, and on a third network its own form of that;
// "bob!*@*" means a native, who has a tag everywhere else. What names nobody stays as it is.
std::string translated_mask(const Side& from, std::string_view mask, const Side& to,
                            std::span<const Strand> strands) {
  const std::size_t end = mask.find('!');
  const std::string_view nick = mask.substr(0, end);
  if (end == std::string_view::npos || nick == "*") return std::string(mask);
  const std::string rest(mask.substr(end));
  const auto tagged = [&](std::string_view name, const std::string& network) {
    const bool is_one = name.find_first_of("*?") == std::string_view::npos;
    return (is_one ? puppet_nick(name, network, to.facts(), 0, network)
                   : std::string(name) + to.facts().nick_separator + network) + rest;
  };
  for (std::size_t at = 0; at < strands.size(); ++at) {
    const std::string& network = strands[at].network;
    if (at == from.index() || !strands[at].live) continue;
    if (const auto name = untagged(nick, from, network))
      return at == to.index() ? std::string(*name) + rest : tagged(*name, network);
  }
  return tagged(nick, from.settings().name);
}

// "alice" of home is "alice/home" elsewhere (puppet_account), and that one is alice at home.
std::string translated_account(const Side& from, std::string_view account, const Side& to,
                               std::span<const Strand> strands) {
  if (account == "*") return std::string(account);
  const std::size_t mark = account.rfind('/');
  const std::string_view tail = mark == std::string_view::npos ? std::string_view()
                                                               : account.substr(mark + 1);
  for (std::size_t at = 0; at < strands.size(); ++at) {
    if (at == from.index() || !strands[at].live || strands[at].network != tail) continue;
    return std::string(at == to.index() ? account.substr(0, mark) : account);
  }
  return puppet_account(account, from.settings().name);
}

// Whether one of both nicks is what the other is called on that side, in any of the ways there are.
bool is_same_person(const Side& from, std::string_view nick, const Side& to,
                    std::string_view there, std::span<const Strand> strands) {
  const auto is_form = [](std::string_view native, const std::string& network, const Side& side,
                          std::string_view name) {
    const unsigned attempts = limits::nick_attempts_max + limits::puppet_losses_max;
    for (unsigned attempt = 0; attempt < attempts; ++attempt) {
      const std::string form = puppet_nick(native, network, side.facts(), attempt,
                                           network + std::string(native));
      if (same_name(side.facts().casemap, form, name)) return true;
    }
    return false;
  };
  for (StrandId at = 0; at < strands.size(); ++at) {
    const std::string& network = strands[at].network;
    if (!strands[at].live) continue;
    if (at == from.index()) {
      if (is_form(nick, network, to, there)) return true;
    } else if (at == to.index()) {
      if (is_form(there, network, from, nick)) return true;
    } else if (const auto name = untagged(nick, from, network)) {
      if (is_form(*name, network, to, there)) return true;
    }
  }
  return false;
}

// One that was set there for an entry of this side under another of a puppet's names: who is meant
// may have gone since, or have come, and a name that is taken or too long has other forms.
std::optional<ListEntry> ban_by_other_name(const Side& from, std::string_view text, const Side& to,
                                           ChannelId there, const ListEntry& wanted,
                                           std::span<const Strand> strands) {
  const auto meaning = read_ban(to.facts(), wanted.list, wanted.mask);
  const auto here = read_ban(from.facts(), wanted.list, text);
  if (!meaning || !here || meaning->match != BanMatch::mask || here->match != BanMatch::mask)
    return std::nullopt;
  const std::size_t end = here->value.find('!');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view nick = here->value.substr(0, end), rest = here->value.substr(end);
  for (const ListEntry& one : to.model().channel(there).lists) {
    const auto other = one.list == wanted.list ? read_ban(to.facts(), one.list, one.mask)
                                               : std::nullopt;
    if (!other || other->match != BanMatch::mask || other->effect != meaning->effect) continue;
    const std::size_t mark = other->value.find('!');
    if (mark == std::string_view::npos ||
        !same_name(to.facts().casemap, other->value.substr(mark), rest))
      continue;
    if (is_same_person(from, nick, to, other->value.substr(0, mark), strands)) return one;
  }
  return std::nullopt;
}

}  // namespace

// "$a" is "$a:*".
ListEntry as_it_is_there(const Side& to, ChannelId there, ListEntry wanted) {
  const auto meaning = read_ban(to.facts(), wanted.list, wanted.mask);
  const bool plain =
      meaning && meaning->match == BanMatch::mask && meaning->effect == BanEffect::entry;
  if (!meaning || plain) return wanted;
  for (const ListEntry& one : to.model().channel(there).lists) {
    if (one.list == wanted.list && read_ban(to.facts(), one.list, one.mask) == meaning) return one;
  }
  return wanted;
}

// What an entry of a list is there (irc 10). Nothing: there are no words for it.
std::optional<ListEntry> Relay::ban_there(const Side& from, Mode list, std::string_view text,
                                          const Side& to) const {
  const std::optional<BanMeaning> meaning =
      is_mask(text) ? read_ban(from.facts(), list, text) : std::nullopt;
  if (!meaning) return std::nullopt;
  std::string value(meaning->value);
  if (meaning->match == BanMatch::mask) {
    value = known_mask(from, value, to).value_or(translated_mask(from, value, to, strands_));
  } else if (meaning->match == BanMatch::account) {
    value = translated_account(from, value, to, strands_);
  } else if (meaning->match == BanMatch::channel) {   // one that both have
    const auto& spots = spots_[from.index()];
    const auto spot = spots.find(fold(from.facts().casemap, value));
    if (spot == spots.end()) return std::nullopt;
    const auto& members = spot->second->members;
    const auto there = std::ranges::find(members, to.index(), &Junction::Member::network);
    if (there == members.end()) return std::nullopt;
    value = there->channel;
  }
  ListEntry out{list, {}};
  const auto written = write_ban(to.facts(), to.dialect().modes(),
                                 {meaning->effect, meaning->match, value}, out.list);
  if (!written || !is_mask(*written)) return std::nullopt;
  out.mask = *written;
  return out;
}

void Relay::note_unmapped(Side& from, const std::string& channel, std::span<const ModeChange> all,
                          const Side& to) {
  for (const ModeChange& one : all) {
    if (!is_list(one.mode) || !one.add || one.parameter.empty() ||
        ban_there(from, one.mode, one.parameter, to))
      continue;
    from.note_unmapped();
    note(Level::info, "irc.ban_refused",
         std::string(one.parameter) + " of " + channel + " on " +
             from.settings().name + " has no counterpart on " + to.settings().name +
             ": it is not told there");
  }
}

bool stays_at_home(Mode mode) {
  return mode == Mode::other || mode == Mode::permanent || mode == Mode::registered ||
         mode == Mode::oper_only;
}

// irc 6: irc2 asks whether he may. Whoever did it at home may.
void Relay::lend_rank(const Side& from, UserId puppet, Side& to, ChannelId there) {
  const Membership* member = to.facts().asks_ranks ? to.model().membership(puppet, there) : nullptr;
  if (member == nullptr || (member->status & rank_bit(Mode::op)) != 0) return;
  to.model().set_status(puppet, there,
                        static_cast<std::uint8_t>(member->status | rank_bit(Mode::op)));
  const ModeChange change{true, Mode::op, 'o', to.party_of(puppet).word()};
  const Channel& channel = to.model().channel(there);
  to.write(ModesChanged{pseudo_party(from.index(), to), channel.name, channel.timestamp,
                        {&change, 1}});
}

// The member of the other channel who is meant; false: nobody there, or he has it already.
bool Relay::translate_rank(const Side& from, const Side& to, ChannelId there,
                           const ModeChange& change, std::string& parameter) const {
  UserId user = from.model().find_uid(change.parameter);
  if (user == no_id) user = from.model().find_nick(change.parameter);
  const PersonId id = user == no_id ? no_id : persons_.find(from.index(), user);
  const UserId target = id == no_id ? no_id : persons_.on(id, to.index());
  const Membership* member = target == no_id ? nullptr : to.model().membership(target, there);
  if (member == nullptr) return false;
  if (((member->status & rank_bit(change.mode)) != 0) == change.add) return false;
  parameter = to.party_of(target).word();
  return true;
}

// And notes it in the model of the other side.
std::optional<ModeChange> Relay::translated(const Side& from, const ModeChange& change, Side& to,
                                            ChannelId there, std::string& parameter) const {
  if (stays_at_home(change.mode)) return std::nullopt;
  if (!is_list(change.mode) && to.dialect().modes().by_mode(change.mode) == nullptr)
    return std::nullopt;
  ModeChange out = change;
  Network& model = to.model();
  if (is_rank(change.mode)) {
    if (!translate_rank(from, to, there, change, parameter)) return std::nullopt;
    UserId target = model.find_uid(parameter);
    if (target == no_id) target = model.find_nick(parameter);
    const unsigned status = model.membership(target, there)->status, bit = rank_bit(change.mode);
    model.set_status(target, there,
                     static_cast<std::uint8_t>(change.add ? status | bit : status & ~bit));
    out.parameter = parameter;
    return out;
  }
  if (is_list(change.mode)) {
    std::optional<ListEntry> entry = ban_there(from, change.mode, change.parameter, to);
    if (!entry) return std::nullopt;
    *entry = as_it_is_there(to, there, std::move(*entry));
    if (!change.add && !model.has_listed(there, *entry)) {
      const auto other = ban_by_other_name(from, change.parameter, to, there, *entry, strands_);
      if (!other) return std::nullopt;
      *entry = *other;
    }
    out.mode = entry->list;
    parameter = std::move(entry->mask);
  } else {
    parameter = change.parameter;
    if (!parameter.empty() && !is_mask(parameter)) return std::nullopt;
  }
  out.parameter = parameter;
  // Whoever takes the key away must name it, and only that network knows its own.
  if (change.mode == Mode::key && !change.add) {
    parameter = model.channel(there).key.empty() ? "*" : model.channel(there).key;
    out.parameter = parameter;
  }
  if (!model.set_mode(there, out)) return std::nullopt;
  return out;
}

namespace {

bool opens(const ModeChange& change) {
  switch (change.mode) {
    case Mode::ban: case Mode::invite_only: case Mode::key: return !change.add;
    case Mode::ban_exception: case Mode::invite_exception: return change.add;
    default: return false;
  }
}

}  // namespace

void Relay::modes_changed(Side& side, Source source, ChannelId channel,
                          std::span<const ModeChange> changes) {
  const Junction* junction = side.linked() ? junction_of(side, channel) : nullptr;
  if (junction == nullptr) return;
  std::vector<bool> passes(changes.size());
  for (std::size_t at = 0; at < changes.size(); ++at)
    passes[at] = !stays_at_home(changes[at].mode) &&
                 may(*junction, side, claim_on(changes[at].mode)) &&
                 !is_war(side, *junction, changes[at]);
  elsewhere(side.index(), *junction, [&](Side& to, const std::string& name) {
    const ChannelId there = to.model().find_channel(name);
    if (there == no_id) return;
    std::vector<ModeChange> theirs;
    std::deque<std::string> parameters;   // never moved: changes look into them
    for (std::size_t at = 0; at < changes.size(); ++at) {
      // A ban may be there under several names: all of them are lifted.
      bool more = passes[at];
      while (more) {
        const auto one = translated(side, changes[at], to, there, parameters.emplace_back());
        if (one) theirs.push_back(*one);
        more = one && is_list(one->mode) && !one->add;
      }
    }
    if (!theirs.empty())
      to.write(ModesChanged{actor(side, source, to, there, true), name,
                            to.model().channel(there).timestamp, theirs});
    if (may(*junction, side, Claim::bans))
      note_unmapped(side, side.model().channel(channel).name, changes, to);
    if (std::ranges::any_of(theirs, opens)) let_in(*junction, to, name);
  });
  undo_modes(side, *junction, channel, changes);
  if (std::ranges::any_of(changes, opens))
    let_in(*junction, side, std::string(side.model().channel(channel).name));
}

// `guards_only`: what keeps people out, where neither side has more of a say than the other.
void Relay::copy_modes(Side& from, ChannelId channel, Side& to, const std::string& name,
                       bool guards_only) {
  const Channel& home = from.model().channel(channel);
  const ChannelId there = to.model().find_channel(name);
  if (there == no_id) return;
  std::vector<ModeChange> changes;
  for (const ModeRow& row : from.dialect().modes().rows()) {
    const bool wanted = !guards_only || row.mode == Mode::invite_only;
    if (wanted && row.kind == ModeKind::flag && row.mode != Mode::other && home.has(row.mode))
      changes.push_back({true, row.mode, row.letter, {}});
  }
  const bool has_key = !to.model().channel(there).key.empty();
  if (!home.key.empty() && !(guards_only && has_key))
    changes.push_back({true, Mode::key, 'k', home.key});
  if (!home.limit.empty() && !guards_only) changes.push_back({true, Mode::limit, 'l', home.limit});
  for (const ListEntry& one : home.lists) changes.push_back({true, one.list, 'b', one.mask});
  std::vector<ModeChange> theirs;
  std::vector<std::string> parameters(changes.size());
  for (std::size_t at = 0; at < changes.size(); ++at) {
    if (const auto one = translated(from, changes[at], to, there, parameters[at]))
      theirs.push_back(*one);
  }
  note_unmapped(from, home.name, changes, to);
  if (!theirs.empty())
    to.write(ModesChanged{pseudo_party(from.index(), to), name,
                          to.model().channel(there).timestamp, theirs});
}

}  // namespace hanse::irc
