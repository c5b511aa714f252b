#include "server/gateway/handshake_threads.hpp"

#include <fcntl.h>

namespace sallyport {
namespace {

/// The same sockets under other numbers; what cannot be had is left out: the others accept there.
std::vector<FileDescriptor> copies_of(const std::vector<FileDescriptor>& listeners) {
  std::vector<FileDescriptor> copies;
  for (const auto& listener : listeners) {
    FileDescriptor copy{::fcntl(listener.get(), F_DUPFD_CLOEXEC, 0)};
    if (copy) copies.push_back(std::move(copy));
  }
  return copies;
}

/// The same in a library context of its own: a shared one locks. Where there is no memory for that, the shared one.
TlsIdentity own_copy(const TlsIdentity& identity) {
  auto context = identity.context->for_thread();
  if (!context) return identity;
  return {std::make_shared<const ServerContext>(std::move(*context)), identity.trust_generation};
}

}  // namespace

HandshakeThreads::HandshakeThreads(std::size_t count, std::vector<FileDescriptor> listeners,
                                   const TlsIdentity& identity, const HandshakeLimits& limits,
                                   const HandshakeService::Handlers& handlers)
    : gate_{limits} {
  for (std::size_t i = 1; i < count; ++i) {
    services_.push_back(
        std::make_unique<HandshakeService>(copies_of(listeners), own_copy(identity), limits, gate_, handlers));
  }
  services_.push_back(std::make_unique<HandshakeService>(std::move(listeners), identity, limits, gate_, handlers));
}

void HandshakeThreads::start() {
  for (auto& service : services_) service->start();
}

void HandshakeThreads::replace_identity(const TlsIdentity& identity) {
  services_.back()->replace_identity(identity);
  for (std::size_t i = 0; i + 1 < services_.size(); ++i) services_[i]->replace_identity(own_copy(identity));
}

void HandshakeThreads::stop_accepting() {
  for (auto& service : services_) service->stop_accepting();
}

}  // namespace sallyport
