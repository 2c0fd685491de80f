// SPDX-License-Identifier: Apache-2.0
#include "server/console/request.h"

#include "server/base/limits.h"
#include "server/console/json_text.h"
#include "tests/catch.h"

namespace hanse::console {
namespace {

void bad(const std::string& line) {
  INFO(line.substr(0, 200));
  CHECK_FALSE(parse_request(line));
}

TEST_CASE("console: a request survives the way over the socket") {
  Request request;
  request.command = "queue bounce";
  request.arguments = {"dest=c.example", "age>2h", "\x1b[2J \xff"};
  request.options = {{"reason", "gone \"for\" good"}};
  request.dry_run = true;
  request.who = "nobody";
  const std::string line = request_line(request);
  CHECK(line.find('\n') == std::string::npos);
  const Result<Request> parsed = parse_request(line);
  REQUIRE(parsed);
  CHECK(parsed->command == request.command);
  CHECK(parsed->arguments[1] == "age>2h");
  CHECK(parsed->option("reason") == "gone \"for\" good");
  CHECK(parsed->dry_run);
  CHECK(parsed->who.empty());   // comes from the kernel, not from the line
}

TEST_CASE("console: what is not a request of version 1 is refused") {
  bad("");
  bad("status");
  bad("[]");
  bad("{}");
  bad("{\"v\":1}");
  bad("{\"command\":\"status\"}");
  bad("{\"v\":2,\"command\":\"status\"}");
  bad("{\"v\":\"1\",\"command\":\"status\"}");
  bad("{\"v\":1,\"command\":7}");
  bad("{\"v\":1,\"command\":\"\"}");
  bad("{\"v\":1,\"command\":\"status\",\"who\":\"root\"}");
  bad("{\"v\":1,\"command\":\"status\",\"arguments\":\"x\"}");
  bad("{\"v\":1,\"command\":\"status\",\"arguments\":[1]}");
  bad("{\"v\":1,\"command\":\"status\",\"options\":[]}");
  bad("{\"v\":1,\"command\":\"status\",\"options\":{\"a\":1}}");
  bad("{\"v\":1,\"command\":\"status\",\"dry_run\":1}");
  bad("{\"v\":1,\"command\":\"status\"} x");
  CHECK(parse_request("{\"v\":1,\"command\":\"status\"}"));
}

TEST_CASE("console: a request is bounded in size, number and depth") {
  const std::string start = "{\"v\":1,\"command\":\"status\",\"arguments\":[";
  std::string many = start + "\"x\"";
  for (std::size_t i = 0; i < limits::control_arguments_max; ++i) many += ",\"x\"";
  bad(many + "]}");
  bad(start + "\"" + std::string(limits::control_text_bytes_max + 1, 'x') + "\"]}");
  bad(start + "\"" + std::string(limits::control_request_bytes_max, 'x') + "\"]}");
  bad(std::string(60'000, '['));
  std::string deep = start;
  for (std::size_t i = 0; i < limits::json_depth_max; ++i) deep += "[";
  bad(deep);
  CHECK(parse_request(start + "\"" + std::string(limits::control_text_bytes_max, 'x') + "\"]}"));
  CHECK(parse_request(start + "\"[[[[[[[[[[[[[[\\\"[[[[\"]}"));
}

TEST_CASE("console: reading JSON of the other side never throws") {
  const Json json = {{"text", "a\x1b"}, {"number", 7}, {"flag", true}, {"list", {1, 2}}};
  CHECK(text_of(json, "text") == "a\\x1b");
  CHECK(text_of(json, "number").empty());
  CHECK(number_of(json, "text") == 0);
  CHECK_FALSE(flag_of(json, "number"));
  CHECK(number_of(Json::array(), "number") == 0);
  CHECK(member_of(Json("x"), "y").is_null());
  CHECK(to_line(Json("\xff\x7f\n")).find('\n') == std::string::npos);
}

}  // namespace
}  // namespace hanse::console
