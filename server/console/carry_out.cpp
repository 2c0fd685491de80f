// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "server/base/limits.h"
#include "server/base/text.h"
#include "server/config/load.h"
#include "server/config/node_options.h"
#include "server/config/whole.h"
#include "server/console/cli.h"
#include "server/console/client.h"
#include "server/console/invocation.h"

namespace hanse::console {
namespace {

// Prints results as they come: JSON line by line, text a page at a time.
class Printer {
 public:
  Printer(const Command& command, bool json, bool colour)
      : command_(command), json_(json), style_{colour} {}

  void line(const std::string& line) {
    if (json_) {
      std::cout << line << '\n';
      if (command_.live) std::cout.flush();
    } else if (std::optional<Json> item = parse_json(line, limits::control_answer_bytes_max)) {
      page_.push_back(*std::move(item));
      if (command_.live || page_.size() == limits::list_page_items_max) flush();
      if (command_.live) std::cout.flush();
    }
  }

  void item(const Json& item) {
    Json whole = {{"v", 1}};
    whole.update(item);
    line(to_line(whole));
  }

  // An empty list still shows its header, so that it does not look like a silent failure.
  void finish(bool well) {
    if (!page_.empty() || (well && !printed_)) flush();
    std::cout.flush();
  }

 private:
  void flush() {
    if (!json_) std::cout << command_.render(page_, style_);
    printed_ = true;
    page_.clear();
  }

  const Command& command_;
  bool json_;
  Style style_;
  std::vector<Json> page_;
  bool printed_ = false;
};

void warn(const std::string& what, bool json) {
  if (json) std::cerr << to_line({{"v", 1}, {"warning", what}}) << '\n';
  else std::cerr << "hanse: warning: " << escape_text(what, limits::control_text_bytes_max) << '\n';
}

// The socket named by the configuration. Secrets are not read: whoever may use the console need
// not be able to read the node's key. A file with mistakes still tells where its node is: the one
// that runs was started with an earlier state of it.
Result<std::string> socket_of(const Invocation& invocation, const config::Schema& schema) {
  if (!invocation.socket.empty()) return invocation.socket;
  if (invocation.config_file.empty()) return std::string(config::default_control_socket);
  const std::string file = escape_text(invocation.config_file, limits::control_text_bytes_max);
  if (::access(invocation.config_file.c_str(), F_OK) != 0)
    return Error{Fault::never, file + ": there is no such file"};
  config::SocketNamed named = config::control_socket_of(invocation.config_file, schema);
  for (const config::Problem& problem : named.problems)
    warn(config::problem_text(problem), invocation.json);
  if (!named.socket)
    return Error{Fault::never, file + ": " + named.socket.error().what +
                                   "; fix it or name the node by --socket"};
  if (named.problems.empty()) return named.socket;
  if (named.socket->empty()) named.socket = std::string(config::default_control_socket);
  warn("asking the node at " + *named.socket + " all the same", invocation.json);
  return named.socket;
}

Ended ask(const Invocation& invocation, const config::Schema& schema, const Request& request,
          const std::function<void(const std::string&)>& line) {
  Result<std::string> socket = socket_of(invocation, schema);
  if (!socket) return usage(socket.error().what);
  return ask_node({*std::move(socket), invocation.timeout}, request, line);
}

bool typed_yes() {
  std::cerr << "Type yes to do this: ";
  std::string typed;
  std::getline(std::cin, typed);
  return typed == "yes";
}

// What cannot be taken back easily is shown first: how many, and some of them.
Ended confirm(const Invocation& invocation, const config::Schema& schema) {
  if (invocation.request.option("reason").empty()) {
    return usage(invocation.request.command + " needs --reason");
  }
  if (invocation.yes && invocation.json) return {};
  Request preview = invocation.request;
  preview.dry_run = true;
  std::vector<Json> items;
  const Ended ended = ask(invocation, schema, preview, [&items](const std::string& line) {
    if (auto item = parse_json(line, limits::control_answer_bytes_max)) items.push_back(*item);
  });
  if (ended.exit != Exit::ok) return ended;
  (invocation.json ? std::cerr : std::cout) << invocation.command->render(items, {});
  const bool nothing = std::all_of(items.begin(), items.end(), [](const Json& item) {
    return number_of(item, "count") == 0;
  });
  if (nothing || invocation.yes) return {};
  if (::isatty(STDIN_FILENO) == 0) return usage("nobody can confirm this here: add --yes");
  if (typed_yes()) return {};
  return {Exit::problem, "nothing was changed", ""};
}

void report(const Ended& ended, bool json) {
  if (!ended.next_cursor.empty()) {
    if (json) std::cout << to_line({{"v", 1}, {"next_cursor", ended.next_cursor}}) << '\n';
    else std::cout << "more: --cursor " << escape_text(ended.next_cursor) << '\n';
  }
  if (ended.exit == Exit::ok) return;
  const int exit = static_cast<int>(ended.exit);
  if (json) {
    std::cerr << to_line({{"v", 1}, {"error", ended.what}, {"exit", exit}}) << '\n';
  } else {
    std::cerr << "hanse: ";
    for (const std::string_view line : split(ended.what, '\n')) {
      std::cerr << escape_text(line, limits::control_text_bytes_max) << '\n';
    }
  }
}

Ended run(Invocation invocation, const config::Schema& schema, Printer& printer) {
  const Command& command = *invocation.command;
  if (command.here != nullptr) {
    const auto ask_lines = [&](const Request& request, const Emit& emit) {
      return ask(invocation, schema, request, [&emit](const std::string& line) {
        if (auto item = parse_json(line, limits::control_answer_bytes_max)) emit(*item);
      });
    };
    const Local local{schema, invocation.config_file, ask_lines};
    return command.here(local, invocation.request, [&printer](const Json& item) {
      printer.item(item);
      return true;
    });
  }
  Result<std::string> socket = socket_of(invocation, schema);
  if (!socket) return usage(socket.error().what);
  invocation.socket = *std::move(socket);   // mistakes are told once, however often it is asked
  if (command.confirms && !invocation.request.dry_run) {
    const Ended confirmed = confirm(invocation, schema);
    if (confirmed.exit != Exit::ok) return confirmed;
  }
  return ask(invocation, schema, invocation.request,
             [&printer](const std::string& line) { printer.line(line); });
}

}  // namespace

int carry_out(const Invocation& invocation, const config::Schema& schema) {
  const bool colour = !invocation.no_color && !invocation.json &&
                      ::isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
  Printer printer(*invocation.command, invocation.json, colour);
  const Ended ended = run(invocation, schema, printer);
  printer.finish(ended.exit == Exit::ok);
  report(ended, invocation.json);
  return static_cast<int>(ended.exit);
}

}  // namespace hanse::console
