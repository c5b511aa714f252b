#pragma once

#include <cstdint>
#include <string_view>

namespace sallyport {

/// Why a request is refused or an answer not understood; docs/protocol.md section 3.2.
enum class UpgradeError : std::uint8_t {
  Malformed,
  HeadTooLarge,
  WrongVersion,
  WrongMethod,
  RepeatedField,
  BodyField,
  BadHost,
  UnknownPath,
  NoUpgrade,
  NotConnectionUpgrade,
  NotCapsuleProtocol,
  EarlyData,
  TooManyInterim,
  CutShort,
};

[[nodiscard]] constexpr std::string_view describe(UpgradeError error) noexcept {
  switch (error) {
    case UpgradeError::Malformed:
      return "the HTTP head is malformed";
    case UpgradeError::HeadTooLarge:
      return "the HTTP head is over 4,096 octets or 32 fields";
    case UpgradeError::WrongVersion:
      return "the HTTP version is not 1.1";
    case UpgradeError::WrongMethod:
      return "the method is not GET";
    case UpgradeError::RepeatedField:
      return "a header field appears twice";
    case UpgradeError::BodyField:
      return "Content-Length, Content-Type or Transfer-Encoding is present";
    case UpgradeError::BadHost:
      return "Host is missing, or is not the authority of the request target";
    case UpgradeError::UnknownPath:
      return "the only path is /.well-known/masque/ip/*/*/";
    case UpgradeError::NoUpgrade:
      return "Upgrade is not connect-ip";
    case UpgradeError::NotConnectionUpgrade:
      return "Connection does not name upgrade";
    case UpgradeError::NotCapsuleProtocol:
      return "Capsule-Protocol is not ?1";
    case UpgradeError::EarlyData:
      return "octets follow the head before the answer";
    case UpgradeError::TooManyInterim:
      return "more than four interim answers came";
    case UpgradeError::CutShort:
      return "the connection closed before the answer was whole";
  }
  return "unknown upgrade error";
}

}  // namespace sallyport
