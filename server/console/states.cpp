// SPDX-License-Identifier: Apache-2.0
// What protocols keep: lists of it, and the configuration a peer needs. Every command here comes
// from the protocols' own tables.
#include <algorithm>
#include <deque>

#include "protocols/protocol.h"
#include "server/base/limits.h"
#include "server/base/text.h"
#include "server/console/commands.h"

namespace hanse::console {
namespace {

constexpr std::int64_t rows_usual = 1000;

struct Place {
  const Protocol* protocol = nullptr;
  const StateView* view = nullptr;
};

// "PROTOCOL VIEW"
Place find_view(std::string_view words) {
  for (const Protocol* protocol : protocols()) {
    for (const StateView& view : protocol->views) {
      if (words == std::string(protocol->name) + " " + std::string(view.name))
        return {protocol, &view};
    }
  }
  return {};
}

Json cell_json(const StateCell& cell) {
  if (const auto* number = std::get_if<std::int64_t>(&cell)) return *number;
  return std::get<std::string>(cell);
}

bool holds(const StateRow& row, const std::string& wanted) {
  return wanted.empty() || std::ranges::any_of(row, [&](const StateCell& cell) {
    const auto* text = std::get_if<std::string>(&cell);
    return text != nullptr && lower_ascii(*text).find(wanted) != std::string::npos;
  });
}

Result<std::size_t> read_number(const Request& request, std::string_view name, std::int64_t least,
                                std::int64_t usual) {
  if (!request.has(name)) return static_cast<std::size_t>(usual);
  const Result<std::int64_t> number = parse_integer(request.option(name));
  if (!number || *number < least)
    return Error{Fault::never, "--" + std::string(name) + " is a number from " +
                                   std::to_string(least) + " on"};
  return static_cast<std::size_t>(*number);
}

// Part by part, so that the state's owner is never held up by a long list.
Ended run_view(Node& node, const Request& request, const Emit& emit) {
  const Place place = find_view(request.command);
  const Result<std::size_t> limit = read_number(request, "limit", 1, rows_usual);
  if (!limit) return usage(limit.error().what);
  const Result<std::size_t> cursor = read_number(request, "cursor", 0, 0);
  if (!cursor) return usage(cursor.error().what);
  const std::string wanted =
      request.arguments.empty() ? std::string() : lower_ascii(request.arguments.front());
  std::size_t from = *cursor, left = *limit;
  do {
    const Result<StatePage> page =
        node.view.state(std::string(place.protocol->name), std::string(place.view->name), from,
                        std::min(left, limits::list_page_items_max));
    if (!page) return ended(page.error());
    for (const StateRow& row : page->rows) {
      if (!holds(row, wanted)) continue;
      Json json = Json::object();
      for (std::size_t at = 0; at < row.size() && at < place.view->columns.size(); ++at)
        json[std::string(place.view->columns[at])] = cell_json(row[at]);
      if (!emit(std::move(json))) return {};
      --left;
    }
    from = page->next;
  } while (from != 0 && left > 0);
  return {Exit::ok, "", from == 0 ? "" : std::to_string(from)};
}

std::string render_view(std::span<const Json> items, const Style& style) {
  if (items.empty()) return "nothing\n";
  std::vector<std::string> header;
  for (const auto& [name, cell] : items.front().items()) {
    if (name != "v") header.push_back(escape_text(name));   // the form's version, of every item
  }
  TextTable table(header);
  for (const Json& item : items) {
    std::vector<std::string> row;
    for (const std::string& column : header) {
      row.push_back(member_of(item, column).is_number() ? std::to_string(number_of(item, column))
                                                        : text_of(item, column));
    }
    table.add(std::move(row));
  }
  return table.text(style);
}

// ---- peer export-config ----

Ended run_export(Node& node, const Request& request, const Emit& emit) {
  const std::string software = lower_ascii(request.option("for"));
  std::string known;
  for (const Protocol* protocol : protocols()) {
    for (const std::string_view one : protocol->peer_software) {
      known.append(known.empty() ? "" : ", ").append(one);
      if (one != software) continue;
      PeerConfigWish wish;
      wish.software = software;
      if (!request.arguments.empty()) wish.peer = request.arguments.front();
      wish.passwords = request.has("passwords");
      const Result<std::string> text = node.view.peer_config(std::string(protocol->name), wish);
      if (!text) return ended(text.error());
      emit({{"protocol", protocol->name}, {"for", software}, {"config", *text}});
      return {};
    }
  }
  return usage("--for is one of " + known);
}

// The text is ours but for names out of our own configuration.
std::string render_export(std::span<const Json> items, const Style&) {
  std::string out;
  for (const Json& item : items) {
    const std::string text = raw_text_of(item, "config");
    for (const std::string_view line : split(text, '\n')) {
      if (!line.empty()) out += escape_text(line, limits::console_text_bytes_max) + "\n";
    }
  }
  return out;
}

constexpr Parameter view_parameters[] = {
    {"WORD", "Only what has it somewhere: a name, or a part of one.", false},
};
constexpr Flag view_flags[] = {
    {"limit", "COUNT", "Show at most so many (1000)."},
    {"cursor", "CURSOR", "Go on where an earlier list ended."},
};
constexpr Parameter export_parameters[] = {
    {"PEER", "What the configuration here calls it; not needed when there is one.", false},
};
constexpr Flag export_flags[] = {
    {"for", "SOFTWARE", "Which software the other side runs."},
    {"passwords", "", "Also show the passwords; else they are only named."},
};

}  // namespace

std::span<const Command> state_commands() {
  static const std::deque<std::string> names = [] {
    std::deque<std::string> out;
    for (const Protocol* protocol : protocols()) {
      for (const StateView& view : protocol->views)
        out.push_back(std::string(protocol->name) + " " + std::string(view.name));
    }
    return out;
  }();
  static const std::vector<Command> group = [] {
    std::vector<Command> out;
    for (const std::string& name : names) {
      out.push_back({.words = name, .help = find_view(name).view->help,
                     .parameters = view_parameters, .flags = view_flags, .on_node = run_view,
                     .render = render_view});
    }
    out.push_back({.words = "peer export-config",
                   .help = "What the operator of the other side has to put into the configuration "
                           "of his software so that it and this node link.",
                   .parameters = export_parameters, .flags = export_flags, .on_node = run_export,
                   .render = render_export});
    return out;
  }();
  return group;
}

}  // namespace hanse::console
