// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "federation/queue_admin.h"

namespace hanse::console {

// A queue that holds what the test puts into it and remembers what it was asked to change.
class FakeQueue final : public QueueAdmin {
 public:
  Result<QueuePage> list(const Selector& selector, std::string_view cursor,
                         std::size_t most) override {
    asked = selector;
    QueuePage page;
    std::size_t at = cursor.empty() ? 0 : std::stoul(std::string(cursor));
    for (; at < rows.size() && page.rows.size() < most; ++at) page.rows.push_back(rows[at]);
    if (at < rows.size()) page.next_cursor = std::to_string(at);
    page.matching = rows.size();
    return page;
  }
  Result<QueueStory> why(std::string_view id) override {
    if (id != story.envelope.id) return Error{Fault::never, "no message " + std::string(id)};
    return story;
  }
  Result<std::vector<ShapeRow>> shape(std::size_t) override {
    return std::vector<ShapeRow>{{"TOTAL", {3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2}},
                                 {"c.example", {2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}}};
  }
  Result<QueueTotals> totals() override {
    QueueTotals totals;
    totals.messages = 1204;
    totals.bytes = 40'000'000;
    totals.oldest = from_unix_ms(1'767'697'330'000 - 11'520'000);
    totals.oldest_lane = "c.example";
    totals.oldest_of_lanes.emplace("c.example", *totals.oldest);
    totals.retry_due = 12;
    return totals;
  }
  Result<QueueChanged> change(const QueueChange& wanted) override {
    changes.push_back(wanted);
    return answer;
  }

  std::vector<QueueRow> rows;
  QueueStory story;
  QueueChanged answer;
  Selector asked;
  std::vector<QueueChange> changes;
};

}  // namespace hanse::console
