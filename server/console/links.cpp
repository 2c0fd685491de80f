// SPDX-License-Identifier: Apache-2.0
#include "server/base/text.h"
#include "server/console/ages.h"
#include "server/console/commands.h"

namespace hanse::console {
namespace {

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
               {"messages", link.messages}})) {
      break;
    }
  }
  return {};
}

std::string render_list(std::span<const Json> items, const Style& style) {
  TextTable table({"link", "proto", "dir", "remote", "peer", "tls", "age", "in", "out", "msgs"});
  for (const Json& item : items) {
    const auto number = [&item](std::string_view key) {
      return std::to_string(number_of(item, key));
    };
    table.add({text_of(item, "connection"), text_of(item, "protocol"),
               text_of(item, "direction"), text_of(item, "remote"), text_of(item, "peer"),
               text_of(item, "tls"), text_of(item, "age"), number("bytes_in"),
               number("bytes_out"), number("messages")});
  }
  return table.text(style);
}

const Command group[] = {
    {.words = "link list",
     .help = "The connections that are open, in both directions.",
     .on_node = run_list,
     .render = render_list},
};

}  // namespace

std::span<const Command> link_commands() { return group; }

}  // namespace hanse::console
