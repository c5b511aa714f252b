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

}  // namespace
}  // namespace sallyport
