#pragma once

#include "common/ip/address.hpp"

namespace sallyport {

/// Ends every TCP connection and connected UDP socket of this network namespace that sends from `source`: their
/// programs see an error. Linux goes on retransmitting from an IPv6 address that is gone, by whatever route is left,
/// which would put protected data in clear on the underlay. Best effort: an old kernel may not offer it. Needs
/// CAP_NET_ADMIN.
void end_connections_from(const IpAddress& source) noexcept;

}  // namespace sallyport
