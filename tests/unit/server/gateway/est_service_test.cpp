#include "server/gateway/est_service.hpp"

#include "common/ip/socket_address.hpp"
#include "server/gateway/listener.hpp"
#include "tests/support/tls_pair.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace sallyport {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kPlaces = 8;
constexpr std::size_t kPerSource = 4;
constexpr std::size_t kPerCertificate = 2;
constexpr auto kPatience = 10s;

EstLimits limits(Duration handshake, Duration silence, Duration idle) {
  return {.source = {.per_second = 1000, .burst = 1000},
          .per_second = 1000,
          .burst = 1000,
          .connections = kPlaces,
          .per_source = kPerSource,
          .renewals = kPlaces,
          .per_device = kPerSource,
          .per_certificate = kPerCertificate,
          .handshake = handshake,
          .silence = silence,
          .idle = idle};
}

/// What comes within kPatience; empty when that is the end of the stream, or nothing.
ByteBuffer receive(int fd) {
  pollfd waiting{fd, POLLIN, 0};
  ByteBuffer got(65536);
  if (::poll(&waiting, 1, static_cast<int>(std::chrono::milliseconds{kPatience}.count())) != 1) return {};
  const ssize_t n = ::recv(fd, got.data(), got.size(), 0);
  got.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return got;
}

/// A service on loopback, with strangers at its listener and devices that TLS has verified beside it.
class EstDesk : public testing::Test {
 protected:
  void open(Duration handshake = 60s, Duration silence = 60s, Duration idle = 0s) {
    auto listener = listen_on(*IpAddress::parse("127.0.0.1"), 0);
    ASSERT_TRUE(listener);
    socklen_t size = sizeof at_;
    ASSERT_EQ(::getsockname(listener->get(), reinterpret_cast<sockaddr*>(&at_), &size), 0);
    std::vector<FileDescriptor> listeners;
    listeners.push_back(std::move(*listener));
    EstDoor door{std::make_shared<const OpenServerContext>(*OpenServerContext::make(pki_.gateway().credentials())), {}};
    service_.emplace(std::move(listeners), std::move(door), limits(handshake, silence, idle),
                     EstService::Handlers{.on_asked =
                                              [this](EstAsked&& asked) {
                                                const std::lock_guard lock{mutex_};
                                                asked_.push_back(std::move(asked));
                                                changed_.notify_all();
                                                return true;
                                              },
                                          .on_refused =
                                              [this](EstRefused&& refused) {
                                                const std::lock_guard lock{mutex_};
                                                refused_.push_back(std::move(refused));
                                                changed_.notify_all();
                                              }});
    service_->start();
  }
  /// Connects and says nothing.
  FileDescriptor stranger(const char* source) {
    FileDescriptor fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const auto from = SocketAddress::make(*IpAddress::parse(source), 0);
    EXPECT_EQ(::bind(fd.get(), from.get(), from.size), 0);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&at_), sizeof at_), 0);
    return fd;
  }
  /// Connects, finishes the handshake, and says nothing.
  std::pair<FileDescriptor, std::unique_ptr<Engine>> knocker(const char* source) {
    auto fd = stranger(source);
    auto engine = std::move(*Engine::visit(visitor_, "vpn.example.com", wall_now()));
    for (int i = 0; i < 10 && !engine->handshake().value_or(true); ++i) {
      send_all(fd.get(), *engine);
      engine->feed(kept_ = receive(fd.get()));
    }
    EXPECT_TRUE(engine->is_established());
    send_all(fd.get(), *engine);
    return {std::move(fd), std::move(engine)};
  }
  static void send_all(int fd, Engine& engine) {
    const auto& sealed = engine.outbox();
    EXPECT_EQ(::send(fd, sealed.data(), sealed.size(), MSG_NOSIGNAL), static_cast<ssize_t>(sealed.size()));
    engine.outbox().clear();
  }
  /// The laptop's end of a verified connection that asked for a renewal.
  FileDescriptor renew(TlsPair& tls, std::size_t octets = SIZE_MAX) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    FileDescriptor laptop{ends[0]};
    tls.shake();
    ByteBuffer request;
    append_est_request(request, "vpn.example.com", {EstOperation::Reenroll, {}, ByteBuffer(8, std::byte{1})});
    request.resize(std::min(request.size(), octets));
    EXPECT_TRUE(tls.client->write(request));
    const auto& sealed = tls.client->outbox();
    EXPECT_EQ(::send(laptop.get(), sealed.data(), sealed.size(), 0), static_cast<ssize_t>(sealed.size()));
    EXPECT_TRUE(service_->take_over({.socket = FileDescriptor{ends[1]},
                                     .engine = std::move(tls.server),
                                     .source = *IpAddress::parse("192.0.2.9"),
                                     .trust_generation = 1}));
    return laptop;
  }
  /// A device takes a place and never says what it wants.
  void hold_a_place(const std::string& device) { hold_a_place(pki_.device(device)); }
  void hold_a_place(const TestIdentity& identity) {
    holders_.push_back(std::make_unique<TlsPair>(pki_.server(), pki_.client(identity)));
    held_.push_back(renew(*holders_.back(), 5));
  }
  template <class What>
  bool wait_for(What what) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, kPatience, what);
  }

  const TestPki pki_;
  const VisitorContext visitor_ = std::move(*VisitorContext::make(pki_.client_trust()));
  ByteBuffer kept_;
  std::vector<std::unique_ptr<TlsPair>> holders_;
  std::vector<FileDescriptor> held_;
  sockaddr_in at_{};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<EstAsked> asked_;
  std::vector<EstRefused> refused_;
  std::optional<EstService> service_;  ///< ends first: its thread calls the above
};

TEST_F(EstDesk, DevicesRenewWhileStrangersTakeEveryPlace) {
  open();
  std::vector<FileDescriptor> crowd;
  for (const auto* source : {"127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"}) {
    for (std::size_t i = 0; i < kPerSource; ++i) crowd.push_back(stranger(source));
  }
  ASSERT_TRUE(wait_for([&] { return refused_.size() == crowd.size() - kPlaces; }));
  EXPECT_EQ(refused_.front().reason, "too_many");
  TlsPair tls{pki_.server(), pki_.client(pki_.device("ana-laptop"))};
  const auto laptop = renew(tls);
  ASSERT_TRUE(wait_for([&] { return !asked_.empty(); }));
  EXPECT_EQ(asked_.front().peer->device, DeviceId{"ana-laptop"});
}

TEST_F(EstDesk, ADeviceRenewsWhileOthersHoldEveryPlaceAndSayNothing) {
  open(60s, 60s, 50ms);
  for (const auto* device : {"bo-laptop", "cy-laptop"}) {
    for (std::size_t i = 0; i < kPerSource; ++i) hold_a_place(device);
  }
  std::this_thread::sleep_for(200ms);
  TlsPair tls{pki_.server(), pki_.client(pki_.device("ana-laptop"))};
  const auto laptop = renew(tls);
  ASSERT_TRUE(wait_for([&] { return !asked_.empty() && !refused_.empty(); }));
  EXPECT_EQ(asked_.front().peer->device, DeviceId{"ana-laptop"});
  EXPECT_EQ(refused_.front().reason, "too_many");
  EXPECT_EQ(refused_.front().peer->device, DeviceId{"bo-laptop"}) << "the first one";
}

TEST_F(EstDesk, ADeviceRenewsWhileSomebodyWithItsNameHoldsAllOfItsPlaces) {
  open(60s, 60s, 50ms);
  hold_a_place("bo-laptop");
  for (std::size_t i = 0; i < kPerSource; ++i) hold_a_place("ana-laptop");
  std::this_thread::sleep_for(200ms);
  TlsPair tls{pki_.server(), pki_.client(pki_.device("ana-laptop"))};
  const auto laptop = renew(tls);
  ASSERT_TRUE(wait_for([&] { return !asked_.empty(); }));
  EXPECT_EQ(refused_.size(), 1U);
  EXPECT_EQ(refused_.front().peer->device, DeviceId{"ana-laptop"}) << "nobody else pays for it";
}

TEST_F(EstDesk, ADeviceRenewsWhileWhoeverHasAnOlderCertificateOfItKeepsComingBack) {
  open(60s, 60s, 60s);
  const auto older = pki_.device("ana-laptop");
  for (std::size_t i = 0; i < 2 * kPerSource; ++i) hold_a_place(older);
  ASSERT_TRUE(wait_for([&] { return refused_.size() >= kPerSource; }));
  const auto newest = pki_.device("ana-laptop");
  TlsPair tls{pki_.server(), pki_.client(newest)};
  const auto laptop = renew(tls);
  ASSERT_TRUE(wait_for([&] { return !asked_.empty(); })) << "nobody stood still for long";
  EXPECT_EQ(asked_.front().peer->serial_hex, newest.info.serial_hex);
}

TEST_F(EstDesk, ADeviceRenewsWhileWhoeverHasManyOlderCertificatesOfItKeepsComingBack) {
  open(60s, 60s, 60s);
  std::vector<TestIdentity> older;
  while (older.size() < kPerSource) older.push_back(pki_.device("ana-laptop"));
  for (int turn = 0; turn < 3; ++turn) {
    for (const auto& identity : older) hold_a_place(identity);
  }
  ASSERT_TRUE(wait_for([&] { return refused_.size() == older.size() * 2; }));
  const auto newest = pki_.device("ana-laptop");
  TlsPair tls{pki_.server(), pki_.client(newest)};
  const auto laptop = renew(tls);
  ASSERT_TRUE(wait_for([&] { return !asked_.empty(); })) << "all of its places are taken, and nobody stood still";
  EXPECT_EQ(asked_.front().peer->serial_hex, newest.info.serial_hex);
}

TEST_F(EstDesk, OneDeviceTakesNoMoreThanItsShareHoweverManyCertificatesItHas) {
  open(60s, 60s, 60s);
  for (std::size_t i = 0; i < kPlaces; ++i) hold_a_place("bo-laptop");
  ASSERT_TRUE(wait_for([&] { return refused_.size() == kPlaces - kPerSource; }));
  TlsPair tls{pki_.server(), pki_.client(pki_.device("ana-laptop"))};
  const auto laptop = renew(tls);
  EXPECT_TRUE(wait_for([&] { return !asked_.empty(); }));
}

TEST_F(EstDesk, WhoeverIsOwedAnAnswerGivesWayToNobody) {
  open(60s, 60s, 50ms);
  TlsPair tls{pki_.server(), pki_.client(pki_.device("ana-laptop"))};
  const auto laptop = renew(tls);
  ASSERT_TRUE(wait_for([&] { return !asked_.empty(); }));
  ByteBuffer answer;
  append_est_answer(answer, ByteBuffer(1U << 20U, std::byte{2}));
  service_->answer(asked_.front().id, answer);
  while (held_.size() < kPerSource - 1) hold_a_place("ana-laptop");
  std::this_thread::sleep_for(200ms);
  hold_a_place("ana-laptop");
  ASSERT_TRUE(wait_for([&] { return !refused_.empty(); })) << "one of those who say nothing";
  std::size_t read = 0;
  ByteBuffer plaintext(1U << 16U);
  for (auto sealed = receive(laptop.get()); !sealed.empty(); sealed = receive(laptop.get())) {
    tls.client->feed(sealed);
    for (auto size = tls.client->read(plaintext); size && *size > 0; size = tls.client->read(plaintext)) read += *size;
  }
  EXPECT_EQ(read, answer.size()) << "the whole of it";
}

TEST_F(EstDesk, TheOldestUnfinishedHandshakeGivesWayToANewcomer) {
  open();
  std::vector<FileDescriptor> crowd;
  for (std::size_t i = 0; i < kPlaces; ++i) crowd.push_back(stranger(i < kPerSource ? "127.0.0.2" : "127.0.0.3"));
  const auto newcomer = stranger("127.0.0.4");
  ASSERT_TRUE(wait_for([&] { return !refused_.empty(); }));
  EXPECT_EQ(refused_.front().source, *IpAddress::parse("127.0.0.2"));
  EXPECT_TRUE(receive(crowd.front().get()).empty());
  std::byte octet{};
  EXPECT_EQ(::recv(newcomer.get(), &octet, 1, MSG_DONTWAIT), -1) << "it is still there";
}

TEST_F(EstDesk, SaysWhoseHandshakeNeverCameToAnEnd) {
  open(100ms);
  const auto silent = stranger("127.0.0.2");
  ASSERT_TRUE(wait_for([&] { return !refused_.empty(); }));
  EXPECT_EQ(refused_.front().reason, "timed_out");
}

TEST_F(EstDesk, AnswersWhoeverClosedItsSideOnceItHadAsked) {
  open();
  TlsPair tls{pki_.server(), pki_.client(pki_.device("ana-laptop"))};
  const auto laptop = renew(tls);
  ::shutdown(laptop.get(), SHUT_WR);
  ASSERT_TRUE(wait_for([&] { return !asked_.empty(); }));
  EXPECT_GT(asked_.front().expires, std::chrono::steady_clock::now()) << "and it is known until when that is";
  std::this_thread::sleep_for(100ms);
  ByteBuffer answer;
  append_est_answer(answer, ByteBuffer(8, std::byte{2}));
  service_->answer(asked_.front().id, answer);
  const auto sealed = receive(laptop.get());
  tls.client->feed(sealed);
  ByteBuffer plaintext(16384);
  const auto size = tls.client->read(plaintext);
  ASSERT_TRUE(size);
  EXPECT_TRUE(as_text(Bytes{plaintext}.first(*size)).starts_with("HTTP/1.1 200")) << *size;
}

TEST_F(EstDesk, AStrangerThatFinishesTheHandshakeAndSaysNothingSoonLosesItsPlace) {
  open(60s, 200ms);
  const auto began = std::chrono::steady_clock::now();
  const auto silent = knocker("127.0.0.2");
  ASSERT_TRUE(wait_for([&] { return !refused_.empty(); }));
  EXPECT_EQ(refused_.front().reason, "timed_out");
  EXPECT_LT(std::chrono::steady_clock::now() - began, 3s) << "not the ten seconds of a whole request";
}

TEST_F(EstDesk, ARequestThatComesInDribsKeepsItsPlaceWhileItComesOn) {
  open(60s, 900ms);
  const auto [fd, engine] = knocker("127.0.0.2");
  ByteBuffer request;
  append_est_request(request, "vpn.example.com", {EstOperation::Enroll, {}, ByteBuffer(8, std::byte{1})});
  const std::size_t part = request.size() / 3 + 1;
  for (std::size_t at = 0; at < request.size(); at += part) {
    std::this_thread::sleep_for(500ms);
    ASSERT_TRUE(engine->write(Bytes{request}.subspan(at, std::min(part, request.size() - at))));
    send_all(fd.get(), *engine);
  }
  ASSERT_TRUE(wait_for([&] { return !asked_.empty(); })) << "it took longer than one silence";
  EXPECT_TRUE(refused_.empty());
}

TEST_F(EstDesk, WhoStandsStillGivesWayToANewcomerOfTheSameSource) {
  open(60s, 60s, 50ms);
  std::vector<std::pair<FileDescriptor, std::unique_ptr<Engine>>> crowd;
  for (std::size_t i = 0; i < kPerSource; ++i) crowd.push_back(knocker("127.0.0.2"));
  const auto other = knocker("127.0.0.3");
  std::this_thread::sleep_for(100ms);
  auto [fd, engine] = knocker("127.0.0.2");
  ASSERT_TRUE(wait_for([&] { return !refused_.empty(); }));
  EXPECT_EQ(refused_.front().reason, "too_many");
  EXPECT_EQ(refused_.front().source, *IpAddress::parse("127.0.0.2")) << "nobody of another source pays for it";
  ByteBuffer request;
  append_est_request(request, "vpn.example.com", {EstOperation::Enroll, {}, ByteBuffer(8, std::byte{1})});
  ASSERT_TRUE(engine->write(request));
  send_all(fd.get(), *engine);
  EXPECT_TRUE(wait_for([&] { return asked_.size() == 1; })) << "and it is served";
}

TEST_F(EstDesk, NobodyGivesWayWhileItComesOn) {
  open(60s, 60s, 60s);
  std::vector<FileDescriptor> crowd;
  for (std::size_t i = 0; i < kPerSource + 1; ++i) crowd.push_back(stranger("127.0.0.2"));
  ASSERT_TRUE(wait_for([&] { return !refused_.empty(); }));
  EXPECT_TRUE(receive(crowd.back().get()).empty()) << "the newcomer was turned away";
  std::byte octet{};
  EXPECT_EQ(::recv(crowd.front().get(), &octet, 1, MSG_DONTWAIT), -1);
}

}  // namespace
}  // namespace sallyport
