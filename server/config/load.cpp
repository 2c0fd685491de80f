// SPDX-License-Identifier: Apache-2.0
#include "server/config/load.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "server/base/limits.h"
#include "server/base/text.h"
#include "server/config/checker.h"

namespace hanse::config {

namespace fs = std::filesystem;

Result<std::string> read_bounded(const std::string& path, std::size_t bytes_max) {
  std::error_code error;
  if (fs::is_directory(path, error)) return Error{Fault::never, "is a folder"};
  std::ifstream in(path, std::ios::binary);
  if (!in) return Error{Fault::never, "cannot be read"};
  std::string text(bytes_max + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > bytes_max) return Error{Fault::never, "is larger than " +
                                                              format_bytes(bytes_max)};
  return text;
}

std::vector<std::string> files_of(const std::string& file) {
  std::vector<std::string> files;
  std::error_code error;
  const fs::path folder = fs::path(file).parent_path() / "conf.d";
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() == ".toml") files.push_back(at->path().string());
  }
  std::sort(files.begin(), files.end());
  files.insert(files.begin(), file);
  return files;
}

namespace {

// operations section 3: a key that others can read is no secret any more.
Result<void> check_private(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};   // reading it says what is wrong
  if ((status.st_mode & (S_IROTH | S_IWOTH)) == 0) return {};
  return Error{Fault::refused, "others can read or change " + escape_text(path) +
                                   ": chmod o= it first"};
}

Result<std::string> read_secret_file(const std::string& path) {
  if (Result<void> checked = check_private(path); !checked) return checked.error();
  Result<std::string> text = read_bounded(path, limits::secret_bytes_max);
  if (!text) return Error{Fault::never, escape_text(path) + " " + text.error().what};
  while (text->ends_with('\n')) text->pop_back();
  return text;
}

Result<std::string> read_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return Error{Fault::never, "no environment variable " + escape_text(name)};
  return std::string(value);
}

// A systemd credential: a file of that name in the folder the service manager prepared.
Result<std::string> read_credential(const std::string& name) {
  const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
  if (folder == nullptr) return Error{Fault::never, "no credentials were passed to this process"};
  if (name.empty() || name.find('/') != std::string::npos) {
    return Error{Fault::never, "not the name of a credential: " + escape_text(name)};
  }
  return read_secret_file(std::string(folder) + "/" + name);
}

Tree refused(const std::string& file, std::string what) {
  Tree tree;
  tree.root.place.file = file;
  tree.problems.push_back({{file, 0, 0}, std::move(what)});
  return tree;
}

Tree read_file(const std::string& file) {
  const Result<std::string> text = read_bounded(file, limits::config_file_bytes_max);
  return text ? read_toml(*text, file) : refused(file, text.error().what);
}

}  // namespace

Loaded load(const std::string& file, const Schema& schema) {
  return load(file, schema, system_secrets(folder_of(file)));
}

Loaded load(const std::string& file, const Schema& schema, const SecretReader& secrets) {
  Checker checker(schema, secrets);
  const std::vector<std::string> files = files_of(file);
  if (files.size() > limits::config_files_max) {
    checker.take(refused(file, "conf.d has more than " +
                                   std::to_string(limits::config_files_max) + " files"));
    return checker.finish();
  }
  for (const std::string& path : files) checker.take(read_file(path));
  return checker.finish();
}

Loaded parse(std::string_view text, std::string_view file, const Schema& schema,
             const SecretReader& secrets) {
  Checker checker(schema, secrets);
  checker.take(read_toml(text, file));
  return checker.finish();
}

SecretReader hidden_secrets() {
  return [](std::string_view) { return Result<std::string>(std::string("***")); };
}

SecretReader system_secrets(std::string folder) {
  return [folder = std::move(folder)](std::string_view reference) -> Result<std::string> {
    const std::size_t colon = reference.find(':');
    const std::string_view kind = reference.substr(0, colon);
    const std::string name(colon == std::string_view::npos ? "" : reference.substr(colon + 1));
    if (kind == "file") return read_secret_file(in_folder(folder, name));
    if (kind == "env") return read_environment(name);
    if (kind == "cred") return read_credential(name);
    return Error{Fault::never, "a secret is \"file:PATH\", \"env:NAME\" or \"cred:NAME\""};
  };
}

std::string folder_of(const std::string& file) { return fs::path(file).parent_path().string(); }

std::string in_folder(const std::string& folder, const std::string& path) {
  return (fs::path(folder) / path).string();   // an absolute path stays as it is
}

Result<std::string> read_pem(const std::string& folder, std::string_view reference) {
  const std::string_view path =
      reference.starts_with("file:") ? reference.substr(5) : reference;
  const std::string whole = in_folder(folder, std::string(path));
  Result<std::string> text = read_bounded(whole, limits::secret_bytes_max);
  if (!text) return Error{Fault::never, escape_text(whole) + " " + text.error().what};
  return text;
}

}  // namespace hanse::config
