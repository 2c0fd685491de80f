// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/result.h"

namespace hanse::console {

// The exit codes of every command (operations section 4).
enum class Exit : int {
  ok = 0, problem = 1, usage = 2, unreachable = 3, not_permitted = 4, not_found = 5, timeout = 6,
};

// How a command ended. What it found went out before, item by item.
struct Ended {
  Exit exit = Exit::ok;
  std::string what;          // for people, when it did not end well
  std::string next_cursor;   // of a list that has more
  bool changed = true;       // a changing command may have been asked only to tell
};

// One command as it goes over the control socket: one line of JSON.
struct Request {
  std::string command;                    // "queue list"
  std::vector<std::string> arguments;
  std::map<std::string, std::string, std::less<>> options;   // without "--"; flags are ""
  bool dry_run = false;
  std::string who;                        // from the socket's credentials, never from the line

  bool has(std::string_view option) const { return options.find(option) != options.end(); }
  std::string option(std::string_view name) const {
    const auto at = options.find(name);
    return at == options.end() ? "" : at->second;
  }
};

// Pure and bounded; the line comes from outside of the process.
Result<Request> parse_request(std::string_view line);
std::string request_line(const Request& request);

// The last line of an answer.
std::string ended_line(const Ended& ended);

}  // namespace hanse::console
