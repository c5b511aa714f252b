#include "server/gateway/gateway_tally.hpp"

#include "common/tls/tls_error.hpp"
#include "common/wire/est.hpp"
#include "server/enrolment/enrolment.hpp"
#include "server/gateway/handshake_gate.hpp"

#include <string>
#include <vector>

namespace sallyport {
namespace {

/// Of each enumerator from the first one to `last`.
template <class Reason, class Name>
void add_names(std::vector<std::string>& names, Reason last, Name name) {
  for (std::size_t i = 0; i <= static_cast<std::size_t>(last); ++i) names.emplace_back(name(static_cast<Reason>(i)));
}

void add_tls_names(std::vector<std::string>& names) {
  add_names(names, TlsFault::Library, [](TlsFault fault) { return to_string(fault); });
  add_names(names, CertificateRefusal::Rejected, [](CertificateRefusal refusal) { return to_string(refusal); });
}

/// With what the gateway has against connections that TLS has verified, before it looks at the device.
std::vector<std::string> handshake_reasons() {
  std::vector<std::string> names{"gateway_shutdown", "trust_changed", "store_unavailable", "no_random"};
  add_names(names, HandshakeRefusal::NoDescriptors, [](HandshakeRefusal refusal) { return name_of(refusal); });
  add_tls_names(names);
  return names;
}

/// With what the enrolment service says by itself.
std::vector<std::string> certificate_reasons() {
  std::vector<std::string> names{"too_fast", "overloaded", "too_many", "timed_out", "certificate_expired"};
  add_names(names, EnrolmentRefusal::UserDisabled, [](EnrolmentRefusal refusal) { return name_of(refusal); });
  add_names(names, EstError::CutShort, [](EstError error) { return problem_for(error).reason; });
  add_tls_names(names);
  return names;
}

}  // namespace

GatewayTally::GatewayTally() : handshakes_refused{handshake_reasons()}, certificates_refused{certificate_reasons()} {}

}  // namespace sallyport
