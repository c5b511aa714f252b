#include "server/policy/zone_file.hpp"

#include <algorithm>

namespace sallyport {
namespace {

constexpr std::size_t kHeaderSize = 44;
constexpr std::size_t kTypeSize = 6;
// RFC 8536, section 3.2: offsets lie between -25 and +26 hours.
constexpr std::chrono::seconds kWestmost = -std::chrono::hours{25};
constexpr std::chrono::seconds kEastmost = std::chrono::hours{26};

/// RFC 8536, section 3.1.
struct Header {
  char version = 0;
  std::size_t utc_marks = 0;
  std::size_t standard_marks = 0;
  std::size_t leaps = 0;
  std::size_t times = 0;
  std::size_t types = 0;
  std::size_t letters = 0;

  /// Octets of the data that follow, where a time takes `width`.
  [[nodiscard]] std::size_t data_size(std::size_t width) const noexcept {
    return times * (width + 1) + types * kTypeSize + letters + leaps * (width + 4) + standard_marks + utc_marks;
  }
};

std::optional<Header> read_header(Bytes bytes) {
  if (bytes.size() < kHeaderSize || as_text(bytes.first(4)) != "TZif") return std::nullopt;
  const auto count = [&](std::size_t index) -> std::size_t { return load_be32(bytes.subspan(20 + 4 * index)); };
  return Header{std::to_integer<char>(bytes[4]), count(0), count(1), count(2), count(3), count(4), count(5)};
}

std::int64_t load_be64(Bytes bytes) {
  return static_cast<std::int64_t>((std::uint64_t{load_be32(bytes)} << 32U) | load_be32(bytes.subspan(4)));
}

/// The second block, whose times take eight octets. `bytes` holds at least data_size(8).
class DataBlock {
 public:
  DataBlock(const Header& header, Bytes bytes) noexcept
      : header_{header},
        times_{bytes.first(header.times * 8)},
        indices_{bytes.subspan(times_.size(), header.times)},
        types_{bytes.subspan(times_.size() + indices_.size(), header.types * kTypeSize)} {}

  [[nodiscard]] std::optional<std::chrono::seconds> offset_of(std::size_t type) const {
    if (type >= header_.types) return std::nullopt;
    const std::chrono::seconds utc{static_cast<std::int32_t>(load_be32(types_.subspan(type * kTypeSize)))};
    if (utc < kWestmost || utc > kEastmost) return std::nullopt;
    return utc;
  }

  [[nodiscard]] std::optional<ZoneChange> change(std::size_t index) const {
    const auto utc = offset_of(std::to_integer<std::size_t>(indices_[index]));
    if (!utc) return std::nullopt;
    return ZoneChange{WallTime{std::chrono::seconds{load_be64(times_.subspan(index * 8))}}, *utc};
  }

 private:
  const Header& header_;
  Bytes times_;
  Bytes indices_;
  Bytes types_;
};

/// "\nRULE\n"
std::optional<std::string> read_footer(Bytes bytes) {
  const auto text = as_text(bytes);
  const auto end = text.find('\n', 1);
  if (!text.starts_with('\n') || end == std::string_view::npos) return std::nullopt;
  return std::string{text.substr(1, end - 1)};
}

bool is_ascending(const std::vector<ZoneChange>& changes) {
  const auto not_later = [](const ZoneChange& a, const ZoneChange& b) { return a.at >= b.at; };
  return std::adjacent_find(changes.begin(), changes.end(), not_later) == changes.end();
}

}  // namespace

std::optional<ZoneFile> ZoneFile::parse(Bytes bytes) {
  const auto old = read_header(bytes);
  if (!old || old->version < '2' || bytes.size() - kHeaderSize < old->data_size(4)) return std::nullopt;
  bytes = bytes.subspan(kHeaderSize + old->data_size(4));
  const auto header = read_header(bytes);
  if (!header || header->leaps > 0 || bytes.size() - kHeaderSize < header->data_size(8)) return std::nullopt;
  const DataBlock data{*header, bytes.subspan(kHeaderSize)};
  const auto before = data.offset_of(0);
  auto footer = read_footer(bytes.subspan(kHeaderSize + header->data_size(8)));
  if (!before || !footer) return std::nullopt;
  ZoneFile file{*before, {}, std::move(*footer)};
  file.changes.reserve(header->times);
  for (std::size_t i = 0; i < header->times; ++i) {
    const auto change = data.change(i);
    if (!change) return std::nullopt;
    file.changes.push_back(*change);
  }
  if (!is_ascending(file.changes)) return std::nullopt;
  return file;
}

}  // namespace sallyport
