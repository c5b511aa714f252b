#include "common/tls/engine_internals.hpp"

#include "common/tls/wolfssl.hpp"

namespace sallyport {

int Engine::Internals::on_receive(WOLFSSL*, char* buffer, int size, void* internals) {
  auto& self = *static_cast<Internals*>(internals);
  if (size <= 0) return WOLFSSL_CBIO_ERR_GENERAL;
  // All records since the last plaintext came without any: the library would swallow them for ever.
  if (self.counting && self.counter.completed() - self.records_seen > kMaxSilentRecords) {
    self.flooded = true;
    return WOLFSSL_CBIO_ERR_GENERAL;
  }
  const MutableBytes room{reinterpret_cast<std::byte*>(buffer), static_cast<std::size_t>(size)};
  const std::size_t count = self.inbox.take(room);
  if (count == 0) return WOLFSSL_CBIO_ERR_WANT_READ;
  self.counter.count(room.first(count));
  return static_cast<int>(count);
}

int Engine::Internals::on_send(WOLFSSL*, char* buffer, int size, void* internals) {
  auto& self = *static_cast<Internals*>(internals);
  const auto count = static_cast<std::size_t>(size);
  if (size < 0 || self.outbox.size() + count > kMaxOutbox) {
    self.outbox_full = true;
    return WOLFSSL_CBIO_ERR_GENERAL;
  }
  append(self.outbox, Bytes{reinterpret_cast<const std::byte*>(buffer), count});
  return size;
}

std::uint64_t Engine::Internals::silent_records(bool has_data) noexcept {
  const std::uint64_t fresh = counter.completed() - records_seen;
  if (has_data) {
    // One of them carried the data; none did when the plaintext was left over from the record before.
    if (fresh > 0) silent += fresh - 1;
    records_seen = counter.completed();
    return silent;
  }
  return silent + fresh;
}

}  // namespace sallyport
