// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocols/xmpp/dialback.h"
#include "server/base/time.h"

namespace hanse::xmpp {

// Whose streams to our domains stand, and which of them have agreed to be named as our peers
// (XEP-0485). Bounded: what is over the bound is not published. Thread: any; all shards share it.
class PublicPeers {
 public:
  enum class Way : std::uint8_t { incoming, outgoing };
  struct Peer {
    std::string domain;
    bool incoming = false, outgoing = false;
  };

  // Returns whether the stream is counted. closed() is due for one that is.
  bool opened(const DomainPair& pair, Way way);
  void closed(const DomainPair& pair, Way way);
  // The identifier of the question whether it may be named; nothing: it has been asked lately.
  std::optional<std::string> ask(const DomainPair& pair, UtcTime now);
  // False: that was no answer to a question of ours.
  bool answered(const DomainPair& pair, std::string_view id, bool agrees);
  // Those who have agreed, in the order of letters.
  std::vector<Peer> of(std::string_view local) const;

 private:
  struct Entry {
    std::size_t incoming = 0, outgoing = 0;
    std::optional<UtcTime> asked{};
    std::string open_question{};
    bool agrees = false;
  };
  mutable std::mutex lock_;
  std::map<DomainPair, Entry> entries_;
  std::uint64_t questions_ = 0;
};

// One stream that stands, for as long as this lives.
class PublicStream {
 public:
  PublicStream(std::shared_ptr<PublicPeers> peers, DomainPair pair, PublicPeers::Way way)
      : pair_(std::move(pair)), way_(way) {
    if (peers->opened(pair_, way_)) peers_ = std::move(peers);
  }
  PublicStream(PublicStream&& other) noexcept = default;
  PublicStream& operator=(PublicStream&&) = delete;
  ~PublicStream() {
    if (peers_ != nullptr) peers_->closed(pair_, way_);
  }

 private:
  std::shared_ptr<PublicPeers> peers_;   // null: not counted
  DomainPair pair_;
  PublicPeers::Way way_;
};

}  // namespace hanse::xmpp
