// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "federation/ports.h"
#include "store/blobs.h"
#include "store/database.h"

namespace hanse::store {

// The bytes of messages: small ones in the database, large ones in files (D4). A message keeps its
// body while a leg is open, a failure is unreported, or a discarded leg lies in the trash.
// Thread: the store's.
class Bodies {
 public:
  Bodies(Database& database, BlobFolder& blobs);

  // Before the transaction: what belongs into a file is written there. Answers the file, 0: none.
  Result<std::int64_t> stage(const Body& body);
  Result<void> sync_staged();

  void insert(std::int64_t message, const Body& body, std::int64_t file);
  Body load(std::int64_t message, std::uint64_t size);

  // Some leg of the message came to its end: look at the end of the transaction.
  void consider(std::int64_t message) { considered_.insert(message); }
  void release_considered();

  void committed();                     // files that lost their row go
  void rolled_back();                   // files that did not get theirs go

 private:
  BlobFolder& blobs_;
  Statement insert_, load_, needed_, file_, remove_;
  std::set<std::int64_t> considered_;
  std::vector<std::int64_t> staged_, released_;
};

}  // namespace hanse::store
