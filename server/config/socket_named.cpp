// SPDX-License-Identifier: Apache-2.0
// The one thing the console needs of a file: whoever mistyped another part of it still reaches the
// node that runs.

#include "server/base/limits.h"
#include "server/base/text.h"
#include "server/config/load.h"
#include "server/config/tree.h"

namespace hanse::config {
namespace {

const Value* member(const Value& table, std::string_view key) {
  for (const Member& one : table.members)
    if (one.key == key) return &one.value;
  return nullptr;
}

// "/run/hanse/control.sock" or '...', perhaps with a comment behind it; empty: not like that.
std::string quoted(std::string_view text) {
  if (text.empty() || (text.front() != '"' && text.front() != '\'')) return {};
  const std::size_t end = text.find(text.front(), 1);
  if (end == std::string_view::npos) return {};
  const std::string_view inside = text.substr(1, end - 1), rest = trim(text.substr(end + 1));
  const bool plain = inside.find('\\') == std::string_view::npos;
  return plain && (rest.empty() || rest.front() == '#') ? std::string(inside) : std::string();
}

// Line by line, of a text that is no TOML. Empty: there is no such line; an Error: there is one
// that says nothing.
Result<std::string> socket_by_line(std::string_view text) {
  bool inside = false;
  for (std::string_view line : split(text, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = trim(line);
    if (line.starts_with('[')) inside = line.starts_with("[control]");
    std::string_view key = trim(line.substr(0, line.find('=')));
    if (!(inside && key == "socket") && key != "control.socket") continue;
    const std::size_t equals = line.find('=');
    std::string path;
    if (equals != std::string_view::npos) path = quoted(trim(line.substr(equals + 1)));
    if (path.empty()) return Error{Fault::never, "no path can be read from its control.socket"};
    return path;
  }
  return std::string();
}

Result<std::string> socket_in(const std::string& text, const std::string& file) {
  const Tree tree = read_toml(text, file);
  if (!tree.problems.empty()) return socket_by_line(text);
  const Value* control = member(tree.root, "control");
  const Value* socket = control == nullptr ? nullptr : member(*control, "socket");
  if (socket == nullptr) return std::string();
  if (socket->kind == Value::Kind::text && !socket->text.empty()) return socket->text;
  return Error{Fault::never, "no path can be read from its control.socket"};
}

}  // namespace

SocketNamed control_socket_of(const std::string& file, const Schema& schema) {
  Loaded loaded = load(file, schema, hidden_secrets());
  if (loaded.configuration) return {loaded.configuration->table("control").text("socket"), {}};
  for (const std::string& one : files_of(file)) {
    const Result<std::string> text = read_bounded(one, limits::config_file_bytes_max);
    if (!text) continue;   // among the problems
    Result<std::string> socket = socket_in(*text, one);
    if (!socket || !socket->empty()) return {std::move(socket), std::move(loaded.problems)};
  }
  return {std::string(), std::move(loaded.problems)};
}

}  // namespace hanse::config
