// SPDX-License-Identifier: Apache-2.0
// What a client of the metrics listener sends: refused, unfinished, or a path that is safe to
// compare; and the same answer whatever follows its end.

#include "server/base/limits.h"
#include "server/console/metrics_server.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hanse;
  const fuzz::Exact bytes(fuzz::as_text(data, size));
  const console::HttpRequest request = console::read_get(bytes.view());
  const std::size_t end = bytes.view().find("\r\n\r\n");
  const bool whole = end != std::string_view::npos;
  if (request.status == 0) {
    fuzz::require(!whole, "a whole request is answered");
    fuzz::require(size <= limits::metrics_request_bytes_max, "what is unfinished is bounded");
  }
  if (request.status != 200) {
    fuzz::require(request.path.empty(), "what is refused has no path");
  } else {
    fuzz::require(whole && end <= limits::metrics_request_bytes_max, "only a whole one is taken");
    fuzz::require(request.path.starts_with('/'), "a path begins at the root");
    for (const char c : request.path)
      fuzz::require(c > 0x20 && c < 0x7f && c != '?', "a path is visible and has no query");
  }
  if (!whole) return 0;
  const console::HttpRequest alone = console::read_get(bytes.view().substr(0, end + 4));
  fuzz::require(alone.status == request.status && alone.path == request.path,
                "what follows a request changes nothing of it");
  // All that was there before the last octet is either unfinished or too much.
  const int before = console::read_get(bytes.view().substr(0, end + 3)).status;
  fuzz::require(before == 0 || before == 431, "a request ends with its empty line");
  return 0;
}
