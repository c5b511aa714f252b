#pragma once

#include "common/base/ids.hpp"
#include "common/base/result.hpp"
#include "common/pki/certificate_info.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

/// A URI with {user} and {device} in it, each at most once: "https://id.example.com/{user}/{device}". A placeholder
/// stands for one or more characters up to the next '/', ':', '?' or '#', so that it can be read in one way only.
class UriPattern {
 public:
  /// The error is words for a person.
  [[nodiscard]] static Result<UriPattern, std::string> parse(std::string_view text);

  /// What stands for the placeholders, borrowed from the URI; empty for one that the pattern does not have.
  struct Match {
    std::string_view user;
    std::string_view device;
  };
  /// Nullopt when the URI is another one. The whole of it must fit.
  [[nodiscard]] std::optional<Match> match(std::string_view uri) const;

  [[nodiscard]] bool names_user() const noexcept { return text_.find("{user}") != std::string::npos; }
  [[nodiscard]] bool names_device() const noexcept { return text_.find("{device}") != std::string::npos; }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

  friend bool operator==(const UriPattern&, const UriPattern&) = default;

 private:
  explicit UriPattern(std::string text) : text_{std::move(text)} {}
  std::string text_;
};

/// Whom an authority may name: an e-mail address, or "*@" and a domain for everybody in it (and not below it).
class UserPattern {
 public:
  /// The error is words for a person.
  [[nodiscard]] static Result<UserPattern, std::string> parse(std::string_view text);

  [[nodiscard]] bool matches(const UserId& user) const noexcept;
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

  friend bool operator==(const UserPattern&, const UserPattern&) = default;

 private:
  explicit UserPattern(std::string text) : text_{std::move(text)} {}
  std::string text_;
};

enum class UserSource : std::uint8_t { Uri, Email };
/// SubjectSerial is the attribute serialNumber of the subject, CertificateSerial the number of the certificate itself.
enum class DeviceSource : std::uint8_t { Uri, CommonName, SubjectSerial, CertificateSerial };

/// Where a foreign authority's certificates say who holds them.
struct IdentityMapping {
  std::optional<UriPattern> uri{};  ///< set when one of the two below is Uri; has the placeholders that they need
  UserSource user = UserSource::Email;
  DeviceSource device = DeviceSource::CommonName;

  friend bool operator==(const IdentityMapping&, const IdentityMapping&) = default;
};

/// What is wrong with a certificate's names. Nothing is guessed: what is not there exactly once names nobody.
enum class IdentityFault : std::uint8_t {
  NoMatchingUri,
  SeveralMatchingUris,
  NoUser,
  SeveralUsers,
  MalformedUser,
  NoDevice,
  SeveralDevices,
  MalformedDevice,
};

struct MappedIdentity {
  DeviceId device;
  UserId user;
};

/// Both in lower case.
[[nodiscard]] Result<MappedIdentity, IdentityFault> map_identity(const CertificateInfo& leaf,
                                                                 const IdentityMapping& mapping);

}  // namespace sallyport
