// SPDX-License-Identifier: Apache-2.0
#include "server/console/client.h"

#include "server/base/limits.h"
#include "server/console/control_socket.h"
#include "server/console/json_text.h"

namespace hanse::console {
namespace {

Ended connect_failure(const Error& error) {
  switch (error.fault) {
    case Fault::refused: return {Exit::not_permitted, "not permitted: " + error.what, ""};
    case Fault::try_later: return {Exit::timeout, "the node is busy: " + error.what, ""};
    default: return {Exit::unreachable, "no node answers: " + error.what, ""};
  }
}

Ended read_failure(const Error& error) {
  if (error.fault == Fault::try_later) return {Exit::timeout, "no answer in time", ""};
  return {Exit::unreachable, "the answer broke off: " + error.what, ""};
}

Ended read_end(const Json& json) {
  const std::int64_t exit = number_of(json, "exit");
  const bool known = exit >= 0 && exit <= static_cast<int>(Exit::timeout);
  return {known ? static_cast<Exit>(exit) : Exit::problem, raw_text_of(json, "error"),
          raw_text_of(json, "next_cursor")};
}

}  // namespace

Ended ask_node(const ClientSettings& settings, const Request& request,
               const std::function<void(const std::string& line)>& item) {
  const Result<Descriptor> connection = connect_to(settings.socket, settings.timeout);
  if (!connection) return connect_failure(connection.error());
  const int descriptor = connection->get();
  if (Result<void> sent = write_all(descriptor, request_line(request) + "\n", -1,
                                    settings.timeout);
      !sent) {
    return read_failure(sent.error());
  }
  const SystemClock clock;
  LineReader reader(descriptor, -1, limits::control_answer_bytes_max);
  while (true) {
    const Result<std::string> line = reader.next(clock.now() + settings.timeout);
    if (!line) return read_failure(line.error());
    const std::optional<Json> json = parse_json(*line, limits::control_answer_bytes_max);
    if (!json) return {Exit::problem, "the answer is not JSON", ""};
    if (flag_of(*json, "end")) return read_end(*json);
    if (!flag_of(*json, "alive")) item(*line);   // only so that we know it is still there
  }
}

}  // namespace hanse::console
