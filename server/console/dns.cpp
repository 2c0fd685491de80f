// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "server/base/network_address.h"
#include "server/base/text.h"
#include "server/config/load.h"
#include "server/config/whole.h"
#include "server/console/commands.h"
#include "server/console/invocation.h"

namespace hanse::console {
namespace {

std::string content_of(const DnsWish& wish) {
  if (std::holds_alternative<DnsAddress>(wish.record)) return "(the address of this node)";
  return record_text(wish.record);
}

std::string owner_of(const DnsWish& wish) {
  return wish.type == DnsType::ptr ? "(its address, reversed)" : wish.name + ".";
}

Json wish_json(const DnsWish& wish, std::string_view state, const std::string& found, bool zone) {
  return {{"state", state},
          {"name", owner_of(wish)},
          {"type", dns_type_name(wish.type)},
          {"content", content_of(wish)},
          {"found", found},
          {"why", wish.why},
          {"zone", zone}};
}

// Rooms may wish for the same.
std::vector<DnsWish> without_repeats(std::vector<DnsWish> wishes) {
  std::set<std::string> seen;
  std::erase_if(wishes, [&seen](const DnsWish& wish) {
    return !seen.insert(wish.name + ' ' + std::string(dns_type_name(wish.type)) + ' ' +
                        record_text(wish.record)).second;
  });
  return wishes;
}

// Weights and preferences are the operator's; where it leads is not.
bool fits(const DnsWish& wish, const DnsRecord& found) {
  if (const auto* mx = std::get_if<DnsMx>(&found)) {
    const auto* wanted = std::get_if<DnsMx>(&wish.record);
    return wanted != nullptr && equal_ascii_case(mx->exchange, wanted->exchange);
  }
  if (const auto* srv = std::get_if<DnsSrv>(&found)) {
    const auto* wanted = std::get_if<DnsSrv>(&wish.record);
    return wanted != nullptr && srv->port == wanted->port &&
           equal_ascii_case(srv->target, wanted->target);
  }
  if (const auto* text = std::get_if<DnsTxt>(&found)) {
    const auto* wanted = std::get_if<DnsTxt>(&wish.record);
    if (wanted == nullptr) return false;
    return starts_with_case(text->text, wanted->text.substr(0, wanted->text.find(' ')));
  }
  if (const auto* name = std::get_if<DnsName>(&found)) {
    const auto* wanted = std::get_if<DnsName>(&wish.record);
    return wanted != nullptr && equal_ascii_case(name->name, wanted->name);
  }
  return std::holds_alternative<DnsAddress>(found);
}

struct Judged {
  std::string_view state = "missing";
  std::string found;
};

Judged judge(const DnsWish& wish, const std::vector<Result<DnsAnswer>>& answers) {
  Judged out;
  bool any = false;
  for (const Result<DnsAnswer>& answer : answers) {
    if (!answer) return {"unknown", answer.error().what};
    for (const DnsRecord& record : answer->records) {
      if (fits(wish, record)) return {"ok", record_text(record)};
      // A name has texts for many purposes: others are not wrong.
      if (wish.type == DnsType::txt) continue;
      out.found += (any ? ", " : "") + record_text(record);
      any = true;
    }
  }
  if (any) out.state = "wrong";
  return out;
}

Result<std::vector<Result<DnsAnswer>>> ask_dns(Node& node, const DnsWish& wish) {
  if (wish.type != DnsType::ptr && wish.type != DnsType::a)
    return node.view.lookup({{wish.name, wish.type}});
  auto addresses = node.view.lookup({{wish.name, DnsType::a}, {wish.name, DnsType::aaaa}});
  if (!addresses || wish.type == DnsType::a) return addresses;
  std::vector<DnsQuestion> reverse;
  for (const Result<DnsAnswer>& answer : *addresses)
    if (answer)
      for (const DnsRecord& record : answer->records)
        if (const auto* one = std::get_if<DnsAddress>(&record))
          reverse.push_back({reverse_name(one->address), DnsType::ptr});
  return node.view.lookup(std::move(reverse));
}

Ended run_records(Node& node, const Request& request, const Emit& emit) {
  bool good = true;
  for (const DnsWish& wish : without_repeats(node.view.dns_wishes())) {
    const auto answers = ask_dns(node, wish);
    const Judged judged = answers ? judge(wish, *answers)
                                  : Judged{"unknown", answers.error().what};
    good = good && judged.state == "ok";
    if (!emit(wish_json(wish, judged.state, judged.found, request.has("zone")))) return {};
  }
  if (good) return {};
  return {Exit::problem, "the DNS does not say all that this node needs", ""};
}

// By the file alone, with nothing looked up; or by the node that runs.
Ended records_here(const Local& local, const Request& request, const Emit& emit) {
  if (!request.has("offline")) return local.ask_node(request, emit);
  const std::string file =
      local.config_file.empty() ? std::string(default_config_file) : local.config_file;
  const config::Loaded loaded = config::load(file, local.schema);
  if (!loaded.configuration) return usage(config::problem_text(loaded.problems.front()));
  for (const DnsWish& wish : without_repeats(config::wished_records(*loaded.configuration)))
    emit(wish_json(wish, "wanted", "", request.has("zone")));
  return {};
}

std::string render_records(std::span<const Json> items, const Style& style) {
  TextTable table({"state", "name", "type", "content", "found"});
  std::string zone;
  for (const Json& item : items) {
    const std::string name = text_of(item, "name"), type = text_of(item, "type");
    const std::string content = text_of(item, "content");
    if (flag_of(item, "zone")) {
      const bool whole = !name.starts_with("(") && !content.starts_with("(");
      zone += (whole ? "" : "; ") + name + " IN " + type + " " + content + "\n";
      continue;
    }
    const std::string found = text_of(item, "found");
    table.add({text_of(item, "state"), name, type, content,
               text_of(item, "state") == "ok" ? "" : found});
  }
  return zone.empty() ? table.text(style) : zone;
}

constexpr Flag records_flags[] = {
    {"offline", "", "By the configuration file alone; nothing is looked up."},
    {"zone", "", "As lines of a zone file."},
};

const Command group[] = {
    {.words = "dns records",
     .help = "The records others need to find this node and believe it, and whether the DNS holds "
             "them: ok, missing, wrong, or unknown where it did not answer.",
     .flags = records_flags,
     .on_node = run_records,
     .here = records_here,
     .render = render_records},
};

}  // namespace

std::span<const Command> dns_commands() { return group; }

}  // namespace hanse::console
