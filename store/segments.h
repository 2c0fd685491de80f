// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "store/disk.h"

namespace hanse::store {

// Bodies that came whole, many in one file: a segment is appended to and synced once for all that
// came together, instead of a file, a sync and a name for each (D4, decisions/005). A body stands
// behind its length; its handle is negative and names segment and place. A segment goes when all
// its bodies have gone; one that is kept by a few gives the space of the others back by holes.
// While bodies keep coming, segments that have emptied are written over under a new name: a sync
// of blocks that are there already spares the file system its journal. Thread: the store's.
class Segments {
 public:
  Segments(Disk& disk, std::string directory) : disk_(disk), directory_(std::move(directory)) {}

  // At the start: the handles that rows name. Segments older than the newest row that none of
  // them needs are removed; answers how many.
  Result<std::uint64_t> recover(const std::vector<std::int64_t>& handles, UtcTime newest_row);

  Result<std::int64_t> add(std::string_view bytes);
  Result<void> sync();                    // all that was added is durable, also its name
  Result<std::string> fetch(std::int64_t handle, std::uint64_t offset, std::size_t most);
  void remove(std::int64_t handle);       // nobody needs it any more
  void give_back();                       // holes and segments nobody needs; now and then

  static bool is_handle(std::int64_t handle) { return handle < 0; }
  static bool is_segment(std::string_view file_name);

 private:
  struct Segment {
    std::set<std::uint64_t> bodies;       // where those stand that are still needed
    std::uint64_t bytes = 0;
    bool removed_some = false;            // since the last give_back()
    bool whole = true;                    // no holes, and all of it was written
  };
  struct Place {
    std::uint64_t segment = 0, offset = 0;
  };
  static Place place_of(std::int64_t handle);
  static std::int64_t handle_of(const Place& place);

  Result<void> open_next();
  Result<std::unique_ptr<DiskFile>> next_file();
  void emptied(std::uint64_t number, const Segment& segment);
  void drop_spares(std::size_t keep);
  void abandon();
  Result<std::uint64_t> length_at(const Place& place);
  void make_holes(std::uint64_t number, Segment& segment);
  std::string path(std::uint64_t number) const;

  Disk& disk_;
  const std::string directory_;
  std::map<std::uint64_t, Segment> segments_;
  std::uint64_t number_ = 0;              // of the one that is appended to
  std::unique_ptr<DiskFile> file_;        // null: the next add() opens one
  std::vector<std::unique_ptr<DiskFile>> full_;   // left behind since the last sync()
  std::vector<std::uint64_t> spares_;     // empty ones, to be written over
  bool unsynced_ = false, unnamed_ = false, spare_used_ = false;   // the last: since give_back()
};

}  // namespace hanse::store
