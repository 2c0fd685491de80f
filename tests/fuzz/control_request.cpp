// SPDX-License-Identifier: Apache-2.0
// Lines on the control socket: refused, or a request that survives being written again.

#include "server/console/request.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hanse;
  const fuzz::Exact line(fuzz::as_text(data, size));
  const Result<console::Request> request = console::parse_request(line.view());
  if (!request) return 0;
  fuzz::require(request->who.empty(), "who asks is never taken from the line");
  const std::string written = console::request_line(*request);
  fuzz::require(written.find('\n') == written.npos, "a request is one line");
  const Result<console::Request> again = console::parse_request(written);
  fuzz::require(again.has_value() && again->command == request->command &&
                    again->arguments == request->arguments &&
                    again->options == request->options && again->dry_run == request->dry_run,
                "a request survives being written");
  return 0;
}
