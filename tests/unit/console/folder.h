// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace hanse::console {

// A folder of its own that is gone afterwards.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "hanse-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string file(const std::string& name, const std::string& text) const {
    const std::filesystem::path where = std::filesystem::path(path) / name;
    std::filesystem::create_directories(where.parent_path());
    std::ofstream(where) << text;
    return where.string();
  }
  std::string path;
};

}  // namespace hanse::console
