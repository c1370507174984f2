// SPDX-License-Identifier: Apache-2.0
#include "reports/evidence/stored_zip_scan.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "reports/evidence/package_meter.h"

namespace percuss::reports {
namespace {

namespace stdfs = std::filesystem;
using common::Result;
using common::Status;

class Scanner {
 public:
  Scanner(stdfs::path zip, const PackageLimits& limits, const PackageVisitor& visitor)
      : zip_(std::move(zip)),
        visitor_(visitor),
        meter_(limits, limits.total_bytes),
        fd_(open(zip_.c_str(), O_RDONLY | O_CLOEXEC)),
        block_(kPackageBlockBytes, '\0') {}
  Scanner(const Scanner&) = delete;
  Scanner& operator=(const Scanner&) = delete;
  ~Scanner() {
    if (fd_ >= 0) close(fd_);
  }

  Result<StoredZipScan> Scan() {
    if (fd_ < 0) return common::FailErrno(errno, "cannot open", zip_);
    posix_fadvise(fd_, 0, 0, POSIX_FADV_SEQUENTIAL);
    bool in_files = true;
    while (in_files && !differs_at_) {
      auto more = NextFile();
      if (!more) return tl::make_unexpected(more.error());
      in_files = *more;
    }
    if (!differs_at_) {
      auto tail = PutStoredDirectory(layout_.Entries(), [this](auto bytes) { return Same(bytes); });
      if (!tail && failed_) return tl::make_unexpected(tail.error());
      if (!tail && !differs_at_) differs_at_ = at_;
    }
    if (!differs_at_ && FillTo(1)) differs_at_ = at_;
    if (failed_) return tl::make_unexpected(*failed_);
    return StoredZipScan{std::move(layout_.Entries()), differs_at_};
  }

 private:
  // Reads on until `bytes` of them lie at Ahead(), if there are as many.
  bool FillTo(size_t bytes) {
    if (held_ - begin_ >= bytes) return true;
    std::copy(block_.begin() + static_cast<std::ptrdiff_t>(begin_),
              block_.begin() + static_cast<std::ptrdiff_t>(held_), block_.begin());
    held_ -= begin_;
    begin_ = 0;
    while (held_ < bytes) {
      const ssize_t got = read(fd_, block_.data() + held_, block_.size() - held_);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) failed_ = common::FailErrno(errno, "cannot read", zip_).value();
      if (got <= 0) return false;
      held_ += static_cast<size_t>(got);
    }
    return true;
  }
  [[nodiscard]] std::string_view Ahead() const {
    return std::string_view(block_).substr(begin_, held_ - begin_);
  }
  void Take(size_t bytes) {
    begin_ += bytes;
    at_ += bytes;
  }

  // A difference ends the walk; the error only says so.
  Status Same(std::string_view expected) {
    const bool whole = FillTo(expected.size());
    const std::string_view actual = Ahead().substr(0, expected.size());
    const auto different =
        std::mismatch(expected.begin(), expected.end(), actual.begin(), actual.end()).first;
    if (whole && different == expected.end()) {
      Take(expected.size());
      return {};
    }
    differs_at_ = at_ + static_cast<uint64_t>(different - expected.begin());
    return common::Fail(common::ErrorCode::kCorrupt, "differs");
  }

  // Whether there was one.
  Result<bool> NextFile() {
    if (!FillTo(kStoredHeaderBytes)) return failed_ ? Failure() : Result<bool>(false);
    const StoredHeaderFields fields = ReadStoredHeader(Ahead().substr(0, kStoredHeaderBytes));
    if (!fields.is_header) return false;
    const uint64_t start = at_;
    if (!FillTo(kStoredHeaderBytes + fields.path_bytes)) return failed_ ? Failure() : Differs();
    const std::string path(Ahead().substr(kStoredHeaderBytes, fields.path_bytes));
    const bool allowed = guard_.AddFile(path) && meter_.AddEntry() == nullptr;
    const auto entry = layout_.Add(path, fields.bytes);
    if (!allowed || !entry) return Differs();
    (*entry)->crc = fields.crc;
    if (!Same(StoredHeader(**entry))) return failed_ ? Failure() : Result<bool>(false);
    uint32_t crc = 0;
    if (auto read = ReadContent(**entry, crc); !read) return tl::make_unexpected(read.error());
    if (crc != fields.crc && !differs_at_) differs_at_ = start;
    if (differs_at_ || !visitor_.wants(path)) return !differs_at_;
    if (auto ended = visitor_.end(path, fields.bytes, ""); !ended) {
      return tl::make_unexpected(ended.error());
    }
    return true;
  }

  Status ReadContent(const StoredEntry& entry, uint32_t& crc) {
    const bool wanted = visitor_.wants(entry.path);
    for (uint64_t left = entry.bytes; left > 0;) {
      if (Ahead().empty() && !FillTo(1)) {
        if (failed_) return tl::make_unexpected(*failed_);
        differs_at_ = at_;
        return {};
      }
      const std::string_view piece = Ahead().substr(0, std::min<uint64_t>(left, Ahead().size()));
      if (meter_.AddBytes(piece.size()) != nullptr) {
        differs_at_ = entry.offset;
        return {};
      }
      crc = AddToCrc32(crc, piece);
      if (wanted) {
        if (auto seen = visitor_.piece(piece); !seen) return seen;
      }
      left -= piece.size();
      Take(piece.size());
    }
    return {};
  }

  Result<bool> Differs() {
    differs_at_ = at_;
    return false;
  }
  [[nodiscard]] Result<bool> Failure() const { return tl::make_unexpected(*failed_); }

  stdfs::path zip_;
  const PackageVisitor& visitor_;
  PackageMeter meter_;
  PathGuard guard_;
  StoredZipLayout layout_;
  int fd_;
  std::string block_;
  size_t begin_ = 0;  // of what was read and not yet taken
  size_t held_ = 0;   // end of it
  uint64_t at_ = 0;   // where begin_ is in the file
  std::optional<uint64_t> differs_at_;
  std::optional<common::Error> failed_;
};

static_assert(kPackageBlockBytes > kStoredHeaderBytes + std::numeric_limits<uint16_t>::max());

}  // namespace

Result<StoredZipScan> ScanStoredZip(const stdfs::path& zip, const PackageLimits& limits,
                                    const PackageVisitor& visitor) {
  return Scanner(zip, limits, visitor).Scan();
}

}  // namespace percuss::reports
