// SPDX-License-Identifier: Apache-2.0
// Puppets that are thrown out, or lose their name: when they are back, and what becomes of those
// that lose again and again (irc 9).
#include <algorithm>

#include "protocols/irc/limits.h"
#include "protocols/irc/puppet_names.h"
#include "protocols/irc/relay.h"
#include "server/base/quantity.h"
#include "server/base/text.h"

namespace hanse::irc {
namespace {

std::string back_text(const Person::Puppet& puppet) {
  return format_utc(from_unix_ms(puppet.returns_at() * 1000));
}

// "hub.away.example!dave (go away)": what was said.
std::string_view words_of_kill(std::string_view reason) {
  const std::size_t open = reason.find('('), close = reason.rfind(')');
  const bool is_path = open != std::string_view::npos && close != std::string_view::npos;
  return is_path && open < close ? reason.substr(open + 1, close - open - 1) : reason;
}

}  // namespace

UserId Relay::presence(PersonId id, Side& to) {
  const UserId there = persons_.on(id, to.index());
  if (there != no_id) return there;
  Person::Puppet& puppet = persons_.at(id).abroad[to.index()];
  puppet.forgive(now_());
  if (!puppet.may_return(now_())) {
    note_unheard(id, to);
    return no_id;
  }
  const bool was_lost = puppet.losses > 0;
  const UserId made = introduce(id, to);
  if (made != no_id && was_lost) enter_again(id, to);
  return made;
}

// irc 9: honoured. One that a server threw out had a name somebody else wanted, and takes another,
// but not twice in a minute; one that a person threw out stays away for a while.
void Relay::puppet_lost(Side& side, UserId puppet, Source source, std::string_view reason) {
  const PersonId id = persons_.find(side.index(), puppet);
  const std::string nick(side.model().user(puppet).texts.get(UserText::nick));
  const std::string by(source.user != no_id ? side.party_of(source.user).name
                                            : side.party_of_server(source.server).name);
  std::vector<std::pair<std::string, Timestamp>> was_in;
  for (const Membership& one : side.model().user(puppet).channels) {
    const Channel& channel = side.model().channel(one.channel);
    was_in.emplace_back(channel.name, channel.timestamp);
  }
  if (id != no_id) persons_.vanish(id, side.index());
  side.model().remove_user(puppet);
  if (id == no_id) return;
  Person::Puppet& lost = persons_.at(id).abroad[side.index()];
  lost.lose(now_(), source.user == no_id);
  std::string words = escape_text(words_of_kill(reason), limits::heard_words_bytes_max);
  const std::string who = nick + " on " + side.settings().name + ", thrown out by " + by +
                          (words.empty() ? "" : " (" + words + ")");
  killed_[{id, side.index()}] = std::move(words);   // back when its time has come
  if (lost.losses >= limits::puppet_losses_max)
    return note(Level::warning, "irc.suspended",
                who + " for the third time: stays away for " +
                    std::to_string(limits::puppet_forgiven_seconds / 60) +
                    " minutes, or until it leaves its own network");
  if (source.user != no_id || now_() - lost.back_at < limits::puppet_pause_seconds)
    return note(Level::info, "irc.killed", who + ": stays away for " +
                                               std::to_string(limits::puppet_pause_seconds) + " s");
  if (introduce(id, side) == no_id) return;
  const UserId native = persons_.at(id).user;
  for (const auto& [channel, timestamp] : was_in)
    enter(persons_.at(id).strand, side, channel, timestamp, {&native, 1});
}

// Once for each time that he is sent away.
void Relay::note_unheard(PersonId id, const Side& to) {
  const Person& person = persons_.at(id);
  Person::Puppet& puppet = persons_.at(id).abroad[to.index()];
  if (std::exchange(puppet.told, true)) return;
  const std::string& network = strands_[person.strand].network;
  note(Level::info, "irc.unheard",
       nick_at_home(*sides_[person.home], person.user, person.strand) + " of " + network +
           " is kept away from " + to.settings().name + " until " + back_text(puppet) +
           ": what it says is not heard there");
}

std::vector<std::string> Relay::kept_away(const Side& to, const Junction& junction) const {
  std::vector<std::string> out;
  if (!to.linked()) return out;
  for (PersonId id = 0; id < persons_.size(); ++id) {
    if (persons_.is_free(id) || persons_.at(id).home == to.index()) continue;
    const Person& person = persons_.at(id);
    const Person::Puppet& puppet = person.abroad[to.index()];
    const auto killed = killed_.find({id, to.index()});
    if (puppet.user != no_id || puppet.losses == 0 || killed == killed_.end()) continue;
    const Side& home = *sides_[person.home];
    const bool is_in = std::ranges::any_of(
        home.model().user(person.user).channels,
        [&](const Membership& one) {
          const Junction* const here = junction_of(home, one.channel);
          return here != nullptr && here->name == junction.name;
        });
    if (!is_in) continue;
    std::string line = nick_at_home(home, person.user, person.strand) + " of " +
                       strands_[person.strand].network + ", thrown out " +
                       std::to_string(puppet.losses) + (puppet.losses == 1 ? " time" : " times");
    if (!killed->second.empty()) line += " (" + killed->second + ")";
    out.push_back(line + ", until " + back_text(puppet));
  }
  return out;
}

void Relay::puppet_saved(Side& side, UserId puppet) {
  const PersonId id = persons_.find(side.index(), puppet);
  if (id == no_id) return;
  Person::Puppet& saved = persons_.at(id).abroad[side.index()];
  saved.lose(now_(), true);
}

// irc 9: not at once, and never under the name that was fought over. Who loses again and again
// keeps his UID for long.
void Relay::name_again(Side& side) {
  Network& model = side.model();
  for (PersonId id = 0; id < persons_.size(); ++id) {
    if (persons_.is_free(id) || persons_.at(id).home == side.index()) continue;
    Person& person = persons_.at(id);
    Person::Puppet& puppet = person.abroad[side.index()];
    puppet.forgive(now_());
    if (puppet.user == no_id || puppet.losses >= limits::puppet_losses_max ||
        now_() - puppet.lost_at < limits::puppet_unnamed_seconds ||
        model.user(puppet.user).texts.get(UserText::nick) !=
            model.user(puppet.user).texts.get(UserText::uid))
      continue;
    const Side& home = *sides_[person.home];
    const std::string native = nick_at_home(home, person.user, person.strand);
    const std::string& network = strands_[person.strand].network;
    for (unsigned attempt = puppet.fights; attempt < puppet.fights + limits::nick_attempts_max;
         ++attempt) {
      const std::string nick =
          puppet_nick(native, network, side.facts(), attempt, network + native);
      if (model.find_nick(nick) != no_id) continue;
      const Timestamp at = name_time(side, now_());
      side.write(NickChanged{side.party_of(puppet.user), nick, at});
      model.rename(puppet.user, nick, at);
      break;
    }
  }
}

}  // namespace hanse::irc
