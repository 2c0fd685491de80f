// SPDX-License-Identifier: Apache-2.0
#include "store/segments.h"

#include "server/base/limits.h"
#include "tests/catch.h"
#include "tests/sim/sim_disk.h"

namespace hanse::store {
namespace {

const UtcTime later = from_unix_ms(1'000'000);

std::string body(char fill) { return std::string(100'000, fill); }

struct Folder {
  Folder() { REQUIRE(disk.make_directory("/bodies")); }
  std::size_t files() { return disk.list("/bodies")->size(); }
  sim::SimDisk disk{7};
  Segments segments{disk, "/bodies"};
};

TEST_CASE("D4 bodies that come together share one sync, and each is read alone") {
  Folder folder;
  std::vector<std::int64_t> handles;
  for (char fill = 'a'; fill < 'k'; ++fill) handles.push_back(*folder.segments.add(body(fill)));
  const std::uint64_t before = folder.disk.syncs();
  REQUIRE(folder.segments.sync());
  CHECK(folder.disk.syncs() - before == 2);   // the file and its name
  CHECK(*folder.segments.fetch(handles[3], 0, 1'000'000) == body('d'));
  CHECK(*folder.segments.fetch(handles[3], 99'990, 1'000'000) == std::string(10, 'd'));
  CHECK(folder.segments.fetch(handles[9], 100'000, 10)->empty());
  CHECK(folder.files() == 1);
}

TEST_CASE("D4 what was synced is there after a power loss; what nobody names is not") {
  Folder folder;
  const std::int64_t kept = *folder.segments.add(body('k'));
  REQUIRE(folder.segments.sync());
  CHECK(folder.segments.add(body('l')));
  folder.disk.crash();
  Segments again(folder.disk, "/bodies");
  CHECK(*again.recover({kept}, later) == 0);
  CHECK(*again.fetch(kept, 0, 1'000'000) == body('k'));
  const std::int64_t next = *again.add(body('n'));
  REQUIRE(again.sync());
  CHECK(*again.fetch(kept, 0, 1'000'000) == body('k'));
  again.remove(kept);
  CHECK(*again.fetch(next, 0, 1'000'000) == body('n'));
  CHECK(folder.files() == 1);
}

TEST_CASE("D4 a segment without a named body is an orphan of the next start") {
  Folder folder;
  CHECK(folder.segments.add(body('o')));
  REQUIRE(folder.segments.sync());
  Segments again(folder.disk, "/bodies");
  CHECK(*again.recover({}, later) == 1);
  CHECK(folder.files() == 0);
}

TEST_CASE("a full segment is followed by the next and goes after its last body") {
  Folder folder;
  std::vector<std::int64_t> handles;
  const std::size_t enough = limits::segment_bytes_max / 100'000 + 10;
  for (std::size_t number = 0; number < enough; ++number)
    handles.push_back(*folder.segments.add(body('f')));
  REQUIRE(folder.segments.sync());
  CHECK(folder.files() == 2);
  for (std::size_t number = 0; number + 5 < enough; ++number)
    folder.segments.remove(handles[number]);
  CHECK(folder.files() == 2);   // a spare, for a while
  folder.segments.give_back();
  CHECK(folder.files() == 1);
  CHECK(*folder.segments.fetch(handles.back(), 0, 1'000'000) == body('f'));
}

TEST_CASE("D4 an emptied segment is written over; old handles read nothing of it") {
  Folder folder;
  const std::size_t enough = limits::segment_bytes_max / 100'000 + 1;
  std::vector<std::int64_t> handles;
  const auto fill = [&](char with) {
    handles.clear();
    for (std::size_t number = 0; number < enough; ++number)
      handles.push_back(*folder.segments.add(body(with)));
    REQUIRE(folder.segments.sync());
  };
  fill('a');
  const std::vector<std::int64_t> old = handles;
  const std::int64_t next = *folder.segments.add(body('b'));
  REQUIRE(folder.segments.sync());
  for (const std::int64_t handle : old) folder.segments.remove(handle);
  fill('c');                    // the second is full, the third was the first
  REQUIRE(folder.segments.sync());
  CHECK(folder.files() == 2);
  CHECK_FALSE(folder.segments.fetch(old.front(), 0, 10));
  CHECK(*folder.segments.fetch(next, 0, 1'000'000) == body('b'));
  CHECK(*folder.segments.fetch(handles.back(), 0, 1'000'000) == body('c'));
  // Synced under its new name, it is there after a power loss.
  folder.disk.crash();
  Segments again(folder.disk, "/bodies");
  CHECK(*again.recover({next, handles.back()}, later) == 0);
  CHECK(*again.fetch(handles.back(), 0, 1'000'000) == body('c'));
}

TEST_CASE("a full disk gets the spare segments back") {
  Folder folder;
  std::vector<std::int64_t> handles;
  const std::size_t enough = limits::segment_bytes_max / 100'000 + 2;
  for (std::size_t number = 0; number < enough; ++number)
    handles.push_back(*folder.segments.add(body('f')));
  REQUIRE(folder.segments.sync());
  handles.pop_back();
  for (const std::int64_t handle : handles) folder.segments.remove(handle);
  CHECK(folder.files() == 2);
  folder.disk.set_full(true);
  CHECK_FALSE(folder.segments.add(body('x')));
  CHECK(folder.files() == 1);
}

TEST_CASE("the space of removed bodies is given back without touching the others") {
  Folder folder;
  std::vector<std::int64_t> handles;
  const std::size_t enough = limits::segment_bytes_max / 100'000 + 10;
  for (std::size_t number = 0; number < enough; ++number)
    handles.push_back(*folder.segments.add(body(static_cast<char>('a' + number % 26))));
  REQUIRE(folder.segments.sync());
  for (std::size_t number = 0; number < 100; ++number) {
    if (number != 50) folder.segments.remove(handles[number]);
  }
  folder.segments.give_back();
  CHECK(*folder.segments.fetch(handles[50], 0, 1'000'000) == body('a' + 50 % 26));
  CHECK(*folder.segments.fetch(handles[100], 0, 1'000'000) == body('a' + 100 % 26));
  const std::string gone = *folder.disk.read("/bodies/segment-1", 100'008, 100);
  CHECK(gone == std::string(100, '\0'));
}

TEST_CASE("a full disk leaves the bodies before it whole") {
  Folder folder;
  const std::int64_t kept = *folder.segments.add(body('k'));
  REQUIRE(folder.segments.sync());
  folder.disk.set_full(true);
  CHECK(folder.segments.add(body('x')).error().fault == Fault::overloaded);
  folder.disk.set_full(false);
  const std::int64_t next = *folder.segments.add(body('n'));
  REQUIRE(folder.segments.sync());
  CHECK(*folder.segments.fetch(kept, 0, 1'000'000) == body('k'));
  CHECK(*folder.segments.fetch(next, 0, 1'000'000) == body('n'));
}

}  // namespace
}  // namespace hanse::store
