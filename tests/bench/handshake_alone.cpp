#include "tests/bench/handshake_alone.hpp"

#include "common/base/bytes.hpp"
#include "common/base/file_descriptor.hpp"
#include "tests/bench/handshake_tools.hpp"

#include <poll.h>
#include <wolfssl/options.h>

#include <wolfssl/ssl.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>

namespace sallyport::handshakes {
namespace {

struct FreeContext {
  void operator()(WOLFSSL_CTX* context) const noexcept { wolfSSL_CTX_free(context); }
};
struct FreeSession {
  void operator()(WOLFSSL* session) const noexcept { wolfSSL_free(session); }
};
using BareContext = std::unique_ptr<WOLFSSL_CTX, FreeContext>;

/// One end, with what came for it and what it has to send.
struct BareEnd {
  std::unique_ptr<WOLFSSL, FreeSession> session;
  ByteBuffer in;
  std::size_t taken = 0;
  ByteBuffer out;

  explicit BareEnd(WOLFSSL_CTX* context) : session{wolfSSL_new(context)} {
    char protocol[] = "http/1.1";
    (void)wolfSSL_UseALPN(session.get(), protocol, sizeof protocol - 1, WOLFSSL_ALPN_FAILED_ON_MISMATCH);
    wolfSSL_SetIOReadCtx(session.get(), this);
    wolfSSL_SetIOWriteCtx(session.get(), this);
  }
  /// True when its handshake is done.
  bool step() {
    const int status = wolfSSL_negotiate(session.get());
    if (status == WOLFSSL_SUCCESS) return true;
    if (wolfSSL_get_error(session.get(), status) != WOLFSSL_ERROR_WANT_READ) die("wolfSSL alone fails");
    return false;
  }
  void feed(Bytes bytes) {
    in.assign(bytes.begin(), bytes.end());
    taken = 0;
  }
};

int on_receive(WOLFSSL*, char* buffer, int size, void* end) {
  auto& self = *static_cast<BareEnd*>(end);
  const auto count = std::min(static_cast<std::size_t>(size), self.in.size() - self.taken);
  if (count == 0) return WOLFSSL_CBIO_ERR_WANT_READ;
  std::copy_n(self.in.begin() + static_cast<std::ptrdiff_t>(self.taken), count, reinterpret_cast<std::byte*>(buffer));
  self.taken += count;
  return static_cast<int>(count);
}

int on_send(WOLFSSL*, char* buffer, int size, void* end) {
  append(static_cast<BareEnd*>(end)->out,
         Bytes{reinterpret_cast<const std::byte*>(buffer), static_cast<std::size_t>(size)});
  return size;
}

BareContext context_of(WOLFSSL_METHOD* method, const char* authority, const char* certificate, const char* key) {
  BareContext context{wolfSSL_CTX_new(method)};
  std::array groups{static_cast<int>(WOLFSSL_X25519MLKEM768)};
  const bool is_ready =
      context && wolfSSL_CTX_set_cipher_list(context.get(), "TLS13-AES128-GCM-SHA256") == WOLFSSL_SUCCESS &&
      wolfSSL_CTX_set_groups(context.get(), groups.data(), static_cast<int>(groups.size())) == WOLFSSL_SUCCESS &&
      wolfSSL_CTX_set_group_messages(context.get()) == WOLFSSL_SUCCESS &&
      wolfSSL_CTX_use_certificate_chain_file(context.get(), certificate) == WOLFSSL_SUCCESS &&
      wolfSSL_CTX_use_PrivateKey_file(context.get(), key, WOLFSSL_FILETYPE_PEM) == WOLFSSL_SUCCESS &&
      wolfSSL_CTX_load_verify_locations(context.get(), authority, nullptr) == WOLFSSL_SUCCESS;
  if (!is_ready) die("wolfSSL alone cannot be set up");
  wolfSSL_CTX_set_verify(context.get(), WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  wolfSSL_CTX_SetIORecv(context.get(), &on_receive);
  wolfSSL_CTX_SetIOSend(context.get(), &on_send);
  return context;
}

/// Gives `to` what `from` has to send; true when `to` is done.
bool pass(BareEnd& from, BareEnd& to) {
  to.feed(from.out);
  from.out.clear();
  return to.step();
}

FileDescriptor listener_at(const char* address, const char* port) {
  FileDescriptor listener{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  const int on = 1;
  ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const auto place = endpoint(address, std::atoi(port));
  if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&place), sizeof place) != 0) die("bind failed");
  if (::listen(listener.get(), 4096) != 0) die("listen failed");
  std::puts("ready");
  std::fflush(stdout);
  return listener;
}

/// One connection after the other until the time is over; how many, and the processor time of all of them.
void accept_all(const FileDescriptor& listener, const char* seconds, const std::function<bool(int)>& take) {
  const auto until = Clock::now() + std::chrono::seconds{std::atoi(seconds)};
  const auto began = processor_time();
  int count = 0;
  while (Clock::now() < until) {
    pollfd waiting{listener.get(), POLLIN, 0};
    (void)::poll(&waiting, 1, 50);
    while (true) {
      const FileDescriptor socket{::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)};
      if (!socket) break;
      if (take(socket.get())) ++count;
    }
  }
  print_cost(count, processor_time() - began);
}

/// A whole handshake, and the end of the connection that the peer makes.
bool shake_hands(WOLFSSL_CTX* context, int socket, ByteBuffer& scratch) {
  BareEnd end{context};
  for (bool is_done = false;;) {
    const ssize_t n = ::recv(socket, scratch.data(), scratch.size(), 0);
    if (n <= 0) return is_done;
    end.feed(Bytes{scratch}.first(static_cast<std::size_t>(n)));
    is_done = end.step();
    if (end.out.empty()) continue;
    if (::send(socket, end.out.data(), end.out.size(), MSG_NOSIGNAL) < 0) return false;
    end.out.clear();
  }
}

}  // namespace

void alone(char** arguments) {
  wolfSSL_Init();
  const auto client_side = context_of(wolfTLSv1_3_client_method(), arguments[0], arguments[1], arguments[2]);
  const auto server_side = context_of(wolfTLSv1_3_server_method(), arguments[0], arguments[3], arguments[4]);
  const auto until = Clock::now() + std::chrono::seconds{std::atoi(arguments[5])};
  std::chrono::nanoseconds used{};
  int count = 0;
  for (; Clock::now() < until; ++count) {
    BareEnd client{client_side.get()};
    (void)client.step();
    const auto accepted = processor_time();
    auto server = std::make_unique<BareEnd>(server_side.get());
    (void)pass(client, *server);
    used += processor_time() - accepted;
    if (!pass(*server, client)) die("the client is not done");
    const auto finished = processor_time();
    if (!pass(client, *server)) die("the server is not done");
    server.reset();
    used += processor_time() - finished;
  }
  print_cost(count, used);
}

void serve(char** arguments) {
  wolfSSL_Init();
  const auto context = context_of(wolfTLSv1_3_server_method(), arguments[2], arguments[3], arguments[4]);
  const auto listener = listener_at(arguments[0], arguments[1]);
  ByteBuffer scratch(16384);
  accept_all(listener, arguments[5], [&](int socket) { return shake_hands(context.get(), socket, scratch); });
}

void shut(char** arguments) {
  const auto listener = listener_at(arguments[0], arguments[1]);
  accept_all(listener, arguments[2], [](int) { return true; });
}

}  // namespace sallyport::handshakes
