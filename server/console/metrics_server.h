// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "server/console/node.h"

namespace hanse::console {

// /livez, /readyz, /startupz and /metrics over HTTP/1.1, GET only, one request a connection.
// One thread of its own for all of them: a slow reader never holds up a health check.
class MetricsServer {
 public:
  // `address` is "host:port" or "[v6]:port"; port 0 takes a free one.
  static Result<std::unique_ptr<MetricsServer>> open(const std::string& address, Node& node);
  ~MetricsServer();
  const std::string& local_address() const;   // with the real port

 private:
  struct State;
  explicit MetricsServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The path of a GET whose head is complete, or the HTTP status that says what is wrong with it;
// 0: more bytes are needed. Pure; the bytes come from the network.
struct HttpRequest {
  int status = 0;          // 200: `path` is good
  std::string path;
};
HttpRequest read_get(std::string_view bytes);

std::string http_response(int status, std::string_view type, std::string_view body);

}  // namespace hanse::console
