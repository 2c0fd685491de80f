// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "server/base/random.h"
#include "server/base/result.h"
#include "tests/sim/stream.h"
#include "tests/sim/timeline.h"

namespace hanse::sim {

// How a machine presents itself to those who begin TLS with it.
enum class TlsManner : std::uint8_t {
  valid,       // certificate for its own names, from an authority all believe
  unverified,  // self-signed
  fails,       // every handshake ends with an alert
  stalls,      // never answers the client hello
};

// One machine with one address.
struct Host {
  std::string address;                 // "192.0.2.1"
  std::vector<std::string> names;      // in its certificate
  TlsManner tls = TlsManner::valid;
  bool powered = true;                 // off: silence
  bool mute = false;                   // takes every connection, and never says a word on it
};

// The conditions of the whole network at the moment; what is not named is well.
struct Weather {
  Duration latency = std::chrono::milliseconds(5);
  Duration latency_spread = std::chrono::milliseconds(20);
  std::size_t bytes_per_second = 4u << 20;
  unsigned cut_percent = 0;            // of the connections, somewhere on their way
  unsigned half_open_percent = 0;
  unsigned slow_reader_percent = 0;
  unsigned crumbs_percent = 0;         // arrive in segments of a few bytes
  unsigned refuse_percent = 0;         // connects that are refused
};

// All machines and the connections between them.
class Network {
 public:
  using Accept = std::function<void(End)>;
  using Dialled = std::function<void(Result<End>)>;

  Network(Timeline& timeline, Random& random) : timeline_(timeline), random_(random) {}

  Host& add_host(const std::string& address, std::vector<std::string> names);
  Host& host(const std::string& address) { return *hosts_.at(address); }

  void listen(const std::string& address, std::uint16_t port, Accept accept);
  void stop_listening(const std::string& address, std::uint16_t port);

  // Answers when it is connected or refused; silence is the caller's deadline.
  void connect(const std::string& from, const std::string& to, std::uint16_t port,
               std::shared_ptr<Dialled> dialled);

  void set_weather(const Weather& weather) { weather_ = weather; }
  void set_partition(const std::string& a, const std::string& b, bool parted);
  void heal();                             // fair weather, all parts joined, the mute speak
  void unmute(const std::string& address);
  bool parted(const std::string& a, const std::string& b) const;
  void cut_some(unsigned percent);         // of the connections that are open now

  std::size_t open() const;

 private:
  void open_stream(const std::string& from, const std::string& to, std::uint16_t port,
                   const std::shared_ptr<Dialled>& dialled);
  std::shared_ptr<Stream> make_stream(Host& from, Host& to);

  Timeline& timeline_;
  Random& random_;
  Weather weather_;
  std::map<std::string, std::unique_ptr<Host>> hosts_;
  std::map<std::pair<std::string, std::uint16_t>, Accept> listeners_;
  std::set<std::pair<std::string, std::string>> parted_;
  std::multimap<std::string, End> mute_;   // what machines that never answer have taken
  mutable std::vector<std::weak_ptr<Stream>> streams_;
  std::uint64_t streams_made_ = 0;
};

}  // namespace hanse::sim
