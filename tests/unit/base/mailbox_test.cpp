// SPDX-License-Identifier: Apache-2.0
#include "server/base/mailbox.h"

#include <atomic>
#include <memory>
#include <thread>

#include "tests/catch.h"

namespace hanse {
namespace {

using namespace std::chrono_literals;

TEST_CASE("mailbox: takes in order, at most what was asked for") {
  Mailbox<int> box(10);
  for (int item = 0; item < 5; ++item) CHECK(box.put(item));
  CHECK(box.size() == 5);
  CHECK(box.take(2) == std::vector<int>{0, 1});
  CHECK(box.take(10) == std::vector<int>{2, 3, 4});
  CHECK(box.take(10).empty());
}

TEST_CASE("mailbox: a full box says no and keeps what it has") {
  Mailbox<int> box(2);
  CHECK(box.put(1));
  CHECK(box.put(2));
  CHECK_FALSE(box.put(3));
  CHECK(box.take(10) == std::vector<int>{1, 2});
  CHECK(box.put(4));
}

TEST_CASE("mailbox: only the first item into an empty box asks for a wake-up") {
  Mailbox<int> box(2);
  bool was_empty = false;
  box.put(1, &was_empty);
  CHECK(was_empty);
  box.put(2, &was_empty);
  CHECK_FALSE(was_empty);
  box.put(3, &was_empty);  // refused, and the owner has been woken already
  CHECK_FALSE(was_empty);
  box.take(10);
  box.put(4, &was_empty);
  CHECK(was_empty);
}

TEST_CASE("mailbox: waiting ends with the time when nothing comes") {
  Mailbox<int> box(1);
  CHECK(box.wait_and_take(1, 1ms).empty());
}

// One value of a producer: on the heap, so that a torn hand-over shows under the sanitizers.
struct Parcel {
  std::size_t producer = 0, number = 0;
};
using ParcelBox = Mailbox<std::unique_ptr<Parcel>>;

constexpr std::size_t producers = 4, parcels_each = 5000;

void send_parcels(ParcelBox& box, std::size_t producer, std::atomic<std::size_t>& refusals) {
  for (std::size_t number = 0; number < parcels_each; ++number) {
    while (!box.put(std::make_unique<Parcel>(Parcel{producer, number}))) {
      ++refusals;
      std::this_thread::yield();
    }
  }
}

TEST_CASE("mailbox: many producers, one owner: nothing is lost, doubled or out of order") {
  ParcelBox box(16);  // small, so that refusals happen too
  std::atomic<std::size_t> refusals{0};
  std::vector<std::thread> threads;
  for (std::size_t producer = 0; producer < producers; ++producer) {
    threads.emplace_back(send_parcels, std::ref(box), producer, std::ref(refusals));
  }
  std::size_t next[producers] = {}, taken = 0, in_order = 0, oversized = 0;
  while (taken < producers * parcels_each) {
    const auto parcels = box.wait_and_take(8, 10s);
    if (parcels.empty()) break;  // ten seconds of nothing: something was lost
    oversized += parcels.size() > 8;
    taken += parcels.size();
    for (const auto& parcel : parcels) in_order += parcel->number == next[parcel->producer]++;
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(taken == producers * parcels_each);
  CHECK(in_order == taken);
  CHECK(oversized == 0);
  CHECK(box.size() == 0);
}

}  // namespace
}  // namespace hanse
