// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/late.h"

#include <algorithm>

#include "protocols/irc/limits.h"
#include "server/base/quantity.h"
#include "server/base/text.h"

namespace hanse::irc {
namespace {

constexpr std::string_view action_start = "\x01" "ACTION ";

// "14:05", and the day where it is another one.
std::string clock_text(Timestamp at, Timestamp now) {
  const std::string text = format_utc(from_unix_ms(at * 1000));
  const bool today = text.substr(0, 10) == format_utc(from_unix_ms(now * 1000)).substr(0, 10);
  return (today ? "" : text.substr(0, 10) + " ") + text.substr(11, 5);
}

std::string summary(std::uint64_t lines, const std::string& home, Timestamp since, Timestamp until,
                    Timestamp now) {
  return "[late] " + std::to_string(lines) + (lines == 1 ? " line was" : " lines were") +
         " said on " + home + " while this network was not linked, " + clock_text(since, now) +
         " to " + clock_text(until, now) + " UTC; the last ones:";
}

}  // namespace

Submission to_submission(const LateLine& line) {
  Submission out;
  Envelope& envelope = out.envelope;
  envelope.key = {"irc", line.home, line.msgid};
  envelope.from = {"irc", line.nick, line.home};
  envelope.to = {{"irc", line.channel, line.network}};
  envelope.native = std::string(line.kind == Said::Kind::notice ? "notice " : "message ") +
                    std::to_string(line.at) + " " + std::to_string(line.missing);
  // The real name may have spaces; an account may be missing.
  if (!line.host.empty())
    envelope.native.append(" ").append(line.ident).append(" ").append(line.host).append(" ")
        .append(line.account).append(line.door.invite_only ? " i" : " -")
        .append(line.door.key ? "k" : "-").append(line.door.moderated ? "m " : "- ")
        .append(line.realname);
  out.body.bytes = std::make_shared<const std::string>(line.text);
  out.body.size = line.text.size();
  return out;
}

std::optional<LateLine> read_late(const Work& work) {
  if (work.targets.size() != 1 || work.body.bytes == nullptr) return std::nullopt;
  const Envelope& envelope = *work.envelope;
  const std::vector<std::string_view> words = split(envelope.native, ' ');
  if (envelope.from.protocol != "irc" || words.size() < 3) return std::nullopt;
  const Result<std::int64_t> at = parse_integer(words[1]), missing = parse_integer(words[2]);
  if (!at || !missing || *at < 0 || *missing < 0) return std::nullopt;
  LateLine out;
  out.home = envelope.from.domain;
  out.nick = envelope.from.local;
  out.network = work.targets.front().to.domain;
  out.channel = work.targets.front().to.local;
  out.text = *work.body.bytes;
  out.kind = words[0] == "notice" ? Said::Kind::notice : Said::Kind::message;
  out.at = *at;
  out.missing = static_cast<std::uint64_t>(*missing);
  out.msgid = envelope.key.native_id;
  if (words.size() < 8) return out;
  out.ident = words[3];
  out.host = words[4];
  out.account = words[5];
  const auto was = [&words](char mark) { return words[6].find(mark) != std::string_view::npos; };
  out.door = {was('i'), was('k'), was('m')};
  out.realname = envelope.native.substr(
      static_cast<std::size_t>(words[7].data() - envelope.native.data()));
  return out;
}

std::string late_text(const LateLine& line, Timestamp now) {
  std::string out = "[late, " + clock_text(line.at, now) + " UTC";
  if (line.missing > 0) out += "; " + std::to_string(line.missing) + " before it were not kept";
  out += "] ";
  std::string_view text = line.text;
  if (text.starts_with(action_start)) {
    text.remove_prefix(action_start.size());
    if (text.ends_with('\x01')) text.remove_suffix(1);
    return out.append("* ").append(line.nick).append(" ").append(text);
  }
  const bool notice = line.kind == Said::Kind::notice;
  return out.append(notice ? "-" : "<").append(line.nick).append(notice ? "- " : "> ").append(text);
}

void LateDesk::add(DeliveryId id, LateLine line, Instant now, std::vector<Settled>& settled) {
  auto place = std::ranges::find_if(places_, [&line](const Place& one) {
    return one.home == line.home && one.channel == line.channel;
  });
  if (place == places_.end()) {
    places_.push_back({line.home, line.channel, {}, 0, 0, {}, false});
    place = places_.end() - 1;
  }
  place->complete_at = now + limits::late_gather_wait;
  place->lines.push_back({id, std::move(line)});
  if (place->lines.size() <= lines_most_) return;
  const Waiting& oldest = place->lines.front();
  if (place->left_out == 0) place->since = oldest.line.at;
  place->left_out += 1 + oldest.line.missing;
  settled.push_back({oldest.id, Settled::How::summed_up});
  place->lines.pop_front();
}

void LateDesk::drop_old(Place& place, Timestamp utc, std::vector<Settled>& settled) const {
  while (!place.lines.empty() && utc - place.lines.front().line.at > age_seconds_most_) {
    settled.push_back({place.lines.front().id, Settled::How::too_old});
    place.lines.pop_front();
  }
}

std::optional<LateDesk::Told> LateDesk::next(Instant now, Timestamp utc,
                                             const std::function<bool(const std::string&)>& heard,
                                             const std::function<bool(const LateLine&)>& may_tell,
                                             std::vector<Settled>& settled) {
  for (Place& place : places_) {
    if (place.begun && !heard(place.channel)) place.begun = false;   // they left in the middle
    if (!place.begun) drop_old(place, utc, settled);
  }
  std::erase_if(places_, [](const Place& one) { return one.lines.empty(); });
  if (now < next_at_) return std::nullopt;
  const auto place = std::ranges::find_if(places_, [&](const Place& one) {
    return now >= one.complete_at && heard(one.channel);
  });
  if (place == places_.end()) return std::nullopt;
  std::erase_if(place->lines, [&](const Waiting& one) {
    if (may_tell(one.line)) return false;
    settled.push_back({one.id, Settled::How::kept_out});
    return true;
  });
  if (place->lines.empty()) {
    places_.erase(place);
    return std::nullopt;
  }
  next_at_ = now + limits::late_pause;
  place->begun = true;
  Told out{place->home, place->channel, {}};
  if (place->left_out > 0) {
    // Of all of them: those that follow, too.
    out.text = summary(place->left_out + place->lines.size(), place->home, place->since,
                       place->lines.back().line.at, utc);
    place->left_out = 0;
    return out;
  }
  out.text = late_text(place->lines.front().line, utc);
  settled.push_back({place->lines.front().id, Settled::How::told});
  place->lines.pop_front();
  if (place->lines.empty()) places_.erase(place);
  return out;
}

std::vector<DeliveryId> LateDesk::give_back() {
  std::vector<DeliveryId> out;
  for (const Place& place : places_)
    for (const Waiting& one : place.lines) out.push_back(one.id);
  places_.clear();
  return out;
}

}  // namespace hanse::irc
