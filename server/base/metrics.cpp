// SPDX-License-Identifier: Apache-2.0
#include "server/base/metrics.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <stdexcept>

#include "server/base/limits.h"

namespace hanse {
namespace {

constexpr std::array<double, 13> second_bounds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1,
                                               0.5,    1,     5,      30,    300,  3600};
constexpr std::string_view counter_suffix = "_total";

// OpenMetrics, section "Escaping": the same for help texts and label values.
void append_escaped(std::string& out, std::string_view text) {
  for (const char byte : text) {
    if (byte == '\n') out += "\\n";
    else if (byte == '\\' || byte == '"') (out += '\\') += byte;
    else out += byte;
  }
}

// Canonical numbers have a point: 1 is written 1.0, so that `le` is the same text everywhere.
void append_number(std::string& out, double number) {
  if (std::isnan(number)) out += "NaN";
  else if (std::isinf(number)) out += number > 0 ? "+Inf" : "-Inf";
  else {
    char digits[32];
    const char* end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    const std::string_view text(digits, static_cast<std::size_t>(end - digits));
    out += text;
    if (text.find_first_of(".e") == text.npos) out += ".0";
  }
}

void append_name(std::string& out, std::string_view name, std::string_view suffix,
                 std::string_view labels) {
  out += name;
  out += suffix;
  if (!labels.empty()) ((out += '{') += labels) += '}';
  out += ' ';
}

bool is_name(std::string_view name) {
  const auto legal = [](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '_';
  };
  return !name.empty() && name[0] >= 'a' && std::all_of(name.begin(), name.end(), legal);
}

std::string_view unit_of(std::string_view name) {
  for (const std::string_view unit : {"seconds", "bytes", "ratio"}) {
    if (name.ends_with(unit) && name.size() > unit.size()) return unit;
  }
  return {};
}

std::string join(Labels labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    if (!is_name(name)) throw std::logic_error("not a label name: " + std::string(name));
    if (!out.empty()) out += ',';
    (out += name) += "=\"";
    append_escaped(out, value);
    out += '"';
  }
  return out;
}

}  // namespace

struct Metrics::Series {
  Counter counter;
  Gauge gauge;
  std::unique_ptr<Histogram> histogram;
};

struct Metrics::Family {
  std::string name, help, type;
  std::map<std::string, std::unique_ptr<Series>, std::less<>> series;  // by their labels

  void render(std::string& out) const;
};

Metrics::Metrics()
    : spare_(std::make_unique<Series>()),
      refused_(counter("hanse_metrics_refused_total",
                       "Series not kept because there are too many")) {
  spare_->histogram = std::make_unique<Histogram>(seconds_bounds());
}

Metrics::~Metrics() = default;

Counter& Metrics::counter(std::string_view name, std::string_view help, Labels labels) {
  if (name.ends_with(counter_suffix)) name.remove_suffix(counter_suffix.size());
  std::lock_guard lock(mutex_);
  return find_or_make(name, help, "counter", labels).counter;
}

Gauge& Metrics::gauge(std::string_view name, std::string_view help, Labels labels) {
  std::lock_guard lock(mutex_);
  return find_or_make(name, help, "gauge", labels).gauge;
}

Histogram& Metrics::histogram(std::string_view name, std::string_view help,
                              std::span<const double> bounds, Labels labels) {
  std::lock_guard lock(mutex_);
  Series& series = find_or_make(name, help, "histogram", labels);
  if (!series.histogram) series.histogram = std::make_unique<Histogram>(bounds);
  return *series.histogram;
}

std::string Metrics::render() const {
  std::string out;
  std::lock_guard lock(mutex_);
  for (const std::unique_ptr<Family>& family : families_) family->render(out);
  return out + "# EOF\n";
}

Metrics::Family& Metrics::find_or_make_family(std::string_view name, std::string_view help,
                                              std::string_view type) {
  auto at = std::lower_bound(families_.begin(), families_.end(), name,
                             [](const auto& family, std::string_view key) {
                               return family->name < key;
                             });
  if (at == families_.end() || (*at)->name != name) {
    if (!is_name(name)) throw std::logic_error("not a metric name: " + std::string(name));
    at = families_.insert(at, std::make_unique<Family>());
    (*at)->name = name;
    (*at)->help = help;
    (*at)->type = type;
  }
  if ((*at)->type != type) {
    throw std::logic_error("metric " + std::string(name) + " is a " + (*at)->type + " already");
  }
  return **at;
}

Metrics::Series& Metrics::find_or_make(std::string_view name, std::string_view help,
                                       std::string_view type, Labels labels) {
  Family& family = find_or_make_family(name, help, type);
  std::string key = join(labels);
  if (const auto known = family.series.find(key); known != family.series.end()) {
    return *known->second;
  }
  if (series_count_ >= limits::metrics_series_max) {
    refused_.add();
    return *spare_;
  }
  ++series_count_;
  return *family.series.emplace(std::move(key), std::make_unique<Series>()).first->second;
}

void Metrics::Family::render(std::string& out) const {
  ((out += "# TYPE ") += name) += ' ';
  (out += type) += '\n';
  if (const std::string_view unit = unit_of(name); !unit.empty()) {
    ((out += "# UNIT ") += name) += ' ';
    (out += unit) += '\n';
  }
  ((out += "# HELP ") += name) += ' ';
  append_escaped(out, help);
  out += '\n';
  for (const auto& [labels, one] : series) {
    if (one->histogram) {
      one->histogram->render(out, name, labels);
    } else if (type == "counter") {
      append_name(out, name, counter_suffix, labels);
      (out += std::to_string(one->counter.value())) += '\n';
    } else {
      append_name(out, name, "", labels);
      append_number(out, one->gauge.value());
      out += '\n';
    }
  }
}

void Gauge::add(double amount) { value_.fetch_add(amount, std::memory_order_relaxed); }

Histogram::Histogram(std::span<const double> bounds)
    : bounds_(bounds.begin(), bounds.end()),
      buckets_(std::make_unique<std::atomic<std::uint64_t>[]>(bounds.size() + 1)) {}

void Histogram::observe(double value) {
  const auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
  buckets_[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

void Histogram::render(std::string& out, std::string_view name, std::string_view labels) const {
  std::uint64_t count = 0;
  for (std::size_t bucket = 0; bucket <= bounds_.size(); ++bucket) {
    count += buckets_[bucket].load(std::memory_order_relaxed);
    std::string with_bound(labels);
    with_bound += labels.empty() ? "le=\"" : ",le=\"";
    append_number(with_bound, bucket < bounds_.size() ? bounds_[bucket] : INFINITY);
    with_bound += '"';
    append_name(out, name, "_bucket", with_bound);
    (out += std::to_string(count)) += '\n';
  }
  append_name(out, name, "_count", labels);
  (out += std::to_string(count)) += '\n';
  append_name(out, name, "_sum", labels);
  append_number(out, sum_.load(std::memory_order_relaxed));
  out += '\n';
}

std::span<const double> seconds_bounds() { return second_bounds; }

}  // namespace hanse
