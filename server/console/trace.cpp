// SPDX-License-Identifier: Apache-2.0
#include "server/base/limits.h"
#include "server/base/quantity.h"
#include "server/base/text.h"
#include "server/console/watching.h"

namespace hanse::console {
namespace {

constexpr std::int64_t lines_usual = 1000;
constexpr Duration time_usual = std::chrono::minutes(1);

struct Bounds {
  std::size_t lines = 0;
  Duration time{};
};

Result<Bounds> read_bounds(const Request& request) {
  Bounds out{static_cast<std::size_t>(lines_usual), time_usual};
  if (request.has("lines")) {
    const Result<std::int64_t> lines = parse_integer(request.option("lines"));
    if (!lines || *lines < 1 || *lines > static_cast<std::int64_t>(limits::trace_lines_max))
      return Error{Fault::never, "--lines is a number up to " +
                                     std::to_string(limits::trace_lines_max)};
    out.lines = static_cast<std::size_t>(*lines);
  }
  if (request.has("for")) {
    const Result<Duration> time = parse_duration(request.option("for"));
    if (!time || *time <= Duration::zero() || *time > limits::trace_time_max)
      return Error{Fault::never, "--for is a duration up to " +
                                     format_duration(limits::trace_time_max)};
    out.time = *time;
  }
  return out;
}

std::string_view why_ended(Watching::End end) {
  switch (end) {
    case Watching::End::fed: return "the node ended it";
    case Watching::End::enough: return "that many lines were asked for";
    case Watching::End::time: return "the time is over";
    case Watching::End::deaf: return "nobody listens";
  }
  return "";
}

Ended run_trace(Node& node, const Request& request, const Emit& emit) {
  if (request.option("peer").empty()) return usage("say whose: --peer PEER, or --peer '*'");
  const Result<Bounds> bounds = read_bounds(request);
  if (!bounds) return usage(bounds.error().what);
  const std::string protocol = request.option("proto");
  const auto& known = node.view.policy()->protocols;
  if (!protocol.empty() && known.find(protocol) == known.end())
    return usage("no protocol " + escape_text(protocol));
  const std::string peer = lower_ascii(request.option("peer"));
  const auto feed = node.view.trace({protocol, peer == "*" ? "" : peer, request.has("body")});
  if (!feed) return ended(feed.error());
  Watching watching(node, *feed, emit);
  if (!emit(told("begin", "watching " + peer + " for " + format_duration(bounds->time) + " or " +
                              std::to_string(bounds->lines) + " lines")))
    return {};
  const Watching::End end = watching.run(node.clock.now() + bounds->time, bounds->lines,
                                         [](const TraceLine&) { return true; });
  if (end == Watching::End::deaf) return {};
  Json last = told("end", std::string(why_ended(end)) + "; " + std::to_string(watching.lines()) +
                              " lines, " + std::to_string(watching.lost()) + " left out");
  last["lines"] = watching.lines();
  last["lost"] = watching.lost();
  emit(std::move(last));
  return {};
}

constexpr Flag trace_flags[] = {
    {"peer", "PEER", "A domain or an IP address; '*' for all."},
    {"proto", "NAME", "Only this protocol."},
    {"body", "", "Also what people wrote; else only its size is shown."},
    {"lines", "COUNT", "End after so many lines (1000)."},
    {"for", "DURATION", "End after so long (1m, at most 1h)."},
};

const Command group[] = {
    {.words = "trace",
     .help = "What is said to a peer and by it, as it happens: protocol lines in both directions, "
             "TLS, certificates, trust. Keys and secrets are cut. Ends by itself, or by Ctrl-C.",
     .flags = trace_flags,
     .on_node = run_trace,
     .render = render_watched,
     .live = true},
};

}  // namespace

std::span<const Command> trace_commands() { return group; }

}  // namespace hanse::console
