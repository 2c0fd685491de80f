// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/network.h"

#include <algorithm>

namespace hanse::sim {

namespace {

std::pair<std::string, std::string> pair_of(const std::string& a, const std::string& b) {
  return a < b ? std::pair(a, b) : std::pair(b, a);
}

constexpr std::size_t accident_bytes_max = 20'000;   // most sessions carry less
constexpr std::size_t early_bytes_max = 600;         // the greeting and the envelope

}  // namespace

Host& Network::add_host(const std::string& address, std::vector<std::string> names) {
  auto host = std::make_unique<Host>();
  host->address = address;
  host->names = std::move(names);
  return *(hosts_[address] = std::move(host));
}

void Network::listen(const std::string& address, std::uint16_t port, Accept accept) {
  listeners_[{address, port}] = std::move(accept);
}

void Network::stop_listening(const std::string& address, std::uint16_t port) {
  listeners_.erase({address, port});
}

void Network::connect(const std::string& from, const std::string& to, std::uint16_t port,
                      std::shared_ptr<Dialled> dialled) {
  const Duration trip = weather_.latency + Duration(random_.below(
                            static_cast<std::uint64_t>(weather_.latency_spread.count()) + 1));
  timeline_.after(trip, [this, from, to, port, dialled] {
    if (!hosts_.contains(to) || !hosts_.at(to)->powered || parted(from, to)) return;  // silence
    open_stream(from, to, port, dialled);
  });
}

void Network::open_stream(const std::string& from, const std::string& to, std::uint16_t port,
                          const std::shared_ptr<Dialled>& dialled) {
  const auto listener = listeners_.find({to, port});
  const bool refuse = listener == listeners_.end() || random_.below(100) < weather_.refuse_percent;
  if (refuse) {
    timeline_.after(weather_.latency, [dialled] {
      const Dialled tell = *dialled;   // who is told may forget the call
      if (tell) tell(Error{Fault::try_later, "connection refused"});
    });
    return;
  }
  const std::shared_ptr<Stream> stream = make_stream(host(from), host(to));
  if (host(to).mute) mute_.emplace(to, End(stream, 1));
  else listener->second(End(stream, 1));
  timeline_.after(weather_.latency, [stream, dialled] {
    // Nobody waits any more: the handle resets the connection as it goes.
    End end(stream, 0);
    const Dialled tell = *dialled;
    if (tell) tell(std::move(end));
  });
}

std::shared_ptr<Stream> Network::make_stream(Host& from, Host& to) {
  const auto chance = [this](unsigned percent) { return random_.below(100) < percent; };
  const auto accident = [this] {
    return 1 + random_.below(random_.below(2) == 0 ? early_bytes_max : accident_bytes_max);
  };
  Stream::Manner manner;
  manner.latency = weather_.latency +
                   Duration(random_.below(static_cast<std::uint64_t>(
                       weather_.latency_spread.count()) + 1));
  manner.bytes_per_second = weather_.bytes_per_second;
  manner.window_bytes = std::size_t{1024} << random_.below(7);
  if (chance(weather_.crumbs_percent)) manner.crumb_bytes_max = 1 + random_.below(7);
  if (chance(weather_.slow_reader_percent)) manner.read_rate = 300 + random_.below(5000);
  if (chance(weather_.cut_percent)) manner.cut_after_bytes = accident();
  if (chance(weather_.half_open_percent)) manner.silent_after_bytes = accident();
  auto stream = std::make_shared<Stream>(timeline_, random_, *this, from, to, ++streams_made_,
                                         manner);
  std::erase_if(streams_, [](const std::weak_ptr<Stream>& each) { return each.expired(); });
  streams_.push_back(stream);
  return stream;
}

void Network::set_partition(const std::string& a, const std::string& b, bool parted) {
  if (parted) {
    parted_.insert(pair_of(a, b));
  } else {
    parted_.erase(pair_of(a, b));
  }
}

bool Network::parted(const std::string& a, const std::string& b) const {
  return !parted_.empty() && parted_.contains(pair_of(a, b));
}

void Network::heal() {
  weather_ = Weather{};
  parted_.clear();
  for (auto& [address, host] : hosts_) {
    host->tls = TlsManner::valid;
    unmute(address);
  }
}

void Network::unmute(const std::string& address) {
  host(address).mute = false;
  mute_.erase(address);
}

void Network::cut_some(unsigned percent) {
  for (const std::weak_ptr<Stream>& each : streams_) {
    const std::shared_ptr<Stream> stream = each.lock();
    if (stream && stream->open() && random_.below(100) < percent) stream->cut();
  }
}

std::size_t Network::open() const {
  return static_cast<std::size_t>(
      std::count_if(streams_.begin(), streams_.end(), [](const std::weak_ptr<Stream>& each) {
        const std::shared_ptr<Stream> stream = each.lock();
        return stream && stream->open();
      }));
}

}  // namespace hanse::sim
