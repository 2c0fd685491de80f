// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hanse::console {

struct Style {
  bool colour = false;   // the output is a terminal and nobody said --no-color
};

// Columns for people: as wide as their widest cell, numbers to the right.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> header) : header_(std::move(header)) {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  std::string text(const Style& style) const;

 private:
  std::string line(const std::vector<std::string>& row,
                   const std::vector<std::size_t>& widths) const;
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace hanse::console
