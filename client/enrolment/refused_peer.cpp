#include "client/enrolment/refused_peer.hpp"

#include <algorithm>
#include <array>

namespace sallyport {
namespace {

/// RFC 9846 section 6.2.
constexpr std::uint8_t kUnknownCa = 48;
/// What a gateway says of a certificate that was revoked or replaced: bad_certificate, certificate_revoked,
/// certificate_unknown.
constexpr std::array<std::uint8_t, 3> kTakenBack{42, 44, 46};

constexpr const char* kStranger =
    " Perhaps this network wants you to sign in first (a hotel, a train): open any web page in a browser.";
constexpr const char* kRolledOver =
    " If your office replaced its authority while this laptop was away, ask your administrator for a token and enrol "
    "it again: sallyport enroll --replace";
constexpr const char* kRevoked =
    ". It was revoked or replaced, most likely; ask your administrator for a token and enrol it again: sallyport "
    "enroll --replace";

bool is_of_time(CertificateRefusal refusal) noexcept {
  return refusal == CertificateRefusal::Expired || refusal == CertificateRefusal::NotYetValid ||
         refusal == CertificateRefusal::CaExpired || refusal == CertificateRefusal::CaNotYetValid;
}

}  // namespace

std::string words_for_untrusted_gateway(const TlsError& error) {
  // What the library's words tell to do about it is for whoever holds the certificate.
  if (error.refusal && is_of_time(*error.refusal)) {
    return "by this laptop's clock the gateway's certificate is " +
           std::string{error.refusal == CertificateRefusal::NotYetValid ||
                               error.refusal == CertificateRefusal::CaNotYetValid
                           ? "not valid yet"
                           : "over"} +
           ": look at the laptop's date and time; if they are right, tell your administrator";
  }
  auto words = "the gateway's certificate was refused: " + error.words;
  if (error.refusal == CertificateRefusal::UnknownCa) words += std::string{"."} + kStranger + kRolledOver;
  return words;
}

std::string words_for_refused_device(const TlsError& error) {
  auto words = "the gateway refused this device's certificate: " + error.words;
  if (error.alert == kUnknownCa) words += std::string{"."} + kRolledOver;
  const bool is_taken_back =
      error.alert && std::find(kTakenBack.begin(), kTakenBack.end(), *error.alert) != kTakenBack.end();
  return is_taken_back ? words + kRevoked : words;
}

std::string words_for_strange_answer(const TlsError& error) {
  return "what answered is no gateway: " + error.words + '.' + kStranger;
}

}  // namespace sallyport
