// SPDX-License-Identifier: Apache-2.0
#include "server/base/metrics.h"

#include <cmath>
#include <stdexcept>

#include "server/base/limits.h"
#include "tests/catch.h"

namespace hanse {
namespace {

bool shows(const Metrics& metrics, std::string_view lines) {
  const std::string text = metrics.render();
  CAPTURE(text);
  return text.find(lines) != std::string::npos;
}

TEST_CASE("metrics: a counter is a family without _total and a sample with it") {
  Metrics metrics;
  metrics.counter("hanse_messages_total", "Messages \"seen\"\nso far", {{"dir", "in"}}).add(3);
  metrics.counter("hanse_messages", "", {{"dir", "out"}}).add();
  CHECK(shows(metrics, "# TYPE hanse_messages counter\n"
                       "# HELP hanse_messages Messages \\\"seen\\\"\\nso far\n"
                       "hanse_messages_total{dir=\"in\"} 3\n"
                       "hanse_messages_total{dir=\"out\"} 1\n"));
}

TEST_CASE("metrics: gauges, units and numbers") {
  Metrics metrics;
  Gauge& gauge = metrics.gauge("hanse_queue_bytes", "Bytes");
  gauge.set(2);
  gauge.add(-0.5);
  CHECK(gauge.value() == 1.5);
  CHECK(shows(metrics, "# TYPE hanse_queue_bytes gauge\n# UNIT hanse_queue_bytes bytes\n"
                       "# HELP hanse_queue_bytes Bytes\nhanse_queue_bytes 1.5\n"));
  const auto number = [&](double value, std::string_view text) {
    gauge.set(value);
    CHECK(shows(metrics, "\nhanse_queue_bytes " + std::string(text) + "\n"));
  };
  number(3, "3.0");
  number(-1e30, "-1e+30");
  number(INFINITY, "+Inf");
  number(-INFINITY, "-Inf");
  number(NAN, "NaN");
}

TEST_CASE("metrics: a histogram has cumulative buckets up to +Inf, a count and a sum") {
  Metrics metrics;
  constexpr double bounds[] = {0.1, 1};
  Histogram& histogram =
      metrics.histogram("hanse_commit_seconds", "Time", bounds, {{"peer", "b.example"}});
  for (const double value : {0.05, 0.1, 0.5, 7.0}) histogram.observe(value);
  CHECK(shows(metrics, "# TYPE hanse_commit_seconds histogram\n"
                       "# UNIT hanse_commit_seconds seconds\n"
                       "# HELP hanse_commit_seconds Time\n"
                       "hanse_commit_seconds_bucket{peer=\"b.example\",le=\"0.1\"} 2\n"
                       "hanse_commit_seconds_bucket{peer=\"b.example\",le=\"1.0\"} 3\n"
                       "hanse_commit_seconds_bucket{peer=\"b.example\",le=\"+Inf\"} 4\n"
                       "hanse_commit_seconds_count{peer=\"b.example\"} 4\n"
                       "hanse_commit_seconds_sum{peer=\"b.example\"} 7.65\n"));
}

TEST_CASE("metrics: the text ends with the end mark, and families stand in order of name") {
  Metrics metrics;
  metrics.gauge("hanse_z", "").set(1);
  metrics.gauge("hanse_a", "").set(1);
  const std::string text = metrics.render();
  CHECK(text.find("hanse_a 1.0") < text.find("hanse_z 1.0"));
  CHECK(text.substr(text.size() - 7) == "\n# EOF\n");
}

TEST_CASE("metrics: the same name and labels are the same object") {
  Metrics metrics;
  Counter& one = metrics.counter("hanse_x", "", {{"a", "1"}});
  CHECK(&one == &metrics.counter("hanse_x_total", "", {{"a", "1"}}));
  CHECK(&one != &metrics.counter("hanse_x", "", {{"a", "2"}}));
  CHECK(&one != &metrics.counter("hanse_x", ""));
}

TEST_CASE("metrics: label values are escaped") {
  Metrics metrics;
  metrics.gauge("hanse_x", "", {{"peer", "a\"b\\c\nd"}}).set(1);
  CHECK(shows(metrics, "hanse_x{peer=\"a\\\"b\\\\c\\nd\"} 1.0\n"));
}

TEST_CASE("metrics: a bad name or a second type is a bug") {
  Metrics metrics;
  metrics.gauge("hanse_x", "");
  CHECK_THROWS_AS(metrics.counter("hanse_x", ""), std::logic_error);
  for (const char* bad : {"", "Hanse", "hanse-x", "1x", "hanse x"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(metrics.gauge(bad, ""), std::logic_error);
    CHECK_THROWS_AS(metrics.gauge("hanse_y", "", {{bad, "1"}}), std::logic_error);
  }
}

TEST_CASE("metrics: growth is bounded, further series share a spare object that is not shown") {
  Metrics metrics;
  for (std::size_t peer = 0; peer < limits::metrics_series_max + 10; ++peer) {
    metrics.counter("hanse_x", "", {{"peer", std::to_string(peer)}}).add();
  }
  Counter& spare = metrics.counter("hanse_x", "", {{"peer", "another"}});
  CHECK(&spare == &metrics.counter("hanse_y", ""));
  metrics.histogram("hanse_h_seconds", "", seconds_bounds()).observe(1);
  CHECK_FALSE(shows(metrics, "peer=\"another\""));
  CHECK(shows(metrics, "hanse_metrics_refused_total 14\n"));
  CHECK(metrics.counter("hanse_x", "", {{"peer", "0"}}).value() == 1);
}

TEST_CASE("metrics: the bounds for seconds rise") {
  const auto bounds = seconds_bounds();
  REQUIRE(bounds.size() > 5);
  for (std::size_t at = 1; at < bounds.size(); ++at) CHECK(bounds[at - 1] < bounds[at]);
}

}  // namespace
}  // namespace hanse
