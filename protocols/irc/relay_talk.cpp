// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>

#include "protocols/irc/limits.h"
#include "protocols/irc/line.h"
#include "protocols/irc/relay.h"

namespace hanse::irc {
namespace {

constexpr std::string_view action_start = "\x01" "ACTION ";

bool is_request(std::string_view text) {
  return text.starts_with('\x01') && !text.starts_with(action_start);
}

// irc 1.5: the sign that frames what clients ask each other stands at the ends of an action and
// nowhere else.
std::string without_requests(std::string_view text) {
  const bool action = text.starts_with(action_start);
  if (action) text.remove_prefix(action_start.size());
  if (action && text.ends_with('\x01')) text.remove_suffix(1);
  std::string out(text);
  std::ranges::replace(out, '\x01', ' ');
  return action ? std::string(action_start) + out + '\x01' : out;
}

// "@#dev": to those of that rank and above; null: to a channel or a user.
const ModeRow* rank_meant(const Side& side, std::string_view target) {
  if (!side.facts().status_messages || side.model().find_channel(target) != no_id) return nullptr;
  return side.dialect().modes().by_prefix(target.front());
}

// irc 9: nothing where there is no such rank; those below it must not hear it.
std::optional<std::string> target_there(const ModeRow* rank, const Side& to,
                                        const std::string& channel) {
  if (rank == nullptr) return channel;
  const ModeRow* there = to.dialect().modes().by_mode(rank->mode);
  if (!to.facts().status_messages || there == nullptr || there->prefix == 0) return std::nullopt;
  return there->prefix + channel;
}

// What its readers get is longer than what we write: it shows nick, ident and host of the puppet.
void say(Side& to, UserId puppet, std::string_view target, const Said& what) {
  const PackedTexts& texts = to.model().user(puppet).texts;
  const std::size_t head = texts.get(UserText::nick).size() + texts.get(UserText::ident).size() +
                           texts.get(UserText::shown_host).size() + target.size() +
                           std::string_view(":!@ PRIVMSG  :").size();
  const std::size_t room = limits::body_write_bytes_max - std::min(head, std::size_t{300});
  Said line{to.party_of(puppet), target, what.text, what.kind, what.tags};
  if (what.text.size() <= room) {
    to.write(line);
    return;
  }
  std::string_view text = what.text;
  const bool action = text.starts_with(action_start);
  if (action) text.remove_prefix(action_start.size());
  const std::size_t frame = action ? action_start.size() + 1 : 0;
  for (const std::string& piece : message_lines(text, room - frame)) {
    const std::string framed = action ? std::string(action_start) + piece + '\x01' : piece;
    line.text = framed;
    to.write(line);
    line.goes_on = true;
  }
}

}  // namespace

// Who speaks for somebody in a channel there; no_id: nobody, since he is kept out, or may not talk.
// Who is a member at home and is not there, because it was closed to him, goes in first.
UserId Relay::speaker_in(const Side& side, UserId user, ChannelId channel, Side& to,
                         const std::string& name) {
  const PersonId id = person_of(side, user);
  const ChannelId place = to.model().find_channel(name);
  const auto member = [&] {
    const UserId puppet = persons_.on(id, to.index());
    const bool is_in = puppet != no_id && place != no_id &&
                       to.model().membership(puppet, place) != nullptr;
    return is_in ? puppet : no_id;
  };
  if (const UserId there = member(); there != no_id)
    return is_muted(id, to, place) ? no_id : there;
  if (!kept_out_by(id, to, name).empty()) return no_id;
  if (place == no_id || side.model().membership(user, channel) == nullptr) {
    const UserId puppet = presence(id, to);   // from outside of it
    if (puppet != no_id && to.model().user(puppet).channels.empty())
      loners_[{id, to.index()}] = now_();
    return puppet;
  }
  enter(persons_.at(id).strand, to, name, now_(), {&user, 1});
  return member();
}

void Relay::said(Side& side, UserId user, const Said& told) {
  const StrandId strand = side.linked() ? strand_of(side, user) : no_strand;
  if (strand == no_strand || told.target.empty()) return;
  // irc 9: of what clients ask each other inside a message only actions go on.
  if (is_request(told.text)) return;
  Said what = told;
  std::string clean;
  if (what.text.find('\x01') != std::string_view::npos)
    what.text = clean = without_requests(what.text);
  const ModeRow* const rank = rank_meant(side, what.target);
  const ChannelId channel =
      side.model().find_channel(what.target.substr(rank == nullptr ? 0 : 1));
  if (channel != no_id) {
    const Junction* junction = junction_of(side, channel);
    if (junction == nullptr) return;
    elsewhere(strand, *junction, [&](Side& to, const std::string& name) {
      const std::optional<std::string> target = target_there(rank, to, name);
      const UserId puppet = target ? speaker_in(side, user, channel, to, name) : no_id;
      if (puppet != no_id) say(to, puppet, *target, what);
    });
    const bool ours_to_keep = strands_[strand].hops == 0 && rank == nullptr &&
                              what.kind != Said::Kind::only_tags;
    if (ours_to_keep) keep_for_absent(side, *junction, user, what);
    return;
  }
  UserId target = side.model().find_uid(what.target);
  if (target == no_id) target = side.model().find_nick(what.target);
  if (target != no_id && side.is_our_user(target)) say_privately(side, user, target, what);
}

void Relay::say_privately(Side& side, UserId user, UserId puppet, const Said& what) {
  const PersonId wanted = persons_.find(side.index(), puppet);
  if (wanted == no_id) return;
  Side& home = *sides_[persons_.at(wanted).home];
  const UserId sender = presence(person_of(side, user), home);
  if (sender == no_id) return;
  // Who parts now stays for the answer.
  loners_[{person_of(side, user), home.index()}] = now_();
  loners_[{wanted, side.index()}] = now_();
  say(home, sender, home.party_of(persons_.at(wanted).user).word(), what);
}

}  // namespace hanse::irc
