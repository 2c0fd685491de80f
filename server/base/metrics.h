// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hanse {

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// Thread: any for add/set/observe. References stay valid for the life of the registry.
class Counter {
 public:
  void add(std::uint64_t amount = 1) { value_.fetch_add(amount, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

class Gauge {
 public:
  void set(double value) { value_.store(value, std::memory_order_relaxed); }
  void add(double amount);
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

class Histogram {
 public:
  explicit Histogram(std::span<const double> bounds);
  void observe(double value);
  void render(std::string& out, std::string_view name, std::string_view labels) const;

 private:
  std::vector<double> bounds_;
  std::unique_ptr<std::atomic<std::uint64_t>[]> buckets_;  // one more than bounds_: +Inf
  std::atomic<double> sum_{0};
};

// All figures of the node, rendered as OpenMetrics text. The same name and labels give the same
// object. Label values come from closed sets or from configured peers, never from the wire; a
// registry refuses to grow beyond metrics_series_max and then hands out one shared spare object.
// A counter may be named with or without "_total"; it is shown with it. A bad name, or one name
// with two types, is a bug: std::logic_error.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Counter& counter(std::string_view name, std::string_view help, Labels labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, Labels labels = {});
  Histogram& histogram(std::string_view name, std::string_view help,
                       std::span<const double> bounds, Labels labels = {});
  std::string render() const;

 private:
  struct Family;
  struct Series;
  Family& find_or_make_family(std::string_view name, std::string_view help, std::string_view type);
  Series& find_or_make(std::string_view name, std::string_view help, std::string_view type,
                       Labels labels);
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Family>> families_;  // by name
  std::unique_ptr<Series> spare_;
  std::size_t series_count_ = 0;
  Counter& refused_;
};

// Seconds, for every *_seconds histogram.
std::span<const double> seconds_bounds();

}  // namespace hanse
