// SPDX-License-Identifier: Apache-2.0
#include <functional>

#include "server/base/limits.h"
#include "server/base/text.h"
#include "server/console/ages.h"
#include "server/console/lane_json.h"
#include "server/console/watching.h"

namespace hanse::console {
namespace {

// Those that are to be there, and are not: why, and when they are tried again.
Ended list_missing(Node& node, const Emit& emit) {
  const Result<std::vector<LaneStatus>> lanes = node.view.lanes();
  if (!lanes) return ended(lanes.error());
  for (const LaneStatus& lane : *lanes) {
    if (!lane.stands || lane.phase == "up") continue;
    Json json = lane_json(lane);
    json["direction"] = "missing";
    json["claims"] = "";
    if (!emit(json)) break;
  }
  return {};
}

Ended run_list(Node& node, const Request&, const Emit& emit) {
  const Result<std::vector<LinkRow>> links = node.view.links();
  if (!links) return ended(links.error());
  const UtcTime now = node.clock.utc();
  for (const LinkRow& link : *links) {
    if (!emit({{"connection", link.connection},
               {"protocol", link.protocol},
               {"direction", link.outgoing ? "out" : "in"},
               {"remote", link.remote},
               {"peer", link.peer},
               {"tls", link.tls},
               {"since", format_utc(link.since)},
               {"age", age_text(now, link.since)},
               {"bytes_in", link.bytes_in},
               {"bytes_out", link.bytes_out},
               {"messages", link.messages},
               {"claims", link.claims}})) {
      return {};
    }
  }
  return list_missing(node, emit);
}

// A peer of ours, or whom it says it is.
std::string peer_text(const Json& item) {
  const std::string peer = text_of(item, "peer");
  return peer.empty() ? text_of(item, "claims") : peer;
}

std::string next_try_text(const Json& item) {
  const std::string at = second_text(text_of(item, "next_try"));
  return at.empty() ? "" : ", next try " + at;
}

std::string render_list(std::span<const Json> items, const Style& style) {
  TextTable table({"link", "proto", "dir", "remote", "peer", "tls", "age", "in", "out", "msgs"});
  std::string missing;
  for (const Json& item : items) {
    const auto number = [&item](std::string_view key) {
      return std::to_string(number_of(item, key));
    };
    if (text_of(item, "direction") == "missing") {
      missing += "no link to " + text_of(item, "protocol") + " " + text_of(item, "lane") + ": " +
                 lane_text(item) + next_try_text(item) + "\n";
      continue;
    }
    table.add({text_of(item, "connection"), text_of(item, "protocol"),
               text_of(item, "direction"), text_of(item, "remote"), peer_text(item),
               text_of(item, "tls"), text_of(item, "age"), number("bytes_in"),
               number("bytes_out"), number("messages")});
  }
  return table.text(style) + missing;
}

Json detail_json(const LinkDetail& link, UtcTime now) {
  return {{"connection", link.row.connection},
          {"protocol", link.row.protocol},
          {"direction", link.row.outgoing ? "out" : "in"},
          {"phase", link.phase},
          {"remote", link.row.remote},
          {"endpoint", link.endpoint},
          {"claims", link.claims},
          {"lanes", link.lanes},
          {"since", format_utc(link.row.since)},
          {"age", age_text(now, link.row.since)},
          {"tls", link.row.tls},
          {"alpn", link.alpn},
          {"server_name", link.server_name},
          {"certificate_sha256", link.certificate_sha256},
          {"verified", link.verified},
          {"verify_error", link.verify_error},
          {"trust", link.trust},
          {"bytes_in", link.row.bytes_in},
          {"bytes_out", link.row.bytes_out},
          {"works", link.works},
          {"unwritten_bytes", link.unwritten_bytes},
          {"memory_bytes", link.memory_bytes},
          {"paused", link.paused}};
}

Ended no_link(const std::string& connection) {
  return {Exit::not_found, "no link " + escape_text(connection), "", false};
}

// Each protocol may have a lane of that name; `none`: how it ends where there is none.
Ended with_lanes(Node& node, const std::string& name, Ended none,
                 const std::function<void(const LaneStatus&)>& visit) {
  const Result<std::vector<LaneStatus>> lanes = node.view.lanes();
  if (!lanes) return ended(lanes.error());
  for (const LaneStatus& lane : *lanes) {
    if (lane.lane != name) continue;
    none = Ended();
    visit(lane);
  }
  return none;
}

Ended run_show(Node& node, const Request& request, const Emit& emit) {
  const Result<std::optional<LinkDetail>> link = node.view.link(request.arguments.front());
  if (!link) return ended(link.error());
  if (!*link) {
    // There is a lane of that name at best: how it is, and why its last link came to nothing.
    const std::string& name = request.arguments.front();
    return with_lanes(node, name, no_link(name),
                      [&emit](const LaneStatus& lane) { emit(lane_json(lane)); });
  }
  emit(detail_json(**link, node.clock.utc()));
  return {};
}

std::string certificate_text(const Json& item) {
  const std::string digest = text_of(item, "certificate_sha256");
  if (digest.empty()) return "none was shown";
  if (flag_of(item, "verified")) return digest + ", verified";
  const std::string error = text_of(item, "verify_error");
  return digest + (error.empty() ? "" : ", not verified: " + error);
}

std::string render_show(std::span<const Json> items, const Style&) {
  std::string out;
  for (const Json& item : items) {
    const auto row = [&out](std::string_view name, const std::string& text) {
      if (!text.empty()) out += std::string(name) + text + "\n";
    };
    const auto number = [&item](std::string_view key) { return number_of(item, key); };
    if (const std::string lane = text_of(item, "lane"); !lane.empty()) {
      row("lane     ", text_of(item, "protocol") + " " + lane + ": " + lane_text(item));
      row("endpoint ", text_of(item, "endpoint"));
      row("next try ", second_text(text_of(item, "next_try")));
      continue;
    }
    row("link     ", text_of(item, "connection") + ", " + text_of(item, "protocol") + " " +
                         text_of(item, "direction") + ", " + text_of(item, "phase") +
                         (flag_of(item, "paused") ? ", not read from: memory is short" : ""));
    row("remote   ", text_of(item, "remote"));
    row("endpoint ", text_of(item, "endpoint"));
    row("claims   ", text_of(item, "claims"));
    row("trust    ", text_of(item, "trust"));
    for (const Json& lane : member_of(item, "lanes")) {
      if (const auto* name = lane.get_ptr<const Json::string_t*>())
        row("lane     ", escape_text(*name, limits::console_text_bytes_max));
    }
    row("since    ", second_text(text_of(item, "since")) + " (" + text_of(item, "age") + ")");
    if (const std::string tls = text_of(item, "tls"); !tls.empty()) {
      const std::string alpn = text_of(item, "alpn");
      row("tls      ", tls + (alpn.empty() ? "" : ", ALPN " + alpn));
      row("cert     ", certificate_text(item));
    }
    row("bytes    ", std::to_string(number("bytes_in")) + " in, " +
                         std::to_string(number("bytes_out")) + " out, " +
                         std::to_string(number("unwritten_bytes")) + " not yet written");
    row("works    ", std::to_string(number("works")) + " under way");
    row("memory   ", bytes_text(number("memory_bytes")));
  }
  return out;
}

Json closed_json(const LinkDetail& link, bool at_once, bool dry_run, std::string text) {
  Json json = told("result", std::move(text));
  json["connection"] = link.row.connection;
  json["politely"] = !at_once;
  json["dry_run"] = dry_run;
  return json;
}

// The protocol says its own goodbye; what goes over the link until it has ended is shown.
Ended run_close(Node& node, const Request& request, const Emit& emit) {
  const std::string& connection = request.arguments.front();
  const Result<std::optional<LinkDetail>> link = node.view.link(connection);
  if (!link) return ended(link.error());
  if (!*link) return no_link(connection);
  const bool at_once = request.has("now");
  const std::string works = std::to_string((*link)->works) + " works under way";
  if (request.dry_run) {
    emit(closed_json(**link, at_once, true,
                     std::string(at_once ? "would be cut" : "would be closed") + ", " + works));
    return {};
  }
  const auto feed = node.view.close_link(connection, at_once);
  if (!feed) return ended(feed.error());
  if (*feed == nullptr) return no_link(connection);
  Watching watching(node, *feed, emit);
  std::string why;
  const auto seen = [&why](const TraceLine& line) {
    if (line.kind == TraceLine::Kind::closed) why = line.text;
    return line.kind != TraceLine::Kind::closed;
  };
  const auto end = watching.run(node.clock.now() + limits::link_close_wait_max,
                                limits::trace_lines_max, seen);
  if (end == Watching::End::time)
    return {Exit::timeout, "the goodbye is not over yet: it finishes what is under way first (" +
                               works + "); --now cuts it", ""};
  std::string text = (at_once ? "cut" : "closed") + std::string(why.empty() ? "" : ": " + why);
  if ((*link)->row.outgoing) text += "; its lane opens another when something waits";
  emit(closed_json(**link, at_once, false, std::move(text)));
  return {};
}

// Of a lane that is up nothing has to be dialled; one that waits is asked whether its time is now.
Ended run_retry(Node& node, const Request& request, const Emit& emit) {
  const std::string& name = request.arguments.front();
  Ended none{Exit::not_found, "no lane " + escape_text(name), "", false};
  return with_lanes(node, name, std::move(none), [&](const LaneStatus& lane) {
    std::string_view done = request.dry_run ? " would be tried now" : " is tried now";
    if (lane.phase == "up") done = " is up";
    else if (lane.phase == "held") done = " is held: its peer is suspended or blocked";
    else if (!request.dry_run) node.view.wake_lane(lane.protocol, lane.lane);
    Json json = told("result", lane.protocol + " " + escape_text(name) + std::string(done));
    json["protocol"] = lane.protocol;
    json["lane"] = lane.lane;
    json["dry_run"] = request.dry_run;
    emit(json);
  });
}

constexpr Parameter lane_parameter[] = {
    {"LANE", "The name of a lane, as link list and queue list have it.", true, false, ""},
};
constexpr Parameter link_parameter[] = {
    {"LINK", "As in link list, e.g. s0-17.", true, false, "link list"},
};
constexpr Parameter shown_parameter[] = {
    {"LINK", "As in link list, e.g. s0-17, or the name of a lane.", true, false, "link list"},
};
constexpr Flag close_flags[] = {
    {"now", "", "Cut it: no goodbye, what is under way is tried again."},
};

const Command group[] = {
    {.words = "link list",
     .help = "The connections that are open, in both directions; and those that are to be there "
             "always and are not, with the reason and the next try.",
     .on_node = run_list,
     .render = render_list},
    {.words = "link show",
     .help = "One connection: who, since when, TLS and certificate, what it carries. Of a lane: "
             "how it is, and why its last link failed.",
     .parameters = shown_parameter,
     .on_node = run_show,
     .render = render_show},
    {.words = "link retry",
     .help = "Tries a lane again now, whatever it waits for; one that is not kept up is opened "
             "once.",
     .parameters = lane_parameter,
     .changes = true,
     .on_node = run_retry,
     .render = render_watched},
    {.words = "link close",
     .help = "Closes a connection in its protocol's own words, after what is under way; says how.",
     .parameters = link_parameter,
     .flags = close_flags,
     .changes = true,
     .on_node = run_close,
     .render = render_watched,
     .live = true},
};

}  // namespace

std::span<const Command> link_commands() { return group; }

}  // namespace hanse::console
