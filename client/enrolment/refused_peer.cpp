#include "client/enrolment/refused_peer.hpp"

namespace sallyport {
namespace {

/// RFC 9846 section 6.2.
constexpr std::uint8_t kUnknownCa = 48;

constexpr const char* kEnrolAnew =
    " If your office replaced its authority while this laptop was away, ask your administrator for a token and enrol "
    "it "
    "again: sallyport enroll --replace";

}  // namespace

std::string words_for_untrusted_gateway(const TlsError& error) {
  auto words = "the gateway's certificate was refused: " + error.words;
  if (error.refusal == CertificateRefusal::UnknownCa) words += std::string{"."} + kEnrolAnew;
  return words;
}

std::string words_for_refused_device(const TlsError& error) {
  auto words = "the gateway refused this device's certificate: " + error.words;
  if (error.alert == kUnknownCa) words += std::string{"."} + kEnrolAnew;
  return words;
}

}  // namespace sallyport
