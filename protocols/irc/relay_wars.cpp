// SPDX-License-Identifier: Apache-2.0
// Two networks that insist on different things, each by its services, would tell each other so for
// ever (irc 9). After a while it is not passed on: each has it as it likes, and is content.
#include "protocols/irc/limits.h"
#include "protocols/irc/relay.h"

namespace hanse::irc {

bool Relay::is_war(const Side& side, const Junction& junction, const std::string& what) {
  std::map<std::string, War>& known = wars_[side.index()];
  const Timestamp now = now_();
  const std::string key = junction.name + " " + what;
  if (known.size() >= limits::wars_known_max && !known.contains(key)) {
    std::erase_if(known, [now](const auto& one) {
      return now - one.second.since >= limits::undo_window_seconds;
    });
    if (known.size() >= limits::wars_known_max) return false;   // many things are no one thing
  }
  War& war = known[key];
  if (now - war.since >= limits::undo_window_seconds) war = {now, 0};
  if (++war.count <= limits::undo_window_max) return false;
  Quarrel& last = quarrels_[junction.name];
  const bool is_news = last.what != what || now - last.at >= limits::undo_pause_seconds;
  if (is_news)
    note(Level::warning, "irc.war",
         what + " in junction " + junction.name + " changes to and fro on " +
             side.settings().name + ": for a while it is not told elsewhere");
  if (is_news) last = {what, now};
  return true;
}

bool Relay::is_war(const Side& side, const Junction& junction, const ModeChange& change) {
  std::string what = std::string("mode ") + change.letter;
  if (is_list(change.mode) || is_rank(change.mode))
    what.append(" ").append(change.parameter.substr(0, limits::mask_bytes_max));
  return is_war(side, junction, what);
}

const Quarrel* Relay::quarrel_in(const Junction& junction) const {
  const auto found = quarrels_.find(junction.name);
  return found == quarrels_.end() ? nullptr : &found->second;
}

}  // namespace hanse::irc
