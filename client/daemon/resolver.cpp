#include "client/daemon/resolver.hpp"

#include "common/base/file_descriptor.hpp"
#include "common/base/signal_mask.hpp"
#include "common/ip/socket_address.hpp"

#include <netdb.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <mutex>
#include <system_error>
#include <thread>

namespace sallyport {
namespace {

Resolver::Answer resolve(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  if (const int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &list); code != 0) {
    return fail(host + ": " + (code == EAI_SYSTEM ? "the system's resolver failed" : ::gai_strerror(code)));
  }
  std::vector<IpAddress> addresses;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    const auto address = address_of(*entry->ai_addr);
    if (!address || std::find(addresses.begin(), addresses.end(), *address) != addresses.end()) continue;
    addresses.push_back(*address);
  }
  ::freeaddrinfo(list);
  if (addresses.empty()) return fail(host + ": the name has no address");
  return addresses;
}

}  // namespace

struct Resolver::Lookup {
  FileDescriptor done{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::mutex mutex;
  std::optional<Answer> answer;

  void finish(Answer result) {
    const std::lock_guard lock{mutex};
    answer = std::move(result);
    ::eventfd_write(done.get(), 1);
  }
};

Resolver::~Resolver() { cancel(); }

void Resolver::lookup(const std::string& host, Callback on_answer) {
  cancel();
  lookup_ = std::make_shared<Lookup>();
  on_answer_ = std::move(on_answer);
  auto poll = Poll::watch(loop_, lookup_->done.get(), [this](bool, bool) { deliver(); });
  if (!poll) {
    // Without a descriptor no thread could tell us; the callback is owed all the same, and soon.
    lookup_.reset();
    std::exchange(on_answer_, {})(fail(poll.error().message));
    return;
  }
  poll_.emplace(std::move(*poll));
  poll_->set_interest(true, false);
  try {
    std::thread{[shared = lookup_, host] {
      const SignalsBlocked blocked;
      shared->finish(resolve(host));
    }}.detach();
  } catch (const std::system_error&) {
    lookup_->finish(fail(host + ": no thread left to look the name up"));
  }
}

void Resolver::cancel() noexcept {
  poll_.reset();
  lookup_.reset();
  on_answer_ = {};
}

void Resolver::deliver() {
  const auto lookup = lookup_;
  std::optional<Answer> answer;
  {
    const std::lock_guard lock{lookup->mutex};
    answer = std::move(lookup->answer);
  }
  if (!answer) return;
  const auto callback = std::exchange(on_answer_, {});
  cancel();
  callback(std::move(*answer));
}

}  // namespace sallyport
