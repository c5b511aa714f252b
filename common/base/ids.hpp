#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace sallyport {

/// A name that does not convert to another kind of name.
template <class Tag>
class Name {
 public:
  Name() = default;
  explicit Name(std::string text) : text_{std::move(text)} {}

  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
  friend auto operator<=>(const Name&, const Name&) = default;

 private:
  std::string text_;
};

/// The <id> of spiffe://<trust-domain>/device/<id>.
using DeviceId = Name<struct DeviceTag>;
/// An e-mail address in lower case: the rfc822Name of the device certificate.
using UserId = Name<struct UserTag>;

/// Unique for the life of one gateway process; 0 is never used.
enum class SessionId : std::uint64_t {};

}  // namespace sallyport

template <class Tag>
struct std::hash<sallyport::Name<Tag>> {
  std::size_t operator()(const sallyport::Name<Tag>& name) const noexcept {
    return std::hash<std::string>{}(name.text());
  }
};
