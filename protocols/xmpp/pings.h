// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "protocols/xmpp/dialback.h"

namespace hanse::xmpp {

class Pings;

// One ping that is under way, for as long as this lives.
class OpenPing {
 public:
  OpenPing() = default;
  OpenPing(OpenPing&& other) noexcept { *this = std::move(other); }
  OpenPing& operator=(OpenPing&& other) noexcept;
  ~OpenPing();
  explicit operator bool() const { return pings_ != nullptr; }
  bool answered() const { return pings_ != nullptr && *answered_; }
  std::string iq(std::string_view from, std::string_view to) const;

 private:
  friend class Pings;
  std::shared_ptr<Pings> pings_;            // null: none
  DomainPair pair_;
  std::string id_;
  std::shared_ptr<const std::atomic<bool>> answered_;
};

// Peers that have been asked whether they are there (XEP-0199, xmpp 9.1): the answer comes on
// whatever stream the peer sends us things, which may live on another shard. Bounded: what is over
// is not asked. Thread: any; all shards share it.
class Pings : public std::enable_shared_from_this<Pings> {
 public:
  OpenPing open(const DomainPair& pair);    // from its local domain to the other
  // False: that is no answer to a ping of ours.
  bool answered(const DomainPair& pair, std::string_view id);

 private:
  friend class OpenPing;
  struct Entry {
    DomainPair pair;
    std::shared_ptr<std::atomic<bool>> answered;
  };
  void close(const std::string& id);

  std::mutex lock_;
  std::map<std::string, Entry, std::less<>> open_;   // by id
  std::uint64_t count_ = 0;
};

}  // namespace hanse::xmpp
