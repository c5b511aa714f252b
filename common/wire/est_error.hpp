#pragma once

#include <cstdint>
#include <string_view>

namespace sallyport {

/// Why an EST request is refused or an answer not understood; docs/protocol.md section 16.3.
enum class EstError : std::uint8_t {
  Malformed,
  HeadTooLarge,
  WrongVersion,
  UnknownPath,
  GetOnly,
  PostOnly,
  NoLength,
  BodyTooLarge,
  WrongType,
  NotBase64,
  TooManyInterim,
  CutShort,
};

[[nodiscard]] constexpr std::string_view describe(EstError error) noexcept {
  switch (error) {
    case EstError::Malformed:
      return "the HTTP message is malformed";
    case EstError::HeadTooLarge:
      return "the HTTP head is over 4,096 octets or 32 fields";
    case EstError::WrongVersion:
      return "the HTTP version is not 1.1";
    case EstError::UnknownPath:
      return "there is nothing here but /.well-known/est/ with cacerts and simpleenroll; simplereenroll is on the "
             "gateway's main port";
    case EstError::GetOnly:
      return "cacerts wants GET";
    case EstError::PostOnly:
      return "simpleenroll and simplereenroll want POST";
    case EstError::NoLength:
      return "the body needs a Content-Length, and no Transfer-Encoding";
    case EstError::BodyTooLarge:
      return "the body is over 16,384 octets";
    case EstError::WrongType:
      return "the body is not application/pkcs10";
    case EstError::NotBase64:
      return "the body is not base64";
    case EstError::TooManyInterim:
      return "more than four interim answers came";
    case EstError::CutShort:
      return "the connection closed before the answer was whole";
  }
  return "unknown EST error";
}

}  // namespace sallyport
