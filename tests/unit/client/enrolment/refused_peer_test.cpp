#include "client/enrolment/refused_peer.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

constexpr const char* kAnew = "sallyport enroll --replace";

TEST(RefusedPeer, TellsALaptopThatWasAwayTooLongWhatToDo) {
  const TlsError unknown{TlsFault::PeerCertificate, CertificateRefusal::UnknownCa, {}, "nobody knows it"};
  EXPECT_NE(words_for_untrusted_gateway(unknown).find(kAnew), std::string::npos);
  const TlsError alert{TlsFault::PeerAlert, {}, 48, "unknown_ca"};
  EXPECT_NE(words_for_refused_device(alert).find(kAnew), std::string::npos);
}

TEST(RefusedPeer, SendsNobodyToEnrolForAnotherReason) {
  const TlsError name{TlsFault::PeerCertificate, CertificateRefusal::WrongName, {}, "another name"};
  EXPECT_EQ(words_for_untrusted_gateway(name), "the gateway's certificate was refused: another name");
  const TlsError expired{TlsFault::PeerAlert, {}, 45, "certificate_expired"};
  EXPECT_EQ(words_for_refused_device(expired), "the gateway refused this device's certificate: certificate_expired");
}

TEST(RefusedPeer, ThinksOfANetworkThatWantsASignInFirst) {
  const TlsError unknown{TlsFault::PeerCertificate, CertificateRefusal::UnknownCa, {}, "nobody knows it"};
  EXPECT_NE(words_for_untrusted_gateway(unknown).find("open any web page"), std::string::npos);
  const TlsError strange{TlsFault::Protocol, {}, {}, "TLS failed: record layer version error"};
  EXPECT_NE(words_for_strange_answer(strange).find("open any web page"), std::string::npos);
}

TEST(RefusedPeer, SendsAPersonToTheClockBeforeTheAdministrator) {
  for (const auto refusal : {CertificateRefusal::Expired, CertificateRefusal::CaExpired,
                             CertificateRefusal::NotYetValid, CertificateRefusal::CaNotYetValid}) {
    const TlsError error{TlsFault::PeerCertificate, refusal, {}, "renew it"};
    const auto words = words_for_untrusted_gateway(error);
    EXPECT_NE(words.find("date and time"), std::string::npos) << words;
    EXPECT_EQ(words.find("renew it"), std::string::npos) << words;
  }
}

TEST(RefusedPeer, TellsWhoseCertificateWasTakenBackToEnrolAgain) {
  for (const std::uint8_t alert : {std::uint8_t{42}, std::uint8_t{44}, std::uint8_t{46}}) {
    const TlsError error{TlsFault::PeerAlert, {}, alert, "refused"};
    EXPECT_NE(words_for_refused_device(error).find(kAnew), std::string::npos);
  }
}

}  // namespace
}  // namespace sallyport
