#include "server/gateway/handshake_service.hpp"

#include "common/ip/socket_address.hpp"
#include "server/gateway/listener.hpp"
#include "tests/support/test_pki.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace sallyport {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kPlaces = 8;
constexpr std::size_t kPerSource = 4;
constexpr auto kWait = 10s;

/// The service on loopback, and peers of it.
class HandshakeDoor : public testing::Test {
 protected:
  /// Accepts nobody before start().
  void open(Duration patience = 60s, Duration deadline = 60s) {
    const HandshakeLimits limits{.source = source_,
                                 .half_open = kPlaces,
                                 .half_open_per_source = kPerSource,
                                 .deadline = deadline,
                                 .patience = patience,
                                 .stranger = {.per_second = 0.001, .burst = 1}};
    gate_.emplace(limits);
    open_at(service_, limits);
  }
  /// Strangers and devices come to the last listener of the one that was opened last.
  void open_at(std::optional<HandshakeService>& service, const HandshakeLimits& limits) {
    std::vector<FileDescriptor> listeners;
    for (std::size_t i = 0; i < doors_; ++i) {
      auto listener = listen_on(*IpAddress::parse("127.0.0.1"), 0);
      ASSERT_TRUE(listener);
      socklen_t size = sizeof at_;
      ASSERT_EQ(::getsockname(listener->get(), reinterpret_cast<sockaddr*>(&at_), &size), 0);
      if (i == 0) first_at_ = at_;
      listener_fds_.push_back(listener->get());
      listeners.push_back(std::move(*listener));
    }
    service.emplace(std::move(listeners), identity(1), limits, *gate_,
                    HandshakeService::Handlers{.on_verified =
                                                   [this](VerifiedConnection&& verified) {
                                                     const std::lock_guard lock{mutex_};
                                                     verified_.push_back(std::move(verified));
                                                     changed_.notify_all();
                                                     return true;
                                                   },
                                               .on_post = [](VerifiedConnection&&) { return false; },
                                               .on_refused =
                                                   [this](RefusedHandshake&& refused) {
                                                     const std::lock_guard lock{mutex_};
                                                     refused_.push_back(std::move(refused));
                                                     changed_.notify_all();
                                                   },
                                               .time_of = [this](Now now) { return note_begun(now); },
                                               .room = [this] { return note_room(); },
                                               .sessions_wait =
                                                   [this](TimePoint) {
                                                     ++turns_;
                                                     return sessions_wait_.load();
                                                   }});
  }
  /// On the service's thread, for each handshake that it begins.
  WallTime note_begun(Now now) {
    const std::lock_guard lock{mutex_};
    begun_in_turn_.push_back(turns_);
    if (one_by_one_) room_ = 0;
    changed_.notify_all();
    return now.wall;
  }
  /// On the service's thread, before each connection that it looks at.
  std::size_t note_room() {
    const std::size_t room = room_;
    if (room != 0) return room;
    const std::lock_guard lock{mutex_};
    has_paused_ = true;
    changed_.notify_all();
    return 0;
  }
  TlsIdentity identity(std::uint64_t generation) const { return {context_, generation}; }

  /// Connects and says nothing.
  FileDescriptor stranger(const char* source) const { return stranger_at(at_, source); }
  static FileDescriptor stranger_at(const sockaddr_in& at, const char* source) {
    FileDescriptor fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const auto from = SocketAddress::make(*IpAddress::parse(source), 0);
    EXPECT_EQ(::bind(fd.get(), from.get(), from.size), 0);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
    return fd;
  }
  /// Says one octet of a hello, and no more.
  FileDescriptor slow_stranger(const char* source) const { return slow_stranger_at(at_, source); }
  static FileDescriptor slow_stranger_at(const sockaddr_in& at, const char* source) {
    auto fd = stranger_at(at, source);
    EXPECT_EQ(::send(fd.get(), "\x16", 1, MSG_NOSIGNAL), 1);
    return fd;
  }
  /// A device, through the handshake. Null: it was not let through.
  std::unique_ptr<Engine> shake(int fd) {
    auto engine = std::move(*Engine::connect(client_, "vpn.example.com", wall_now()));
    for (int i = 0; i < 10 && !engine->handshake().value_or(true); ++i) {
      send_all(fd, *engine);
      engine->feed(kept_ = receive(fd));
    }
    send_all(fd, *engine);
    return engine->is_established() ? std::move(engine) : nullptr;
  }
  /// The one device that comes with a good certificate and asks for something; its connection stays.
  FileDescriptor device(const char* source) {
    auto fd = stranger(source);
    const auto engine = shake(fd.get());
    EXPECT_NE(engine, nullptr);
    if (!engine) return fd;
    EXPECT_TRUE(engine->write(as_bytes("GET / HTTP/1.1\r\n")));
    send_all(fd.get(), *engine);
    EXPECT_TRUE(wait_for([&] { return verified_.size() == 1; }));
    return fd;
  }
  static void send_all(int fd, Engine& engine) {
    const auto& sealed = engine.outbox();
    (void)::send(fd, sealed.data(), sealed.size(), MSG_NOSIGNAL);
    engine.outbox().clear();
  }
  static ByteBuffer receive(int fd) {
    pollfd waiting{fd, POLLIN, 0};
    ByteBuffer got(65536);
    if (::poll(&waiting, 1, static_cast<int>(std::chrono::milliseconds{kWait}.count())) != 1) return {};
    const ssize_t n = ::recv(fd, got.data(), got.size(), 0);
    got.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return got;
  }
  /// Before start(): at every listener somebody waits to be accepted.
  void wait_for_comers() const {
    for (const int fd : listener_fds_) {
      pollfd waiting{fd, POLLIN, 0};
      ASSERT_EQ(::poll(&waiting, 1, static_cast<int>(std::chrono::milliseconds{kWait}.count())), 1);
    }
  }
  template <class What>
  bool wait_for(What what) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, kWait, what);
  }
  bool has_refused(HandshakeRefusal refusal) const {
    return std::any_of(refused_.begin(), refused_.end(), [&](const auto& each) { return each.refusal == refusal; });
  }

  const TestPki pki_;
  const std::shared_ptr<const ServerContext> context_ = std::make_shared<const ServerContext>(pki_.server());
  const ClientContext client_ = pki_.client(pki_.device("ana-laptop"));
  SourceLimits source_{.per_second = 1000, .burst = 1000};
  ByteBuffer kept_;
  std::size_t doors_ = 1;  ///< listeners of a service
  sockaddr_in first_at_{};
  std::vector<int> listener_fds_;
  sockaddr_in at_{};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<VerifiedConnection> verified_;
  std::vector<RefusedHandshake> refused_;
  std::vector<int> begun_in_turn_;           ///< for each handshake
  std::atomic<int> turns_{0};                ///< wake-ups in which somebody was looked at
  bool has_paused_ = false;                  ///< once there was no room
  std::atomic<bool> one_by_one_{false};      ///< whoever begins leaves no room
  std::atomic<std::size_t> room_{SIZE_MAX};  ///< what the handler of that name says
  std::atomic<bool> sessions_wait_{false};   ///< likewise
  std::optional<HandshakeGate> gate_;        ///< outlives the service
  std::optional<HandshakeService> service_;  ///< ends first, with the other: their threads call the above
  std::optional<HandshakeService> other_;
};

TEST_F(HandshakeDoor, ADeviceComesInWhileStrangersFromManyPlacesHoldEveryPlace) {
  open(100ms);
  service_->start();
  std::vector<FileDescriptor> crowd;
  for (const auto* source : {"127.0.0.2", "127.0.0.3"}) {
    for (std::size_t i = 0; i < kPerSource; ++i) crowd.push_back(slow_stranger(source));
  }
  std::this_thread::sleep_for(200ms);
  const auto fd = device("127.0.0.4");
  ASSERT_EQ(verified_.size(), 1U);
  ASSERT_TRUE(wait_for([&] { return !refused_.empty(); }));
  EXPECT_EQ(refused_.front().refusal, HandshakeRefusal::TooMany);
  EXPECT_EQ(refused_.front().source, *IpAddress::parse("127.0.0.2")) << "the oldest";
}

TEST_F(HandshakeDoor, AmongManyOfOneSourceTheOldestOfThatSourceGivesWay) {
  open(100ms);
  service_->start();
  std::vector<FileDescriptor> crowd;
  crowd.push_back(slow_stranger("127.0.0.3"));
  for (std::size_t i = 0; i < kPerSource; ++i) crowd.push_back(slow_stranger("127.0.0.2"));
  std::this_thread::sleep_for(200ms);
  const auto fd = stranger("127.0.0.2");
  EXPECT_NE(shake(fd.get()), nullptr);
  ASSERT_TRUE(wait_for([&] { return !refused_.empty(); }));
  EXPECT_EQ(refused_.size(), 1U);
  EXPECT_EQ(refused_.front().source, *IpAddress::parse("127.0.0.2")) << "nobody of another source pays for it";
}

TEST_F(HandshakeDoor, ADeviceComesInAtOneThreadWhileStrangersHoldEveryPlaceAtAnother) {
  open(100ms);
  service_->start();
  std::vector<FileDescriptor> crowd;
  for (const auto* source : {"127.0.0.2", "127.0.0.3"}) {
    for (std::size_t i = 0; i < kPerSource; ++i) crowd.push_back(slow_stranger(source));
  }
  const auto until = std::chrono::steady_clock::now() + kWait;
  while (!gate_->is_full() && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(5ms);
  open_at(other_, {.source = source_, .half_open = kPlaces, .half_open_per_source = kPerSource, .patience = 100ms});
  other_->start();
  std::this_thread::sleep_for(200ms);
  const auto fd = stranger("127.0.0.4");
  EXPECT_NE(shake(fd.get()), nullptr);
  ASSERT_TRUE(wait_for([&] { return !refused_.empty(); }));
  EXPECT_EQ(refused_.front().refusal, HandshakeRefusal::TooMany);
  EXPECT_EQ(refused_.front().source, *IpAddress::parse("127.0.0.2")) << "the oldest";
  EXPECT_TRUE(receive(crowd.front().get()).empty()) << "its thread ended it";
}

TEST_F(HandshakeDoor, AGoodHandshakeCountsTowardsTheRateOfItsSourceUntilItsDeviceIsLetIn) {
  source_ = {.per_second = 0.001, .burst = 1};
  open();
  service_->start();
  const auto fd = device("127.0.0.2");
  ASSERT_EQ(verified_.size(), 1U);
  const auto next = slow_stranger("127.0.0.2");
  EXPECT_TRUE(wait_for([&] { return has_refused(HandshakeRefusal::TooFast); })) << "whose certificate counts no more";
  gate_->give_back(*IpAddress::parse("127.0.0.2"), verified_.front().counted_as, std::chrono::steady_clock::now());
  const auto last = stranger("127.0.0.2");
  EXPECT_NE(shake(last.get()), nullptr);
}

TEST_F(HandshakeDoor, StrangersWhoDoNotGoOnTakeNobodysRoom) {
  open(60s);
  room_ = 3;
  service_->start();
  std::vector<FileDescriptor> crowd;
  for (std::size_t i = 0; i < kPerSource; ++i) crowd.push_back(slow_stranger("127.0.0.2"));
  const auto fd = stranger("127.0.0.4");
  EXPECT_NE(shake(fd.get()), nullptr);
}

TEST_F(HandshakeDoor, WhoeverOnlyConnectsTakesNoPlace) {
  open();
  service_->start();
  std::vector<FileDescriptor> crowd;
  for (const auto* source : {"127.0.0.2", "127.0.0.3"}) {
    for (std::size_t i = 0; i < kPerSource; ++i) crowd.push_back(stranger(source));
  }
  // Connections are accepted in the order in which they came: those before would have all places.
  const auto fd = stranger("127.0.0.4");
  EXPECT_NE(shake(fd.get()), nullptr);
}

TEST_F(HandshakeDoor, StrangersComeAfterSessionsAndDevicesThatWereHereLatelyDoNot) {
  open();
  sessions_wait_ = true;
  gate_->give_back(*IpAddress::parse("127.0.0.2"), CountedAs::Usual, std::chrono::steady_clock::now());
  service_->start();
  for (int i = 0; i < 3; ++i) {
    const auto known = stranger("127.0.0.2");
    EXPECT_NE(shake(known.get()), nullptr) << i;
  }
  const auto first = stranger("127.0.0.3");
  EXPECT_NE(shake(first.get()), nullptr) << "a stranger's first comes in as well";
  const auto second = slow_stranger("127.0.0.3");
  EXPECT_TRUE(receive(second.get()).empty());
  ASSERT_TRUE(wait_for([&] { return has_refused(HandshakeRefusal::SessionsFirst); }));
  sessions_wait_ = false;
  const auto third = stranger("127.0.0.3");
  EXPECT_NE(shake(third.get()), nullptr) << "as soon as they wait no more";
}

TEST_F(HandshakeDoor, SaysWhetherADeviceWasCountedAsAStranger) {
  open();
  sessions_wait_ = true;
  service_->start();
  const auto fd = device("127.0.0.2");
  ASSERT_EQ(verified_.size(), 1U);
  EXPECT_EQ(verified_.front().counted_as, CountedAs::Stranger);
}

/// More at the first listener than one turn looks at, over and over; accepting pauses after each turn.
TEST_F(HandshakeDoor, AFloodAtOneListenerKeepsNobodyFromAnotherWhileSessionsComeFirst) {
  doors_ = 2;
  open();
  sessions_wait_ = true;
  std::vector<FileDescriptor> crowd;
  for (int i = 0; i < 600; ++i) crowd.push_back(slow_stranger_at(first_at_, "127.0.0.3"));
  const auto other = slow_stranger("127.0.0.4");
  wait_for_comers();
  service_->start();
  ASSERT_TRUE(wait_for([&] { return begun_in_turn_.size() == 2; })) << "the first of the crowd, and the other one";
  EXPECT_LE(begun_in_turn_.back(), 2);
}

TEST_F(HandshakeDoor, AFloodAtOneListenerKeepsNobodyFromAnotherWhileRoomComesOneByOne) {
  doors_ = 2;
  open();
  one_by_one_ = true;
  room_ = 1;
  std::vector<FileDescriptor> crowd;
  for (std::size_t i = 0; i < kPerSource; ++i) crowd.push_back(slow_stranger_at(first_at_, "127.0.0.3"));
  const auto other = stranger("127.0.0.4");
  EXPECT_EQ(::send(other.get(), "no hello", 8, MSG_NOSIGNAL), 8);
  wait_for_comers();
  service_->start();
  ASSERT_TRUE(wait_for([&] { return begun_in_turn_.size() == 1 && has_paused_; }));
  room_ = 1;
  ASSERT_TRUE(wait_for([&] { return begun_in_turn_.size() == 2; }));
  EXPECT_TRUE(wait_for([&] { return has_refused(HandshakeRefusal::Tls); })) << "it is heard at the second place";
}

TEST_F(HandshakeDoor, TellsWhoWasRefusedJustBeforeItsEnd) {
  source_ = {.per_second = 0.001, .burst = 1};
  open();
  service_->start();
  const auto first = slow_stranger("127.0.0.2");
  const auto second = slow_stranger("127.0.0.2");
  EXPECT_TRUE(receive(second.get()).empty());
  service_.reset();
  EXPECT_TRUE(has_refused(HandshakeRefusal::TooFast));
}

TEST_F(HandshakeDoor, WhoComesWaitsUntilThereIsRoomAndIsNotTurnedAway) {
  open();
  room_ = 0;
  service_->start();
  const auto fd = stranger("127.0.0.2");
  auto engine = std::move(*Engine::connect(client_, "vpn.example.com", wall_now()));
  (void)engine->handshake();
  send_all(fd.get(), *engine);
  pollfd answered{fd.get(), POLLIN, 0};
  EXPECT_EQ(::poll(&answered, 1, 100), 0) << "nobody has accepted it";
  room_ = 1;
  EXPECT_FALSE(receive(fd.get()).empty());
  const std::lock_guard lock{mutex_};
  EXPECT_TRUE(refused_.empty());
}

TEST_F(HandshakeDoor, AHandshakeThatHasJustBegunGivesWayToNobody) {
  open(60s);
  service_->start();
  std::vector<FileDescriptor> crowd;
  for (std::size_t i = 0; i < kPerSource + 1; ++i) crowd.push_back(slow_stranger("127.0.0.2"));
  ASSERT_TRUE(wait_for([&] { return !refused_.empty(); }));
  EXPECT_TRUE(receive(crowd.back().get()).empty()) << "the newcomer was turned away";
  std::byte octet{};
  EXPECT_EQ(::recv(crowd.front().get(), &octet, 1, MSG_DONTWAIT), -1);
}

TEST_F(HandshakeDoor, SaysWhoseHandshakeNeverCameToAnEnd) {
  open(60s, 100ms);
  service_->start();
  const auto silent = slow_stranger("127.0.0.2");
  ASSERT_TRUE(wait_for([&] { return has_refused(HandshakeRefusal::TimedOut); }));
}

/// Reloads one after the other while the thread has no time: what the last one said is in force.
TEST_F(HandshakeDoor, UsesTheNewestIdentityHoweverManyCameBefore) {
  open();
  for (std::uint64_t generation = 2; generation <= 200; ++generation) service_->replace_identity(identity(generation));
  service_->start();
  // The first connection of a turn may come before the identity.
  std::this_thread::sleep_for(100ms);
  const auto fd = device("127.0.0.2");
  ASSERT_EQ(verified_.size(), 1U);
  EXPECT_EQ(verified_.front().trust_generation, 200U);
}

TEST_F(HandshakeDoor, StaysShutWhateverIdentityComesAfterwards) {
  open();
  service_->stop_accepting();
  service_->replace_identity(identity(2));
  service_->start();
  const auto end = std::chrono::steady_clock::now() + kWait;
  bool is_shut = false;
  while (!is_shut && std::chrono::steady_clock::now() < end) {
    const FileDescriptor fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    is_shut = ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&at_), sizeof at_) != 0;
    std::this_thread::sleep_for(5ms);
  }
  EXPECT_TRUE(is_shut);
}

TEST_F(HandshakeDoor, ADeviceThatChangesKeysInsteadOfAskingIsSentAway) {
  open();
  service_->start();
  const auto fd = stranger("127.0.0.2");
  const auto engine = shake(fd.get());
  ASSERT_NE(engine, nullptr);
  for (int i = 0; i < 40; ++i) (void)engine->update_keys();
  send_all(fd.get(), *engine);
  ASSERT_TRUE(wait_for([&] { return !refused_.empty(); }));
  EXPECT_EQ(refused_.front().refusal, HandshakeRefusal::Tls);
  EXPECT_EQ(refused_.front().detail, "control_flood");
}

TEST_F(HandshakeDoor, SaysThatNoDescriptorWasLeft) {
  open();
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const auto fd = slow_stranger("127.0.0.2");
  // Every number below the next free one is taken.
  const FileDescriptor next{::dup(0)};
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(next.get() + 1);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  service_->start();
  const bool is_told = wait_for([&] { return !refused_.empty(); });
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(is_told) << "it was closed without a word";
}

}  // namespace
}  // namespace sallyport
