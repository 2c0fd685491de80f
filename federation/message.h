// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/base/time.h"

namespace hanse {

// An address as its protocol writes it, in canonical form. An empty local and domain is the
// protocol's null sender.
struct Address {
  std::string protocol, local, domain;

  bool empty() const { return local.empty() && domain.empty(); }
  bool operator==(const Address&) const = default;
};
std::string to_text(const Address& address);  // "local@domain"; "<>" when empty

// One key for duplicates, loops and replies: the message's own id where it was born.
struct MessageKey {
  std::string protocol, domain, native_id;
  bool operator==(const MessageKey&) const = default;
};

enum class Flow : std::uint8_t {
  durable,  // queue it until delivered or expired
  swift,    // from memory while its lane is up, else as durable; for what nobody was promised yet
  latest,   // in memory for `patience`, or until a newer one with the same key comes
  live,     // in memory for `patience`, then its sender is told
};

// One step of the message's way, as seen by the node that took it in. The protocol's `write`
// renders the newest hop as its own trace field (mail: Received).
struct Hop {
  std::string by_node;       // our name
  std::string protocol;      // "ESMTPS": the protocol's own word
  std::string from_name;     // what the peer called itself, already made safe for a trace field
  std::string from_host;     // reverse name, empty when unknown
  std::string from_address;  // IP address
  std::string tls;           // "TLSv1.3 TLS_AES_256_GCM_SHA384", empty without TLS
  std::string peer;          // configured peer it was recognised as, empty otherwise
  UtcTime at{};
};

// What a protocol must remember of a message beside its bytes; opaque to the core.
using NativeFacts = std::string;

// Where the bytes of a message are: in memory (shared, never changed), in the store, or both.
struct Body {
  std::shared_ptr<const std::string> bytes;  // null: only in the store
  std::int64_t blob = 0;                     // the store's handle; 0: only in memory
  std::uint64_t size = 0;                    // octets of the original
};

// A message on its way. Written once at acceptance, shared and immutable from then on.
struct Envelope {
  std::string id;            // ULID, 26 characters; the qid of logs, console and trace
  MessageKey key;
  Flow flow = Flow::durable;
  Duration patience{};       // to wait (kept, and 0: its lane says); below 0: worth no dial
  Address from;
  std::vector<Address> to;
  std::optional<MessageKey> answers;
  std::vector<Hop> trace;    // oldest first
  UtcTime accepted{}, expires{};
  NativeFacts native;
  bool is_report = false;    // a bounce: never reported on in turn (smtp B-1)
};

}  // namespace hanse
