#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/wire/upgrade_error.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

inline constexpr std::size_t kMaxHeadSize = 4096;
inline constexpr std::size_t kMaxHeadFields = 32;

/// Collects one HTTP/1.1 head, octet by octet, refusing at once what no head of ours may hold: bare CR or LF, folded
/// lines, control octets, non-ASCII, leading empty lines, too many octets.
class HeadCollector {
 public:
  /// Takes from the front of `input` up to the end of the head. True once the head is whole; call clear() before the
  /// next.
  [[nodiscard]] Result<bool, UpgradeError> take(Bytes& input);
  [[nodiscard]] std::string_view text() const noexcept { return text_; }
  /// Keeps no memory: most sessions see one head.
  void clear() noexcept { std::string{}.swap(text_); }

 private:
  [[nodiscard]] bool may_follow(char octet) const noexcept;
  [[nodiscard]] bool is_whole() const noexcept { return text_.ends_with("\r\n\r\n"); }

  std::string text_;
};

struct HeadField {
  std::string name;  ///< lower case
  std::string value;
};

/// A parsed head. `method` and `target` are of a request, `status` is of a response.
struct HttpHead {
  enum class Kind { Request, Response };

  /// `text` is what a HeadCollector collected. Refuses any version but 1.1, too many fields and repeated ones.
  [[nodiscard]] static Result<HttpHead, UpgradeError> parse(Kind kind, std::string_view text);

  [[nodiscard]] const std::string* find(std::string_view name) const noexcept;
  /// The field is a comma-separated list that names `token`; both without regard to case.
  [[nodiscard]] bool lists(std::string_view name, std::string_view token) const;
  /// A field that a message which starts the capsule protocol must not have (RFC 9297 section 3.2).
  [[nodiscard]] bool has_body_field() const noexcept;
  /// What Upgrade, Connection and Capsule-Protocol lack for CONNECT-IP (RFC 9484 sections 4.2 and 4.3).
  [[nodiscard]] std::optional<UpgradeError> fault_in_upgrade() const;

  std::string method;
  std::string target;
  unsigned status = 0;
  std::vector<HeadField> fields;
};

}  // namespace sallyport
