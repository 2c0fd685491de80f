// SPDX-License-Identifier: Apache-2.0
#include "server/base/quantity.h"

#include "tests/catch.h"

namespace hanse {
namespace {

using namespace std::chrono_literals;

TEST_CASE("quantity: whole numbers") {
  const auto good = [](std::string_view text, std::int64_t number) {
    CAPTURE(text);
    REQUIRE(parse_integer(text));
    CHECK(*parse_integer(text) == number);
  };
  good("0", 0);
  good("-17", -17);
  good("007", 7);
  good("9223372036854775807", INT64_MAX);
  good("-9223372036854775808", INT64_MIN);
  for (const char* bad : {"", " 1", "1 ", "+1", "1.0", "0x10", "1e3", "--1", "-", "ten",
                          "9223372036854775808"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_integer(bad));
  }
}

TEST_CASE("quantity: durations") {
  const auto good = [](std::string_view text, Duration duration) {
    CAPTURE(text);
    REQUIRE(parse_duration(text));
    CHECK(*parse_duration(text) == duration);
  };
  good("500ms", 500ms);
  good("30s", 30s);
  good("5m", 5min);
  good("4h", 4h);
  good("5d", 120h);
  good("0s", 0s);
  good("1h30m", 90min);
  good("1d2h3m4s5ms", 26h + 3min + 4s + 5ms);
  for (const char* bad : {"", "30", "s", "-5s", "+5s", "5 s", " 5s", "5s ", "5S", "1.5h", "5sec",
                          "1m1h", "1m1m", "1h30", "5us", "99999999999999999999s",
                          "106751992d", "9223372036854775807ms", "106751991d4h1d"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_duration(bad));
  }
}

TEST_CASE("quantity: sizes in bytes") {
  const auto good = [](std::string_view text, std::int64_t bytes) {
    CAPTURE(text);
    REQUIRE(parse_bytes(text));
    CHECK(*parse_bytes(text) == bytes);
  };
  good("0", 0);
  good("4096", 4096);
  good("64KiB", 65536);
  good("25MiB", 25 * 1024 * 1024);
  good("2GiB", std::int64_t{2} << 30);
  good("1TiB", std::int64_t{1} << 40);
  for (const char* bad : {"", "KiB", "64 KiB", "64kib", "64KB", "64K", "-1", "+1", "1.5MiB",
                          "64KiB ", "9223372036854775807KiB", "8388608TiB"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_bytes(bad));
  }
}

TEST_CASE("quantity: a bad quantity says how to write a good one, and shows peer bytes escaped") {
  const Error error = parse_duration("5\nx").error();
  CHECK(error.fault == Fault::never);
  CHECK(error.what.find("5\\x0ax") != std::string::npos);
  CHECK(error.what.find("\"30s\"") != std::string::npos);
}

TEST_CASE("quantity: durations are shown short and parse back") {
  CHECK(format_duration(0s) == "0s");
  CHECK(format_duration(250ms) == "250ms");
  CHECK(format_duration(800us) == "800us");
  CHECK(format_duration(1500ms) == "1s500ms");
  CHECK(format_duration(30s) == "30s");
  CHECK(format_duration(90min) == "1h30m");
  CHECK(format_duration(24h) == "1d");
  CHECK(format_duration(61s + 7ms) == "1m1s");
  CHECK(format_duration(-5min) == "-5m");
  CHECK(format_duration(Duration::min()).substr(0, 2) == "-1");
  for (const Duration duration : {Duration(1ms), Duration(59s + 999ms), Duration(3661s),
                                  Duration(86399s), Duration(120h)}) {
    CHECK(*parse_duration(format_duration(duration)) == duration);
  }
}

TEST_CASE("quantity: sizes are shown with one decimal") {
  CHECK(format_bytes(0) == "0 B");
  CHECK(format_bytes(1023) == "1023 B");
  CHECK(format_bytes(1024) == "1.0 KiB");
  CHECK(format_bytes(40'055'603) == "38.2 MiB");
  CHECK(format_bytes(1024 * 1024 - 1) == "1.0 MiB");
  CHECK(format_bytes(UINT64_MAX) == "16.0 EiB");
}

TEST_CASE("quantity: UTC in logs and, by RFC 5322 3.3, in headers") {
  const UtcTime tuesday = from_unix_ms(1'767'697'330'123);
  CHECK(format_utc(tuesday) == "2026-01-06T11:02:10.123Z");
  CHECK(format_mail_date(tuesday) == "Tue, 06 Jan 2026 11:02:10 +0000");
  CHECK(format_utc(from_unix_ms(0)) == "1970-01-01T00:00:00.000Z");
  CHECK(format_mail_date(from_unix_ms(0)) == "Thu, 01 Jan 1970 00:00:00 +0000");
  CHECK(format_utc(from_unix_ms(1'709'251'199'999)) == "2024-02-29T23:59:59.999Z");
  CHECK(format_utc(from_unix_ms(-1)) == "1969-12-31T23:59:59.999Z");
  CHECK(format_mail_date(from_unix_ms(1'735'171'200'000)) == "Thu, 26 Dec 2024 00:00:00 +0000");
}

}  // namespace
}  // namespace hanse
