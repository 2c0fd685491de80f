// SPDX-License-Identifier: Apache-2.0
// Pushes stanzas into a server over authenticated streams and takes them out again, and tells how
// many a second came through. Exit 0 only if every one arrived once and in order.
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/xmpp_stream.h"
#include "tests/bench/xmpp_wire.h"

namespace bench {

namespace {

constexpr const char* usage =
    "bench-xmpp in=s2s|component in-at=HOST:PORT from=DOMAIN to=DOMAIN\n"
    "           out=s2s|component out-at=HOST:PORT [out-domain=DOMAIN]\n"
    "           cert=FILE key=FILE secret=TEXT [tls=direct|starttls] [count=N] [streams=N]\n"
    "           [pairs=N] [octets=248] [kind=message|no-store|presence|iq] [seconds=120]\n"
    "           [domains=N: to=dN.DOMAIN instead] [idle=N: only opens N streams from dN.DOMAIN]\n"
    "           [managed=1: with acknowledgements (XEP-0198)]\n"
    "           [every=MS: one stanza each, until its input ends, and how long they took]\n";

class Options {
 public:
  Options(int count, char** words) {
    for (int i = 1; i < count; ++i) {
      const std::string word = words[i];
      const std::size_t equals = word.find('=');
      if (equals == word.npos) throw Broken{usage};
      values_[word.substr(0, equals)] = word.substr(equals + 1);
    }
  }
  std::string text(const std::string& name, const std::string& otherwise = {}) const {
    const auto found = values_.find(name);
    return found == values_.end() ? otherwise : found->second;
  }
  std::size_t number(const std::string& name, std::size_t otherwise) const {
    return std::stoul(text(name, std::to_string(otherwise)));
  }
  std::pair<std::string, int> place(const std::string& name) const {
    const std::string at = text(name);
    const std::size_t colon = at.find(':');
    if (colon == at.npos) throw Broken{"no " + name + "\n" + usage};
    return {at.substr(0, colon), std::stoi(at.substr(colon + 1))};
  }

 private:
  std::map<std::string, std::string> values_;
};

// What has arrived, over all streams. A pair is one sender and one recipient.
class Arrivals {
 public:
  explicit Arrivals(std::size_t pairs) : next_(pairs, 0) {}

  void add(std::size_t pair, std::size_t number) {
    if (pair >= next_.size() || next_[pair] != number) ++wrong_;
    if (pair < next_.size()) next_[pair] = number + 1;
    ++count_;
  }
  void lock() { mutex_.lock(); }
  void unlock() {
    mutex_.unlock();
    news_.notify_all();
  }
  bool wait_for(std::size_t count, std::chrono::seconds most) {
    std::unique_lock<std::mutex> lock(mutex_);
    return news_.wait_for(lock, most, [&] { return count_ >= count; });
  }
  std::size_t count() const { return count_; }
  std::size_t wrong() const { return wrong_; }

 private:
  std::mutex mutex_;
  std::condition_variable news_;
  std::vector<std::size_t> next_;
  std::size_t count_ = 0, wrong_ = 0;
};

// Reads one stream to its end. Its own thread.
void drain(Wire& wire, Arrivals& arrivals) {
  Scanner scanner(wire);
  try {
    do {
      const std::lock_guard<Arrivals> lock(arrivals);
      scanner.scan([&](std::size_t pair, std::size_t number) { arrivals.add(pair, number); });
      scanner.acknowledge();   // before anybody hears of it and ends: else it would come again
    } while (wire.receive());
  } catch (const Broken& broken) {
    std::fprintf(stderr, "bench-xmpp: out: %s\n", broken.what.c_str());
  }
}

class Sink {
 public:
  Sink(const Options& options, SSL_CTX& context, Arrivals& arrivals)
      : context_(context), arrivals_(arrivals) {
    const auto [host, port] = options.place("out-at");
    if (options.text("out") == "s2s") {
      listener_ = listen_at(host, port);
      threads_.emplace_back([this] { serve(); });
    } else {
      wires_.push_back(dial(host, port));
      open_component_stream(*wires_.back(), options.text("out-domain", options.text("to")),
                            options.text("secret"));
      threads_.emplace_back([this] { drain(*wires_.back(), arrivals_); });
    }
  }
  ~Sink() {
    if (listener_ >= 0) ::shutdown(listener_, SHUT_RDWR);
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      for (const auto& wire : wires_) wire->shut_down();
    }
    threads_.front().join();
    for (std::size_t i = 1; i < threads_.size(); ++i) threads_[i].join();
  }

 private:
  void serve() {
    while (std::unique_ptr<Wire> wire = accept_at(listener_)) {
      const std::lock_guard<std::mutex> lock(mutex_);
      wires_.push_back(std::move(wire));
      threads_.emplace_back([this, &wire = *wires_.back()] {
        try {
          accept_server_stream(wire, context_);
          drain(wire, arrivals_);
        } catch (const Broken& broken) {
          std::fprintf(stderr, "bench-xmpp: out: %s\n", broken.what.c_str());
        }
      });
    }
  }

  SSL_CTX& context_;
  Arrivals& arrivals_;
  int listener_ = -1;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Wire>> wires_;
  std::vector<std::thread> threads_;
};

// One stanza of exactly `octets` octets, if they are enough.
std::string stanza(const Options& options, std::size_t pair, std::size_t number) {
  const std::string kind = options.text("kind", "message");
  const std::string name = kind == "no-store" ? "message" : kind;
  const std::size_t domains = options.number("domains", 0);
  const std::string to =
      domains > 0 ? "d" + std::to_string(pair) + "." + options.text("to") : options.text("to");
  std::string text = "<" + name + " from='u" + std::to_string(pair) + "@" + options.text("from") +
                     "/r' to='v" + std::to_string(pair) + "@" + to + "' id='load-" +
                     std::to_string(pair) + "-" + std::to_string(number) + "-" +
                     std::to_string(::getpid()) + "'";   // what has come is not taken again
  std::string tail = "</body></message>";
  if (name == "message") text += " type='chat'>";
  if (kind == "no-store") text += "<no-store xmlns='urn:xmpp:hints'/>";
  if (name == "message") text += "<body>";
  if (name == "presence") text += "><status>", tail = "</status></presence>";
  if (name == "iq") text += " type='result'><x xmlns='urn:load'>", tail = "</x></iq>";
  const std::size_t octets = options.number("octets", 248);
  const std::size_t used = text.size() + tail.size();
  return text + std::string(octets > used ? octets - used : 0, 'x') + tail;
}

std::unique_ptr<Wire> open_source(const Options& options, SSL_CTX& context,
                                  const std::string& from) {
  const auto [host, port] = options.place("in-at");
  std::unique_ptr<Wire> wire = dial(host, port);
  if (options.text("in") == "component") {
    open_component_stream(*wire, from, options.text("secret"));
  } else {
    open_server_stream(*wire, context, options.text("tls", "starttls") == "direct", from,
                       options.text("to"));
    if (options.number("managed", 0) > 0) manage_stream(*wire);
  }
  return wire;
}

// Every stream has the pairs whose number is its own, modulo the number of streams.
std::vector<std::string> batches(const Options& options, std::size_t streams, std::size_t pairs,
                                 std::size_t count) {
  std::vector<std::string> found(streams);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t pair = i % pairs;
    found[pair % streams] += stanza(options, pair, 1 + i / pairs);
  }
  return found;
}

int push(const Options& options, SSL_CTX& context) {
  const std::size_t streams = options.number("streams", 1);
  const std::size_t pairs = options.number("domains", options.number("pairs", 100));
  const std::size_t count = options.number("count", 20'000);
  const std::chrono::seconds patience(options.number("seconds", 120));
  Arrivals arrivals(pairs);
  Sink sink(options, context, arrivals);
  std::vector<std::unique_ptr<Wire>> wires;
  for (std::size_t i = 0; i < streams; ++i) {
    wires.push_back(open_source(options, context, options.text("from")));
  }
  const std::vector<std::string> work = batches(options, streams, pairs, count);
  // The first of each pair opens what has to be opened behind the server; it is not counted.
  const auto cold = std::chrono::steady_clock::now();
  for (std::size_t pair = 0; pair < pairs; ++pair) {
    wires[pair % streams]->send(stanza(options, pair, 0));
  }
  if (!arrivals.wait_for(pairs, patience)) throw Broken{"the first stanzas do not arrive"};
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::thread> senders;
  for (std::size_t i = 0; i < streams; ++i) {
    senders.emplace_back([&, i] {
      try {
        wires[i]->stream(work[i]);
      } catch (const Broken& broken) {
        std::fprintf(stderr, "bench-xmpp: in: %s\n", broken.what.c_str());
      }
    });
  }
  const bool all = arrivals.wait_for(pairs + count, patience);
  const auto end = std::chrono::steady_clock::now();
  if (!all) {
    for (const auto& wire : wires) wire->shut_down();
  }
  for (std::thread& sender : senders) sender.join();
  const double seconds = std::chrono::duration<double>(end - start).count();
  std::printf("{\"per_second\": %.0f, \"seconds\": %.3f, \"cold_seconds\": %.3f, "
              "\"arrived\": %zu, \"sent\": %zu, \"out_of_order\": %zu}\n",
              static_cast<double>(count) / seconds, seconds,
              std::chrono::duration<double>(start - cold).count(), arrivals.count() - pairs, count,
              arrivals.wrong());
  return all && arrivals.wrong() == 0 ? 0 : 1;
}

double percentile(const std::vector<double>& sorted, std::size_t percent) {
  return sorted.empty() ? 0 : sorted[(sorted.size() - 1) * percent / 100];
}

// One stanza at each beat over one stream, and how long after its beat each was there: what waits
// for the one before it counts, too. Says when the first has arrived.
int beat(const Options& options, SSL_CTX& context, std::chrono::milliseconds every) {
  Arrivals arrivals(1);
  Sink sink(options, context, arrivals);
  const std::unique_ptr<Wire> wire = open_source(options, context, options.text("from"));
  const std::chrono::seconds patience(options.number("seconds", 120));
  std::atomic<bool> over = false;
  std::thread input([&over] {
    char byte = 0;
    while (::read(0, &byte, 1) > 0) continue;
    over = true;
  });
  std::vector<double> taken;
  auto next = std::chrono::steady_clock::now();
  bool lost = false;
  for (std::size_t number = 0; !over && !lost; ++number) {
    wire->send(stanza(options, 0, number));
    lost = !arrivals.wait_for(number + 1, patience);
    const std::chrono::duration<double, std::milli> late = std::chrono::steady_clock::now() - next;
    if (number > 0) taken.push_back(late.count());   // the first may open what is behind the server
    else std::puts("{\"beats\": 0}");
    std::fflush(stdout);
    next = number > 0 ? next + every : std::chrono::steady_clock::now() + every;
    std::this_thread::sleep_until(next);
  }
  if (lost) std::exit(1);   // its input may never end
  input.join();
  std::sort(taken.begin(), taken.end());
  std::printf("{\"beats\": %zu, \"p50_ms\": %.2f, \"p99_ms\": %.2f, \"most_ms\": %.2f}\n",
              taken.size(), percentile(taken, 50), percentile(taken, 99), percentile(taken, 100));
  return arrivals.wrong() == 0 ? 0 : 1;
}

// Opens streams that say nothing, and holds them until its input ends.
int hold(const Options& options, SSL_CTX& context, std::size_t count) {
  constexpr std::size_t openers_max = 8;
  std::vector<std::unique_ptr<Wire>> wires(count);
  std::vector<std::thread> openers;
  std::atomic<std::size_t> failed = 0;
  for (std::size_t first = 0; first < openers_max; ++first) {
    openers.emplace_back([&, first] {
      try {
        for (std::size_t i = first; i < count; i += openers_max) {
          const std::string from = "d" + std::to_string(i) + "." + options.text("from");
          wires[i] = open_source(options, context, from);
        }
      } catch (const Broken& broken) {
        ++failed;
        std::fprintf(stderr, "bench-xmpp: in: %s\n", broken.what.c_str());
      }
    });
  }
  for (std::thread& opener : openers) opener.join();
  if (failed > 0) return 1;
  std::printf("{\"held\": %zu}\n", wires.size());
  std::fflush(stdout);
  char byte = 0;
  while (::read(0, &byte, 1) > 0) continue;
  return 0;
}

}  // namespace

}  // namespace bench

int main(int count, char** words) {
  std::signal(SIGPIPE, SIG_IGN);
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  try {
    const bench::Options options(count, words);
    const bench::TlsContext context = bench::tls_context(options.text("cert"), options.text("key"));
    const std::size_t idle = options.number("idle", 0);
    const std::size_t every = options.number("every", 0);
    if (idle > 0) return bench::hold(options, *context, idle);
    if (every > 0) return bench::beat(options, *context, std::chrono::milliseconds(every));
    return bench::push(options, *context);
  } catch (const bench::Broken& broken) {
    std::fprintf(stderr, "bench-xmpp: %s\n", broken.what.c_str());
    return 2;
  }
}
