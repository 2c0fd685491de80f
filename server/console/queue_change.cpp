// SPDX-License-Identifier: Apache-2.0
#include "server/base/text.h"
#include "server/console/queue_json.h"

namespace hanse::console {
namespace {

Json changed_json(std::string_view verb, const QueueChanged& changed, bool dry_run) {
  Json sample = Json::array();
  for (const QueueRow& row : changed.sample) sample.push_back(row_json(row));
  return {{"verb", verb},
          {"dry_run", dry_run},
          {"count", changed.legs},
          {"busy", changed.busy},
          {"sample", std::move(sample)}};
}

// operations section 6; who did it and why is in the audit's line.
void note_held(Node& node, std::string_view verb, const Request& request, std::size_t legs) {
  std::string which;
  for (const std::string& term : request.arguments) which += (which.empty() ? "" : " ") + term;
  node.view.log().write(Level::info, verb == "hold" ? "queue.hold" : "queue.release",
                        escape_text(which), {{"recipients", static_cast<std::int64_t>(legs)}});
}

Ended change(Node& node, QueueVerb verb, std::string_view name, const Request& request,
             const Emit& emit) {
  if (request.arguments.empty()) {
    return usage("say which: a queue id, terms such as dest=c.example, or the word all");
  }
  Result<Selector> selector = read_selector(request);
  if (!selector) return usage(selector.error().what);
  const bool one_message = selector->id.has_value();
  const std::string reason = request.has("reason") ? request.option("reason") : "by hand";
  const Result<QueueChanged> changed =
      node.queue.change({verb, *std::move(selector), reason, request.who, request.dry_run});
  if (!changed) return ended(changed.error());
  if (one_message && changed->legs == 0 && changed->busy == 0) {
    return {Exit::not_found, "nothing in the queue matches", ""};
  }
  emit(changed_json(name, *changed, request.dry_run));
  if (!request.dry_run && (verb == QueueVerb::hold || verb == QueueVerb::release))
    note_held(node, name, request, changed->legs);
  // Lanes keep their own clock: without a word from us they would look again much later.
  const bool wakes = verb != QueueVerb::bounce && verb != QueueVerb::discard;
  if (wakes && !request.dry_run) {
    for (const auto& [protocol, lane] : changed->lanes) node.view.wake_lane(protocol, lane);
  }
  return {};
}

template <QueueVerb verb>
Ended run_change(Node& node, const Request& request, const Emit& emit) {
  static constexpr std::string_view names[] = {"retry", "hold", "release", "bounce", "discard"};
  return change(node, verb, names[static_cast<std::size_t>(verb)], request, emit);
}

std::string render_changed(std::span<const Json> items, const Style& style) {
  std::string out;
  for (const Json& item : items) {
    const std::vector<Json> sample(member_of(item, "sample").begin(),
                                   member_of(item, "sample").end());
    out += text_of(item, "verb") + (flag_of(item, "dry_run") ? " would change " : ": ") +
           std::to_string(number_of(item, "count")) + " recipients";
    if (const std::int64_t busy = number_of(item, "busy"); busy > 0) {
      out += "; " + std::to_string(busy) + " more are under way just now and stay as they are";
    }
    out += "\n";
    if (flag_of(item, "dry_run") && !sample.empty()) out += render_rows(sample, style);
  }
  return out;
}

const Command group[] = {
    {.words = "queue retry",
     .help = "Try these again now, whatever their time is.",
     .parameters = selector_parameters,
     .changes = true,
     .on_node = run_change<QueueVerb::retry>,
     .render = render_changed},
    {.words = "queue hold",
     .help = "Keep these in the queue until they are released.",
     .parameters = selector_parameters,
     .changes = true,
     .on_node = run_change<QueueVerb::hold>,
     .render = render_changed},
    {.words = "queue release",
     .help = "Let these go on: what is held, in quarantine, or (status=discarded) in the trash.",
     .parameters = selector_parameters,
     .changes = true,
     .on_node = run_change<QueueVerb::release>,
     .render = render_changed},
    {.words = "queue bounce",
     .help = "Give these up now and tell their senders. Shows first what it would do.",
     .parameters = selector_parameters,
     .changes = true,
     .confirms = true,
     .on_node = run_change<QueueVerb::bounce>,
     .render = render_changed},
    {.words = "queue discard",
     .help = "Take these out without telling anybody. `queue release status=discarded` brings "
             "them back while they are in the trash (store.trash_keep).",
     .parameters = selector_parameters,
     .changes = true,
     .confirms = true,
     .on_node = run_change<QueueVerb::discard>,
     .render = render_changed},
};

}  // namespace

std::span<const Command> queue_change_commands() { return group; }

}  // namespace hanse::console
