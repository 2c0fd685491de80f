// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "server/base/random.h"
#include "store/disk.h"
#include "store/segments.h"

namespace hanse::store {

// Bodies in files (D4): those that came whole share segments, those that were streamed have a file
// of their own. Such a file is named by its handle, a random number: "1f00...c3.part" while it
// is written, without the ending once it is synced. finish() makes many files durable with the
// file system's work shared among them. Thread: the store's.
class BlobFolder {
 public:
  BlobFolder(Disk& disk, std::string directory, std::uint64_t seed);

  Result<void> open();                                          // makes the directory
  Result<std::int64_t> append(std::int64_t blob, std::string_view bytes);  // 0: a new one
  Result<std::int64_t> add(std::string_view bytes) { return segments_.add(bytes); }  // a whole one
  Result<std::string> fetch(std::int64_t blob, std::uint64_t offset, std::size_t most);
  void discard(std::int64_t blob);                              // an unfinished one
  bool unfinished(std::int64_t blob) const { return open_.find(blob) != open_.end(); }

  // Synced and under their final names when this answers; then they may be named by a row.
  Result<void> finish(const std::vector<std::int64_t>& blobs);

  void remove(std::int64_t blob);                               // a finished one, nobody needs it

  void give_back() { segments_.give_back(); }

  // At the start: which whole bodies rows name.
  Result<std::uint64_t> recover(const std::vector<std::int64_t>& handles, UtcTime newest_row) {
    return segments_.recover(handles, newest_row);
  }
  // Unfinished files of a former run, and those that no row names: unless they are younger than
  // the newest row, for then the rows may be the ones that are old (a restored copy).
  Result<std::uint64_t> remove_orphans(UtcTime newest_row,
                                       const std::function<bool(std::int64_t)>& named);

 private:
  Result<void> finish_files(const std::vector<std::int64_t>& blobs);
  std::string path(std::int64_t blob, bool finished) const;
  std::int64_t fresh_handle();

  Disk& disk_;
  const std::string directory_;
  SeededRandom names_;
  Segments segments_;
  std::map<std::int64_t, std::unique_ptr<DiskFile>> open_;
};

}  // namespace hanse::store
