#include "tests/support/live_worker.hpp"

#include "client/session/session.hpp"
#include "common/wire/datagram.hpp"
#include "tests/support/packets.hpp"
#include "tests/support/tls_pair.hpp"
#include "tun/network_config.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string_view>

namespace sallyport::test {
namespace {

constexpr std::string_view kInterface = "inside";

[[noreturn]] void die(const std::string& words) {
  std::fprintf(stderr, "live_worker: %s\n", words.c_str());
  std::abort();
}

std::vector<TunLanes> open_inside(std::size_t queues) {
  std::vector<TunLanes> devices;
  std::uint32_t opened = 0;
  for (std::size_t i = 0; i < queues; ++i) {
    auto device = TunLanes::open(std::string{kInterface}, {.offload = true, .queues_before = opened});
    if (!device) die("no TUN interface: this needs a namespace and /dev/net/tun");
    opened += static_cast<std::uint32_t>(device->descriptors().size());
    devices.push_back(std::move(*device));
  }
  return devices;
}

void configure_inside() {
  auto network = NetworkConfig::open();
  if (!network) die("no netlink");
  const std::string name{kInterface};
  std::ofstream{"/proc/sys/net/ipv4/conf/all/rp_filter"} << '0' << std::flush;
  bool good = network->set_up(name).has_value();
  for (const auto* each : {"10.20.0.1", "10.20.0.2"}) {
    good = network->add_address(name, {address(each), 24}).has_value() && good;
  }
  if (!good) die("the interface cannot be configured");
}

}  // namespace

LiveClient::LiveClient(FileDescriptor socket, std::unique_ptr<Engine> engine, IpAddress address)
    : socket_{std::move(socket)}, engine_{std::move(engine)}, address_{address}, scratch_(std::size_t{256} << 10U) {
  ClientSession session{{.authority = "vpn.example.com"}, Now{std::chrono::steady_clock::now(), wall_now()}};
  ByteBuffer request;
  session.start(request);
  write(request);
}

void LiveClient::send(const std::vector<ByteBuffer>& packets) {
  drain();
  plaintext_.clear();
  for (const auto& packet : packets) append_datagram(plaintext_, packet);
  write(plaintext_);
}

void LiveClient::write(Bytes plaintext) {
  if (!engine_->write(plaintext)) die("the session is gone");
  auto& outbox = engine_->outbox();
  for (std::size_t sent = 0; sent < outbox.size();) {
    pollfd writable{socket_.get(), POLLOUT, 0};
    (void)::poll(&writable, 1, 1000);
    const ssize_t size = ::send(socket_.get(), outbox.data() + sent, outbox.size() - sent, MSG_NOSIGNAL);
    if (size > 0)
      sent += static_cast<std::size_t>(size);
    else if (errno != EAGAIN)
      die("the gateway has closed the connection");
  }
  outbox.clear();
}

void LiveClient::drain() {
  std::array<std::byte, 16384> plain{};
  while (true) {
    const ssize_t size = ::recv(socket_.get(), scratch_.data(), scratch_.size(), MSG_DONTWAIT);
    if (size <= 0) return;
    engine_->feed(Bytes{scratch_}.first(static_cast<std::size_t>(size)));
    while (engine_->read(plain).value_or(0) != 0) {
    }
  }
}

LiveWorker::LiveWorker(std::shared_ptr<const Policy> policy, std::size_t workers)
    : device_{pki_.device("laptop")},
      server_{pki_.server()},
      client_{pki_.client(device_)},
      policy_{std::move(policy)},
      workers_{std::make_unique<WorkerPool>(
          open_inside(workers), policy_, [this](WorkerReport&& report) { take(std::move(report)); }, SessionLimits{})} {
  configure_inside();
}

LiveWorker::~LiveWorker() { workers_.reset(); }

void LiveWorker::take(WorkerReport&& report) {
  const std::lock_guard lock{mutex_};
  if (const auto* started = std::get_if<report::Started>(&report))
    started_.insert(static_cast<std::uint64_t>(started->session));
  if (const auto* done = std::get_if<report::Done>(&report)) tickets_.done(done->ticket);
  changed_.notify_all();
}

std::unique_ptr<LiveClient> LiveWorker::connect() {
  TlsPair tls{server_, client_};
  tls.shake();
  std::array<int, 2> ends{};
  if (!tls.is_established() || ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0)
    die("no connection");
  const auto number = static_cast<std::uint32_t>(grants_.size() + 1);
  const PeerIdentity& peer = tls.server->peer();
  SessionGrant grant{.id = SessionId{number},
                     .device = DeviceId{"laptop-" + std::to_string(number)},
                     .user = peer.user,
                     .serial = peer.serial_hex,
                     .certificate_expires = peer.not_after,
                     .key_proved = wall_now(),
                     .source = address("198.51.100.2"),
                     .addresses = {.v4 = IpAddress::v4(0x0a630000U + 1 + number), .v6 = {}}};
  grants_.push_back(grant);
  auto client = std::make_unique<LiveClient>(FileDescriptor{ends[1]}, std::move(tls.client), *grant.addresses.v4);
  VerifiedConnection connection{FileDescriptor{ends[0]}, std::move(tls.server), grant.source};
  if (!workers_->adopt({std::move(connection), std::move(grant), std::nullopt})) die("the worker takes no connection");
  std::unique_lock lock{mutex_};
  if (!changed_.wait_for(lock, std::chrono::seconds{20}, [&] { return started_.count(number) != 0; }))
    die("the session does not come online");
  return client;
}

void LiveWorker::replace_policy(const std::shared_ptr<const Policy>& policy) {
  std::vector<std::shared_ptr<const Rights>> ready;
  if (!grants_.empty()) {
    ready.push_back(policy->rights_for(evidence_of(grants_[0]), wall_now()));
    (void)ready[0]->routes(wall_now());
  }
  std::unique_lock lock{mutex_};
  is_done_ = false;
  const auto ticket = tickets_.open(workers_->size(), [this](Ticket) { is_done_ = true; });
  workers_->tell(command::ReplacePolicy{ticket, policy, std::move(ready)});
  if (!changed_.wait_for(lock, std::chrono::seconds{20}, [&] { return is_done_; })) die("no policy in force");
  policy_ = policy;
}

FileDescriptor listen_at(const std::string& text) {
  FileDescriptor socket{::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(7);
  (void)::inet_pton(AF_INET, text.c_str(), &to.sin_addr);
  const int room = 4 << 20;
  (void)::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) die("cannot listen at " + text);
  return socket;
}

}  // namespace sallyport::test
