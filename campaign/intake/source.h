// SPDX-License-Identifier: Apache-2.0
//
// One source of crashes: how its folders and files are told, and how they are read. A new source is
// a file of its own beside this one and a line in the table of source.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "campaign/intake/intake.h"
#include "common/result.h"

namespace percuss::campaign {

struct SeenFile {
  std::filesystem::path path;
  std::string shown;  // for a person
  std::string name;
  uint64_t bytes = 0;
};

struct SeenFolder {
  std::filesystem::path path;
  std::string shown;
  std::string name;
  int depth = 0;
  std::vector<SeenFile> files;       // regular ones, by name
  std::vector<std::string> folders;  // by name

  [[nodiscard]] const SeenFile* File(std::string_view name_of_file) const;
  [[nodiscard]] bool HasFolder(std::string_view name_of_folder) const;
};

// What is gathered, and the limits that it keeps to. Not thread-safe.
class Gathering {
 public:
  explicit Gathering(const IntakeLimits& limits) : limits_(limits) {}

  // Lists a folder. What is neither file nor folder is passed over.
  [[nodiscard]] common::Result<SeenFolder> Open(const std::filesystem::path& path,
                                                const std::string& shown, int depth);
  [[nodiscard]] common::Result<SeenFolder> OpenBelow(const SeenFolder& folder,
                                                     const std::string& name);
  // Lets the first source that knows it take it.
  [[nodiscard]] common::Status TakeFolder(const SeenFolder& folder);
  void TakeFile(const SeenFile& file);

  // An input; passed over when it is larger than the limit.
  void AddInput(const SeenFile& file, HandedIn item);
  void AddLog(HandedIn item);  // no input
  void AddCore(const SeenFile& file);
  void PassOver(const std::string& shown, const std::string& why);
  // nullopt when it is no text, or too large to be read.
  [[nodiscard]] std::optional<std::string> ReadText(const SeenFile& file) const;
  // Its first bytes, as many as there are; none where it cannot be read.
  [[nodiscard]] static std::string HeadOf(const SeenFile& file, size_t bytes);

  [[nodiscard]] Intake Take() { return std::move(intake_); }

 private:
  IntakeLimits limits_;
  size_t entries_ = 0;
  Intake intake_;
};

struct Source {
  const char* name;
  bool (*knows_folder)(const SeenFolder& folder);
  common::Status (*take_folder)(const SeenFolder& folder, Gathering& gathering);
  bool (*take_file)(const SeenFile& file, Gathering& gathering);  // false: not one of its own
};

// One line each in the table.
extern const Source kJournalSource;    // what a campaign of ours wrote down
extern const Source kPackageSource;    // an evidence package's folder
extern const Source kAflppSource;      // an AFL++ instance, its sync folder, or its crashes
extern const Source kHonggfuzzSource;  // SIG*.fuzz and HONGGFUZZ.REPORT.TXT
extern const Source kLibfuzzerSource;  // crash-*, timeout-*, oom-*, leak-*, slow-unit-*
extern const Source kCoreSource;       // a core file, which is no input but has a backtrace
extern const Source kLogSource;        // a crash report without its input
extern const Source kInputsSource;     // anything else: files that are inputs

// Whether triage's parsers find a fault in the text.
[[nodiscard]] bool TellsOfAFault(std::string_view text);

}  // namespace percuss::campaign
