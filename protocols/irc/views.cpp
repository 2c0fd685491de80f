// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/views.h"

#include <algorithm>

#include "protocols/irc/limits.h"
#include "server/base/text.h"

namespace hanse::irc {
namespace {

constexpr std::string_view network_columns[] = {"network", "state", "peer", "address",
                                                "software", "servers", "users", "channels",
                                                "unwritten_bytes", "desyncs", "trouble"};
constexpr std::string_view user_columns[] = {"network", "nick", "user", "server", "account",
                                             "away", "channels"};
constexpr std::string_view channel_columns[] = {"network", "channel", "junction", "members",
                                                "modes", "topic"};
constexpr StateView all_views[] = {
    {"networks", "The IRC networks, how their links are, and what is on them.", network_columns},
    {"users", "Who is on the linked IRC networks, as this node holds it.", user_columns},
    {"channels", "The channels of the linked IRC networks, as this node holds them.",
     channel_columns},
};

std::string_view phase_name(Side::Phase phase) {
  switch (phase) {
    case Side::Phase::down: return "down";
    case Side::Phase::bursting: return "bursting";
    case Side::Phase::linked: return "linked";
  }
  return {};
}

StateCell count(std::size_t number) { return static_cast<std::int64_t>(number); }

const Junction* junction_at(const IrcSettings& settings, const Side& side, const Channel& channel) {
  for (const Junction& junction : settings.junctions) {
    for (const Junction::Member& member : junction.members) {
      if (member.network == side.index() &&
          channel.folded == fold(side.facts().casemap, member.channel))
        return &junction;
    }
  }
  return nullptr;
}

// In the network's own letters. What the key is stays between those who have it.
std::string modes_of(const Side& side, const Channel& channel) {
  std::string out = "+";
  for (const ModeRow& row : side.dialect().modes().rows()) {
    const bool set =
        row.mode == Mode::key     ? !channel.key.empty()
        : row.mode == Mode::limit ? !channel.limit.empty()
                                  : row.kind == ModeKind::flag && channel.has(row.mode);
    if (set && row.mode != Mode::other) out += row.letter;
  }
  return out.size() == 1 ? std::string() : out;
}

constexpr std::string_view not_called = "not called: autoconnect is off";

std::string in_words(std::int64_t seconds) {
  return seconds < 60 ? std::to_string(seconds) + " seconds"
                      : std::to_string(seconds / 60) + " minutes";
}

bool nobody_calls(const NetworkSettings& network) {
  return network.is_called() && !network.autoconnect;
}

StateRow network_row(const Side& side) {
  const bool up = side.phase() != Side::Phase::down;
  StateRow row{side.settings().name, std::string(phase_name(side.phase())), side.settings().peer,
               side.place(), up ? std::string(side.dialect().name()) : std::string()};
  const auto present = [&] {
    return std::ranges::count_if(side.model().servers(), &Server::present);
  };
  row.push_back(up ? StateCell(std::int64_t{present()}) : StateCell(std::int64_t{0}));
  row.push_back(count(up ? side.model().users() : 0));
  row.push_back(count(up ? side.model().channels() : 0));
  row.push_back(count(side.outgoing().waiting_bytes()));
  std::uint64_t desyncs = 0;
  for (const auto& [what, times] : side.desyncs()) desyncs += times;
  row.push_back(count(desyncs));
  const bool left_alone = !up && side.trouble().what.empty() && nobody_calls(side.settings());
  row.push_back(left_alone ? std::string(not_called) : side.trouble().what);
  return row;
}

StateRow user_row(const Side& side, const User& user) {
  const Network& model = side.model();
  std::string channels;
  for (std::size_t at = 0; at < user.channels.size(); ++at) {
    if (at == limits::listed_channels_max) {
      channels += " ... " + std::to_string(user.channels.size());
      break;
    }
    channels += (at == 0 ? "" : " ") + model.channel(user.channels[at].channel).name;
  }
  const auto text = [&user](UserText which) { return std::string(user.texts.get(which)); };
  return {side.settings().name, text(UserText::nick),
          text(UserText::ident) + "@" + text(UserText::shown_host), model.server(user.server).name,
          text(UserText::account), text(UserText::away), channels};
}

StateRow channel_row(const IrcSettings& settings, const Side& side, const Channel& channel) {
  const Junction* junction = junction_at(settings, side, channel);
  return {side.settings().name, channel.name, junction == nullptr ? std::string() : junction->name,
          count(channel.members.size()), modes_of(side, channel), channel.topic};
}

// Slots of all sides one after the other. A place is the side and the slot, so that it stays good
// while people come and go.
template <class Slots, class Row>
StatePage page_of(const Hub& hub, std::size_t from, std::size_t most, Slots slots, Row row) {
  constexpr unsigned side_shift = 32;
  StatePage out;
  std::size_t index = from >> side_shift, slot = from & 0xffffffff;
  std::size_t looks = limits::view_looks_max;
  for (; index < hub.sides().size(); ++index, slot = 0) {
    const Side& side = *hub.sides()[index];
    if (side.phase() == Side::Phase::down) continue;
    for (const std::size_t end = slots(side); slot < end; ++slot, --looks) {
      if (out.rows.size() >= most || looks == 0) {
        out.next = (index << side_shift) | slot;
        return out;
      }
      if (std::optional<StateRow> one = row(side, static_cast<std::uint32_t>(slot)))
        out.rows.push_back(*std::move(one));
    }
  }
  return out;
}

}  // namespace

std::span<const StateView> views() { return all_views; }

StatePage view_page(const Hub& hub, std::string_view view, std::size_t from, std::size_t most) {
  if (view == "users") {
    return page_of(
        hub, from, most, [](const Side& side) { return side.model().user_slots(); },
        [](const Side& side, UserId id) -> std::optional<StateRow> {
          const User& user = side.model().user(id);
          if (user.server == no_id) return std::nullopt;
          return user_row(side, user);
        });
  }
  if (view == "channels") {
    return page_of(
        hub, from, most, [](const Side& side) { return side.model().channel_slots(); },
        [&hub](const Side& side, ChannelId id) -> std::optional<StateRow> {
          const Channel& channel = side.model().channel(id);
          if (channel.name.empty()) return std::nullopt;
          return channel_row(hub.settings(), side, channel);
        });
  }
  StatePage out;
  for (; view == "networks" && from < hub.sides().size(); ++from) {
    if (out.rows.size() >= most) {
      out.next = from;
      break;
    }
    out.rows.push_back(network_row(*hub.sides()[from]));
  }
  return out;
}

// ---- one channel ----

namespace {

void explain_side(const Side& side, std::vector<std::string>& out) {
  const NetworkSettings& network = side.settings();
  std::string line = network.name + " (" + network.peer;
  if (side.phase() == Side::Phase::down) {
    line += "): down; ";
    if (nobody_calls(network))
      line.append(not_called).append(", hanse link retry ").append(network.name)
          .append(" links it once; ");
    const std::int64_t late = network.late_seconds;
    out.push_back(line + (!network.is_waited_for() ? "what is said elsewhere is lost for it"
                                                   : "what is said elsewhere waits for it, " +
                                                         in_words(late) + " at most"));
    if (const Side::LinkTrouble& trouble = side.trouble(); !trouble.what.empty())
      out.push_back(network.name + ": " + format_utc(from_unix_ms(trouble.at * 1000)) + ": " +
                    trouble.what);
    return;
  }
  line.append(" at ").append(side.place()).append(", ").append(side.dialect().name());
  line.append("): ").append(phase_name(side.phase()));
  if (const std::size_t places = network.places.size(); places > 1)
    line += "; one of " + std::to_string(places) + " addresses";
  out.push_back(std::move(line));
}

void explain_side(const Side& side, const Channel* channel, std::vector<std::string>& out) {
  explain_side(side, out);
  if (side.phase() == Side::Phase::down) return;
  std::string& line = out.back();
  if (channel == nullptr) {
    line += "; nobody is in it there";
    return;
  }
  const auto ours = std::ranges::count_if(
      channel->members, [&side](UserId user) { return side.is_our_user(user); });
  line += "; " + std::to_string(channel->members.size()) + " members, of whom " +
          std::to_string(ours) + " are relayed from elsewhere";
  if (side.facts().has_timestamps)
    line += "; since " + format_utc(from_unix_ms(channel->timestamp * 1000));
  if (const std::string modes = modes_of(side, *channel); !modes.empty()) line += "; " + modes;
  if (!channel->lists.empty())
    line += "; " + std::to_string(channel->lists.size()) + " bans and the like";
}

// Bans and the like that mean nothing on the other network; a few of them by name.
void explain_bans(const Relay& relay, const Side& from, const Channel& channel, const Side& to,
                  std::vector<std::string>& out) {
  std::size_t count = 0;
  std::string some;
  for (const ListEntry& one : channel.lists) {
    if (relay.ban_there(from, one.list, one.mask, to)) continue;
    if (++count <= limits::shown_bans_max)
      some += (some.empty() ? "" : ", ") + escape_text(one.mask, limits::mask_bytes_max);
  }
  if (count == 0) return;
  out.push_back("bans and the like of " + from.settings().name + " without a counterpart on " +
                to.settings().name + ": " + std::to_string(count) + " (" + some +
                (count > limits::shown_bans_max ? ", ...)" : ")") +
                "; the node heeds those that it knows itself");
}

// What is set on one network and has no letter on the other.
void explain_losses(const Side& from, const Channel& channel, const Side& to,
                    std::vector<std::string>& out) {
  std::string letters;
  for (const ModeRow& row : from.dialect().modes().rows()) {
    const bool set = row.kind == ModeKind::flag && row.mode != Mode::other && channel.has(row.mode);
    if (set && to.dialect().modes().by_mode(row.mode) == nullptr) letters += row.letter;
  }
  if (!letters.empty())
    out.push_back("+" + letters + " of " + from.settings().name + " has no counterpart on " +
                  to.settings().name);
}

void explain_others(const Hub& hub, const Side& side, std::vector<std::string>& out) {
  if (side.phase() == Side::Phase::down) return;
  for (const Server& server : side.model().servers()) {
    if (server.present && !server.relayed_by.empty())
      out.push_back(server.relayed_network + " is brought to " + side.settings().name + " by " +
                    server.relayed_by + ", not by this node, " +
                    hub.relay().onward(side, server));
  }
  for (const auto& [what, times] : side.desyncs())
    out.push_back(side.settings().name + ": " + std::to_string(times) +
                  " lines since the start did not fit what is held: " + std::string(what));
  if (side.unmapped() > 0)
    out.push_back(side.settings().name + ": bans and the like that others have no words for and "
                  "were not told, since the start: " + std::to_string(side.unmapped()));
  if (side.facts().paced)
    out.push_back(side.settings().name + ": its configuration should have <performance "
                  "netbuffersize=\"65534\">, or it takes a large burst in crumbs");
}

const Channel* channel_on(const Side& side, std::string_view name) {
  if (side.phase() == Side::Phase::down) return nullptr;
  const ChannelId id = side.model().find_channel(name);
  return id == no_id ? nullptr : &side.model().channel(id);
}

std::vector<std::string> explain_network(const Hub& hub, const Side& side) {
  std::vector<std::string> out;
  explain_side(side, out);
  explain_others(hub, side, out);
  return out;
}

void explain_kept_away(const Hub& hub, const Side& side, const Junction& junction,
                       std::vector<std::string>& out) {
  const std::vector<std::string> all = hub.relay().kept_away(side, junction);
  for (std::size_t at = 0; at < all.size() && at < limits::shown_bans_max; ++at)
    out.push_back("kept away from " + side.settings().name + ": " + escape_text(all[at], 300));
  if (all.size() > limits::shown_bans_max)
    out.push_back("kept away from " + side.settings().name + ": " + std::to_string(all.size()) +
                  " in all");
}

void explain_junction(const Hub& hub, const Junction& junction, std::vector<std::string>& out) {
  std::string line = "junction " + junction.name + ":";
  for (const Junction::Member& member : junction.members)
    line += " " + member.channel + "%" + hub.sides()[member.network]->settings().name;
  out.push_back(std::move(line));
  if (junction.owner != Junction::nobody)
    out.push_back("owned by " + hub.sides()[junction.owner]->settings().name +
                  ": what others change there without a grant stays with them");
  if (const Quarrel* last = hub.relay().quarrel_in(junction))
    out.push_back("networks that insist on different things: " +
                  escape_text(last->what, limits::mask_bytes_max) + ", at " +
                  format_utc(from_unix_ms(last->at * 1000)) + "; then it was not told elsewhere");
  for (const Junction::Member& member : junction.members) {
    const Side& side = *hub.sides()[member.network];
    const Channel* channel = channel_on(side, member.channel);
    explain_side(side, channel, out);
    for (const Junction::Member& other : junction.members) {
      const Side& to = *hub.sides()[other.network];
      if (channel == nullptr || &to == &side || to.phase() == Side::Phase::down) continue;
      explain_losses(side, *channel, to, out);
      explain_bans(hub.relay(), side, *channel, to, out);
    }
    explain_others(hub, side, out);
    explain_kept_away(hub, side, junction, out);
    for (const Junction::Member& other : junction.members) {
      const Side& from = *hub.sides()[other.network];
      const std::string& why = side.claim(from.index()).obstacle;
      if (side.linked() && from.linked() && side.pseudo(from.index()) == no_id && !why.empty())
        out.push_back("nobody of " + from.settings().name + " appears on " +
                      side.settings().name + ": " + why);
    }
  }
}

}  // namespace

// "#dev", "#dev%home" of one network alone, or "home": the link of that one.
std::vector<std::string> explain_channel(const Hub& hub, std::string_view what) {
  std::vector<std::string> out;
  for (const auto& side : hub.sides()) {
    if (side->settings().name == what) return explain_network(hub, *side);
  }
  if (!what.starts_with('#')) return out;
  const std::size_t percent = what.rfind('%');
  const std::string_view name = what.substr(0, percent);
  const std::string_view network =
      percent == std::string_view::npos ? std::string_view() : what.substr(percent + 1);
  std::vector<const Junction*> told;
  for (const auto& side : hub.sides()) {
    if (!network.empty() && side->settings().name != network) continue;
    const Casemap casemap =
        side->phase() == Side::Phase::down ? Casemap::ascii : side->facts().casemap;
    const Junction* of_it = nullptr;
    for (const Junction& junction : hub.settings().junctions) {
      for (const Junction::Member& member : junction.members) {
        if (member.network == side->index() && same_name(casemap, member.channel, name))
          of_it = &junction;
      }
    }
    const Channel* channel = channel_on(*side, name);
    if (of_it == nullptr && channel == nullptr) continue;
    if (of_it == nullptr) {
      explain_side(*side, channel, out);
      out.push_back(std::string(name) + "%" + side->settings().name +
                    " is in no [junction]: it is not relayed");
    } else if (std::ranges::find(told, of_it) == told.end()) {
      told.push_back(of_it);
      explain_junction(hub, *of_it, out);
    }
  }
  if (out.empty())
    out.push_back("no channel " + std::string(what) + " here: in no [junction], and nobody in it");
  return out;
}

}  // namespace hanse::irc
