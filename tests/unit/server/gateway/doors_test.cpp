#include "server/gateway/doors.hpp"

#include "tests/unit/server/gateway/control_fixture.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <array>
#include <mutex>

namespace sallyport {
namespace {

/// Doors on this machine, with whoever knocks as a plain socket.
class DoorsTest : public ControlRoom {
 protected:
  void open() {
    auto listeners = Doors::listen({Endpoint{.address = *IpAddress::parse("127.0.0.1"), .port = 0}});
    ASSERT_TRUE(listeners) << listeners.error();
    socklen_t size = sizeof place_;
    ASSERT_EQ(::getsockname(listeners->front().get(), reinterpret_cast<sockaddr*>(&place_), &size), 0);
    ASSERT_TRUE(doors_.open_enrolment());
    doors_.open_handshakes(std::move(*listeners), [](TimePoint) { return false; });
  }
  /// Somebody who speaks no TLS, up to the answer that he is not welcome.
  void knock() const {
    const FileDescriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    ASSERT_EQ(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&place_), sizeof place_), 0);
    constexpr std::string_view kWords = "this is no hello at all";
    ASSERT_EQ(::send(socket.get(), kWords.data(), kWords.size(), MSG_NOSIGNAL), static_cast<ssize_t>(kWords.size()));
    std::array<char, 100> answer{};
    (void)::recv(socket.get(), answer.data(), answer.size(), 0);
  }
  [[nodiscard]] std::size_t heard() {
    const std::lock_guard lock{mutex_};
    return messages_.size();
  }

  sockaddr_in place_{};
  std::mutex mutex_;
  std::vector<ControlMessage> messages_;
  const RefusalDesk::Post post_ = [this](ControlMessage&& message) {
    const std::lock_guard lock{mutex_};
    messages_.push_back(std::move(message));
    return true;
  };
  AdmissionGate admissions_{16};
  RefusalDesk refusals_{books_, tally_, post_};
  Doors doors_{snapshot_, clock_, {admissions_, refusals_, tally_, post_}};
};

TEST_F(DoorsTest, HaveSaidWhomTheyRefusedByTheTimeThatTheyAreClosed) {
  open();
  knock();
  doors_.close();
  ASSERT_EQ(heard(), 1U) << "refusals are told of some milliseconds later, as a rule";
  refusals_.take(std::get<RefusedHandshake>(messages_.front()));
  EXPECT_EQ(records_of("handshake.refused").size(), 1U);
}

TEST_F(DoorsTest, DoNothingMoreOnceTheyAreClosed) {
  open();
  doors_.close();
  doors_.show_trust();
  doors_.answer(7, {});
  doors_.give_back(*IpAddress::parse("192.0.2.7"), CountedAs::Usual);
  doors_.stop_accepting();
  doors_.close();
  EXPECT_EQ(doors_.handshake_threads(), 0U);
  EXPECT_EQ(heard(), 0U);
}

TEST_F(DoorsTest, SayWhereTheyCannotListen) {
  const auto listeners = Doors::listen({Endpoint{.address = *IpAddress::parse("192.0.2.254"), .port = 443}});
  ASSERT_FALSE(listeners);
  EXPECT_NE(listeners.error().find("192.0.2.254"), std::string::npos) << listeners.error();
}

}  // namespace
}  // namespace sallyport
