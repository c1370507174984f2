// SPDX-License-Identifier: Apache-2.0
#include "harnesses/own/input_files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace percuss::own {
namespace {

namespace stdfs = std::filesystem;

[[noreturn]] void Give(const char* what) {
  perror(what);
  _exit(1);
}

constexpr std::string_view kStem = "percuss-own-";

// Engines end without a word to anybody, so each process removes what those before it left.
void RemoveLeft(const stdfs::path& above) {
  std::error_code ignored;
  for (const auto& entry : stdfs::directory_iterator(above, ignored)) {
    if (!entry.path().filename().string().starts_with(kStem)) continue;
    const int folder = open(entry.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) continue;
    if (flock(folder, LOCK_EX | LOCK_NB) == 0) stdfs::remove_all(entry.path(), ignored);
    close(folder);
  }
}

class Folder {
 public:
  Folder() {
    const stdfs::path above =
        access("/dev/shm", W_OK) == 0 ? "/dev/shm" : stdfs::temp_directory_path();
    RemoveLeft(above);
    std::error_code ignored;
    do {
      std::string name = above / (std::string(kStem) + "XXXXXX");
      if (mkdtemp(name.data()) == nullptr) Give(name.c_str());
      path_ = name;
      // Held until the last process that has it ends.
      const int held = open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      if (held >= 0) flock(held, LOCK_EX);
    } while (!stdfs::exists(path_, ignored));  // somebody took it for left
  }
  ~Folder() {
    std::error_code ignored;
    stdfs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const stdfs::path& Path() const { return path_; }

 private:
  stdfs::path path_;
};

}  // namespace

const stdfs::path& InputFolder() {
  static const Folder folder;
  return folder.Path();
}

stdfs::path PutFile(const std::string& name, std::string_view bytes) {
  stdfs::path path = InputFolder() / name;
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) Give(path.c_str());
  while (!bytes.empty()) {
    const ssize_t wrote = write(file, bytes.data(), bytes.size());
    if (wrote <= 0) Give(path.c_str());
    bytes.remove_prefix(static_cast<size_t>(wrote));
  }
  close(file);
  return path;
}

void RemoveFile(const std::string& name) {
  std::error_code ignored;
  stdfs::remove(InputFolder() / name, ignored);
}

std::vector<std::string_view> Parts(std::string_view bytes) {
  std::vector<std::string_view> parts;
  size_t end = 0;
  while ((end = bytes.find('\0')) != std::string_view::npos) {
    parts.push_back(bytes.substr(0, end));
    bytes.remove_prefix(end + 1);
  }
  parts.push_back(bytes);
  return parts;
}

}  // namespace percuss::own
