#include "common/ipc/client.hpp"

#include "common/base/file_descriptor.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <thread>

namespace sallyport {
namespace {

using namespace std::chrono_literals;

/// A daemon that takes one connection, reads once and answers with fixed bytes.
class AskDaemon : public testing::Test {
 protected:
  void listen() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size());
    listener.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(listener.get(), 4), 0);
  }
  std::thread answer_once(std::string answer) {
    return std::thread{[this, answer = std::move(answer)] {
      const FileDescriptor peer{::accept(listener.get(), nullptr, nullptr)};
      std::array<char, 256> request{};
      EXPECT_GT(::recv(peer.get(), request.data(), request.size(), 0), 0);
      EXPECT_EQ(::send(peer.get(), answer.data(), answer.size(), MSG_NOSIGNAL), static_cast<ssize_t>(answer.size()));
    }};
  }

  TemporaryDirectory directory;
  std::string path = directory.file("s");
  FileDescriptor listener;
};

TEST_F(AskDaemon, GivesTheAnswer) {
  listen();
  auto daemon = answer_once("{\"ok\":true}\n");
  EXPECT_EQ(ask_daemon(path, {{"do", "status"}}).value().at("ok"), true);
  daemon.join();
}

TEST_F(AskDaemon, TakesAnAnswerLongerThanARequestMayBe) {
  listen();
  auto daemon = answer_once("{\"sessions\":\"" + std::string(300'000, 'x') + "\"}\n");
  EXPECT_EQ(ask_daemon(path, {{"do", "sessions.list"}}).value().at("sessions").get<std::string>().size(), 300'000U);
  daemon.join();
}

TEST_F(AskDaemon, SaysThatTheDaemonIsNotRunningWhenThereIsNoSocket) {
  EXPECT_EQ(ask_daemon(path, {{"do", "status"}}).error(), IpcError::NotRunning);
}

TEST_F(AskDaemon, SaysThatTheDaemonIsNotRunningWhenNobodyListens) {
  listen();
  listener.reset();
  EXPECT_EQ(ask_daemon(path, {{"do", "status"}}).error(), IpcError::NotRunning);
}

TEST_F(AskDaemon, SaysThatThePathIsNoSocketOfADaemonWhenItIsTooLong) {
  EXPECT_EQ(ask_daemon("/" + std::string(200, 'x'), {{"do", "status"}}).error(), IpcError::NotRunning);
}

TEST_F(AskDaemon, GivesUpOnADaemonThatDoesNotAnswer) {
  listen();
  EXPECT_EQ(ask_daemon(path, {{"do", "status"}}, 50ms).error(), IpcError::Timeout);
}

TEST_F(AskDaemon, RefusesAnAnswerThatIsNoObject) {
  listen();
  auto daemon = answer_once("hello\n");
  EXPECT_EQ(ask_daemon(path, {{"do", "status"}}).error(), IpcError::BadAnswer);
  daemon.join();
}

TEST_F(AskDaemon, RefusesAnAnswerThatBreaksOff) {
  listen();
  auto daemon = answer_once("{\"ok\":tr");
  EXPECT_EQ(ask_daemon(path, {{"do", "status"}}).error(), IpcError::BadAnswer);
  daemon.join();
}

TEST_F(AskDaemon, SaysThatItIsNotPermittedWhenTheSocketIsForOthers) {
  listen();
  ASSERT_EQ(::chmod(path.c_str(), 0), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    // Root may connect to anything.
    if (::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(2);
    const auto answer = ask_daemon(path, {{"do", "status"}});
    ::_exit(!answer && answer.error() == IpcError::NotPermitted ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace sallyport
