// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "server/base/limits.h"
#include "server/base/text.h"
#include "server/console/ages.h"
#include "server/console/queue_json.h"

namespace hanse::console {
namespace {

// All of them, then younger than so many minutes.
constexpr std::array<std::string_view, 11> age_names = {
    "T", "5", "10", "20", "40", "80", "160", "320", "640", "1280", "1280+"};

Result<std::size_t> read_limit(const Request& request) {
  if (!request.has("limit")) return SIZE_MAX;
  const Result<std::int64_t> limit = parse_integer(request.option("limit"));
  if (!limit || *limit < 1) return Error{Fault::never, "--limit is a number above 0"};
  return static_cast<std::size_t>(*limit);
}

// Page by page, so that neither side ever holds the whole queue.
Ended run_list(Node& node, const Request& request, const Emit& emit) {
  const Result<Selector> selector = read_selector(request);
  if (!selector) return usage(selector.error().what);
  const Result<std::size_t> limit = read_limit(request);
  if (!limit) return usage(limit.error().what);
  std::size_t left = *limit;
  std::string cursor = request.option("cursor");
  do {
    const std::size_t most = std::min(left, limits::list_page_items_max);
    Result<QueuePage> page = node.queue.list(*selector, cursor, most);
    // The first one is what was typed.
    if (!page && page.error().fault == Fault::never) return usage(page.error().what);
    if (!page) return ended(page.error());
    for (const QueueRow& row : page->rows) {
      if (!emit(row_json(row))) return {};
    }
    left -= std::min(left, page->rows.size());
    cursor = page->next_cursor;
  } while (!cursor.empty() && left > 0);
  return {Exit::ok, "", cursor};
}

Ended run_shape(Node& node, const Request&, const Emit& emit) {
  const Result<std::vector<ShapeRow>> rows = node.queue.shape(limits::shape_destinations_max);
  if (!rows) return ended(rows.error());
  for (const ShapeRow& row : *rows) {
    Json counts = Json::object();
    for (std::size_t i = 0; i < row.counts.size() && i < age_names.size(); ++i) {
      counts[std::string(age_names[i])] = row.counts[i];
    }
    if (!emit({{"destination", row.destination}, {"counts", std::move(counts)}})) break;
  }
  return {};
}

std::string render_shape(std::span<const Json> items, const Style& style) {
  std::vector<std::string> header = {"destination"};
  header.insert(header.end(), age_names.begin(), age_names.end());
  TextTable table(header);
  for (const Json& item : items) {
    std::vector<std::string> row = {text_of(item, "destination")};
    for (const std::string_view name : age_names) {
      row.push_back(std::to_string(number_of(member_of(item, "counts"), name)));
    }
    table.add(std::move(row));
  }
  return table.text(style);
}

constexpr Flag list_flags[] = {
    {"limit", "COUNT", "Show at most so many."},
    {"cursor", "CURSOR", "Go on where an earlier list ended."},
};

const Command group[] = {
    {.words = "queue list",
     .help = "What waits in the queue, one line a recipient.",
     .parameters = selector_parameters,
     .flags = list_flags,
     .on_node = run_list,
     .render = render_rows},
    {.words = "queue shape",
     .help = "Ages by destination: T is all, then minutes by powers of two.",
     .on_node = run_shape,
     .render = render_shape},
};

}  // namespace

std::span<const Command> queue_read_commands() { return group; }

}  // namespace hanse::console
