#pragma once

#include "common/base/file_descriptor.hpp"
#include "common/base/result.hpp"
#include "common/base/system_error.hpp"
#include "common/ip/address.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sallyport {

/// A bound, listening, non-blocking TCP socket. An IPv6 one takes IPv6 only, except [::], which takes both families.
[[nodiscard]] Result<FileDescriptor, SystemError> listen_on(const IpAddress& address, std::uint16_t port);

/// Connections are to be accepted when they have said something, or after a second or so: who only connects costs a few
/// octets of the kernel's until then, and nobody is woken for it.
void defer_accept(int listener) noexcept;

/// Accepted connections have what their listener has. True: they begin without pacing. An error is the system's answer
/// to the first of them, and holds for all.
[[nodiscard]] Result<bool, SystemError> set_congestion(const std::vector<FileDescriptor>& listeners,
                                                       const std::string& name);

/// One waiting connection and where it comes from.
struct Accepted {
  FileDescriptor socket;
  IpAddress source;
};
/// Nullopt when none waits; an error's code says why accepting failed (EMFILE, ...).
[[nodiscard]] Result<std::optional<Accepted>, SystemError> accept_from(int listener);

}  // namespace sallyport
