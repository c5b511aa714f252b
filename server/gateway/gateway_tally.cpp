#include "server/gateway/gateway_tally.hpp"

#include "common/tls/tls_error.hpp"
#include "common/wire/est.hpp"
#include "server/enrolment/enrolment.hpp"
#include "server/gateway/handshake_gate.hpp"
#include "server/gateway/obstacle.hpp"

#include <string>
#include <vector>

namespace sallyport {
namespace {

constexpr std::size_t kTlsFaults = static_cast<std::size_t>(TlsFault::Library) + 1;
constexpr std::size_t kCertificateRefusals = static_cast<std::size_t>(CertificateRefusal::Rejected) + 1;
constexpr std::size_t kEstErrors = static_cast<std::size_t>(EstError::CutShort) + 1;

/// Of the first `count` enumerators, which are all.
template <class Reason, class Name>
void add_names(std::vector<std::string>& names, std::size_t count, Name name) {
  for (std::size_t i = 0; i < count; ++i) names.emplace_back(name(static_cast<Reason>(i)));
}

void add_tls_names(std::vector<std::string>& names) {
  add_names<TlsFault>(names, kTlsFaults, [](TlsFault fault) { return to_string(fault); });
  add_names<CertificateRefusal>(names, kCertificateRefusals,
                                [](CertificateRefusal refusal) { return to_string(refusal); });
}

/// With what the gateway has against connections that TLS has verified, before it looks at the device.
std::vector<std::string> handshake_reasons() {
  std::vector<std::string> names;
  add_names<Obstacle>(names, kObstacles, [](Obstacle obstacle) { return name_of(obstacle); });
  add_names<HandshakeRefusal>(names, kHandshakeRefusals, [](HandshakeRefusal refusal) { return name_of(refusal); });
  add_tls_names(names);
  return names;
}

/// With what the enrolment service says by itself.
std::vector<std::string> certificate_reasons() {
  std::vector<std::string> names{"too_fast", "overloaded", "too_many", "timed_out", "certificate_expired"};
  add_names<EnrolmentRefusal>(names, kEnrolmentRefusals, [](EnrolmentRefusal refusal) { return name_of(refusal); });
  add_names<EstError>(names, kEstErrors, [](EstError error) { return problem_for(error).reason; });
  add_tls_names(names);
  return names;
}

}  // namespace

GatewayTally::GatewayTally() : handshakes_refused{handshake_reasons()}, certificates_refused{certificate_reasons()} {}

}  // namespace sallyport
