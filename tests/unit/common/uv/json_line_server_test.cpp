#include "common/uv/json_line_server.hpp"

#include "common/base/file_descriptor.hpp"
#include "common/ipc/client.hpp"
#include "common/ipc/message.hpp"
#include "common/uv/loop_thread.hpp"
#include "common/uv/timer.hpp"
#include "tests/support/temporary_directory.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <thread>
#include <vector>

namespace sallyport {
namespace {

using namespace std::chrono_literals;
using RequestId = JsonLineServer::RequestId;

/// The far end of one connection; gives up reading after five seconds.
class Peer {
 public:
  explicit Peer(const std::string& path) : fd_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    const timeval patience{5, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    address_.sun_family = AF_UNIX;
    std::memcpy(address_.sun_path, path.c_str(), path.size());
  }
  Peer& connect() {
    EXPECT_EQ(::connect(fd_.get(), reinterpret_cast<sockaddr*>(&address_), sizeof address_), 0);
    return *this;
  }
  void send(std::string_view text) { ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL); }
  void finish_sending() { ::shutdown(fd_.get(), SHUT_WR); }
  /// Nullopt when the server closed, or said nothing in time.
  std::optional<nlohmann::json> receive() {
    std::array<std::byte, 4096> chunk{};
    while (true) {
      if (auto message = reader_.next().value()) return message;
      const ssize_t n = read_some(chunk.data(), chunk.size());
      if (n <= 0) return std::nullopt;
      reader_.feed(Bytes{chunk}.first(static_cast<std::size_t>(n)));
    }
  }
  bool is_closed() {
    char c = 0;
    return read_some(&c, 1) == 0;
  }

 private:
  /// The io_uring of a newer libuv interrupts a system call that has a time limit, without any signal.
  ssize_t read_some(void* buffer, std::size_t size) const {
    while (true) {
      const ssize_t n = ::recv(fd_.get(), buffer, size, 0);
      if (n >= 0 || errno != EINTR) return n;
    }
  }

  FileDescriptor fd_;
  sockaddr_un address_{};
  MessageReader reader_{kMaxAnswerSize};
};

/// The server on a thread of its own; its loop asserts that nothing was left behind.
class JsonLineServerTest : public testing::Test {
 protected:
  ~JsonLineServerTest() override {
    thread.stop();
    server.reset();
  }
  void serve(JsonLineServer::Handler handler, JsonLineServer::GoneHandler on_gone = {}) {
    options.path = path;
    auto opened = JsonLineServer::open(thread.loop(), options, std::move(handler), std::move(on_gone));
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    server = std::move(*opened);
    thread.start();
  }
  void serve_echo() {
    serve([this](RequestId id, const nlohmann::json& request, const PeerCredentials& peer) {
      server->reply(id, {{"echo", request}, {"uid", peer.uid}, {"pid", peer.pid}});
    });
  }
  Peer peer() const {
    Peer made{path};
    made.connect();
    return made;
  }

  TemporaryDirectory directory;
  std::string path = directory.file("s");
  JsonLineServerOptions options;
  LoopThread thread{"server"};
  std::unique_ptr<JsonLineServer> server;
};

TEST_F(JsonLineServerTest, AnswersTheClientOfTheCommandLine) {
  serve_echo();
  EXPECT_EQ(ask_daemon(path, {{"do", "status"}}).value().at("echo").at("do"), "status");
}

TEST_F(JsonLineServerTest, AnswersManyRequestsOfOneConnectionInOrder) {
  serve_echo();
  auto client = peer();
  client.send("{\"n\":1}\n{\"n\":2}\n{\"n\"");
  client.send(":3}\n");
  for (int n = 1; n <= 3; ++n) EXPECT_EQ(client.receive().value().at("echo").at("n"), n);
}

TEST_F(JsonLineServerTest, HandlesNoFurtherRequestInsideALaterReply) {
  std::vector<RequestId> waiting;
  bool is_replying = false;
  bool was_reentered = false;
  serve([&](RequestId id, const nlohmann::json& request, const PeerCredentials&) {
    was_reentered = was_reentered || is_replying;
    if (request.at("do") == "wait") {
      waiting.push_back(id);
      return;
    }
    is_replying = true;
    for (const auto each : waiting) server->reply(each, {{"ok", true}});
    is_replying = false;
    server->reply(id, {{"ok", true}});
  });
  auto first = peer();
  first.send("{\"do\":\"wait\"}\n{\"do\":\"wait\"}\n");
  auto second = peer();
  // The first connection's request is with the handler before the second connection asks.
  std::this_thread::sleep_for(100ms);
  second.send("{\"do\":\"answer\"}\n");
  EXPECT_TRUE(second.receive().has_value());
  EXPECT_TRUE(first.receive().has_value());
  thread.stop();
  EXPECT_FALSE(was_reentered);
}

TEST_F(JsonLineServerTest, SaysWhoAsked) {
  serve_echo();
  auto client = peer();
  client.send("{}\n");
  const auto answer = client.receive().value();
  EXPECT_EQ(answer.at("uid"), ::getuid());
  EXPECT_EQ(answer.at("pid"), ::getpid());
}

TEST_F(JsonLineServerTest, TellsAnotherUserFromThisOne) {
  if (::getuid() != 0) GTEST_SKIP() << "only root can become another user";
  options.mode = 0666;
  serve_echo();
  ASSERT_EQ(::chmod(directory.path().c_str(), 0755), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setuid(65534) != 0) ::_exit(2);
    const auto answer = ask_daemon(path, {{"do", "status"}});
    ::_exit(answer && answer->at("uid") == 65534 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(JsonLineServerTest, AnswersLaterWhenAnotherEventCompletesTheRequest) {
  std::optional<RequestId> waiting;
  serve([&](RequestId id, const nlohmann::json& request, const PeerCredentials&) {
    if (request.at("do") == "wait") {
      waiting = id;
      return;
    }
    server->reply(waiting.value(), {{"answer", "late"}});
    server->reply(id, {{"answer", "prompt"}});
  });
  auto patient = peer();
  patient.send("{\"do\":\"wait\"}\n");
  std::this_thread::sleep_for(50ms);
  auto other = peer();
  other.send("{\"do\":\"go\"}\n{\"do\":\"go\"}\n");
  EXPECT_EQ(other.receive().value().at("answer"), "prompt");
  EXPECT_EQ(other.receive().value().at("answer"), "prompt");
  EXPECT_EQ(patient.receive().value().at("answer"), "late");
}

TEST_F(JsonLineServerTest, HandlesNoFurtherRequestBeforeTheAnswer) {
  std::vector<RequestId> seen;
  Timer later{thread.loop(), [&] {
                EXPECT_EQ(seen.size(), 1U);
                server->reply(seen.front(), {{"n", 1}});
              }};
  serve([&](RequestId id, const nlohmann::json&, const PeerCredentials&) {
    seen.push_back(id);
    if (seen.size() == 1) return later.arm(50ms);
    server->reply(id, {{"n", seen.size()}});
  });
  auto client = peer();
  client.send("{}\n{}\n");
  EXPECT_EQ(client.receive().value().at("n"), 1);
  EXPECT_EQ(client.receive().value().at("n"), 2);
  thread.stop();
}

TEST_F(JsonLineServerTest, AnswersAPeerThatFinishedSending) {
  serve_echo();
  auto client = peer();
  client.send("{\"n\":1}\n");
  client.finish_sending();
  EXPECT_EQ(client.receive().value().at("echo").at("n"), 1);
  EXPECT_TRUE(client.is_closed());
}

TEST_F(JsonLineServerTest, IgnoresAnAnswerForAPeerThatHasGoneOrWasAnswered) {
  std::optional<RequestId> first;
  serve([&](RequestId id, const nlohmann::json&, const PeerCredentials&) {
    if (!first) {
      first = id;
      return;
    }
    server->reply(*first, {{"n", 1}});
    server->reply(id, {{"n", 2}});
    server->reply(id, {{"n", 3}});
    server->reply(RequestId{999}, {{"n", 4}});
  });
  {
    auto gone = peer();
    gone.send("{}\n");
    std::this_thread::sleep_for(50ms);
  }
  auto client = peer();
  client.send("{}\n");
  client.finish_sending();
  EXPECT_EQ(client.receive().value().at("n"), 2);
  EXPECT_TRUE(client.is_closed());
}

TEST_F(JsonLineServerTest, RefusesALineThatIsTooLongAndCloses) {
  serve_echo();
  auto client = peer();
  client.send(std::string(kMaxMessageSize + 20'000, 'x'));
  const auto answer = client.receive().value();
  EXPECT_EQ(answer.at("ok"), false);
  EXPECT_EQ(answer.at("error"), describe(MessageError::TooLong));
}

TEST_F(JsonLineServerTest, RefusesDeepNestingAndCloses) {
  serve_echo();
  auto client = peer();
  client.send("{\"a\":" + std::string(60'000, '[') + "\n{\"n\":1}\n");
  EXPECT_EQ(client.receive().value().at("error"), describe(MessageError::TooDeep));
  EXPECT_FALSE(client.receive().has_value());
}

TEST_F(JsonLineServerTest, ClosesAConnectionTooManyAtOnce) {
  options.max_connections = 1;
  serve_echo();
  auto first = peer();
  first.send("{}\n");
  EXPECT_TRUE(first.receive().has_value());
  auto second = peer();
  EXPECT_TRUE(second.is_closed());
}

TEST_F(JsonLineServerTest, ClosesAPeerThatDoesNotFinishItsRequestInTime) {
  options.idle_timeout = 100ms;
  serve_echo();
  auto client = peer();
  client.send("{\"n\":");
  std::this_thread::sleep_for(60ms);
  client.send("1");
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(client.is_closed());
  EXPECT_LT(std::chrono::steady_clock::now() - start, 2s);
}

TEST_F(JsonLineServerTest, LetsAPeerWaitForItsAnswerLongerThanItMayIdle) {
  options.idle_timeout = 50ms;
  std::optional<RequestId> waiting;
  Timer later{thread.loop(), [&] { server->reply(waiting.value(), {{"ok", true}}); }};
  serve([&](RequestId id, const nlohmann::json&, const PeerCredentials&) {
    waiting = id;
    later.arm(200ms);
  });
  auto client = peer();
  client.send("{}\n");
  EXPECT_TRUE(client.receive().has_value());
  EXPECT_TRUE(client.is_closed());
  thread.stop();
}

TEST_F(JsonLineServerTest, SendsALongAnswerToASlowReader) {
  serve([this](RequestId id, const nlohmann::json&, const PeerCredentials&) {
    server->reply(id, {{"list", std::string(2'000'000, 'x')}});
  });
  auto client = peer();
  client.send("{}\n");
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(client.receive().value().at("list").get<std::string>().size(), 2'000'000U);
}

TEST_F(JsonLineServerTest, AcceptsAgainAfterDescriptorsRanOut) {
  serve_echo();
  Peer client{path};
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const FileDescriptor next{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  const rlimit none{static_cast<rlim_t>(next.get()), before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  client.connect().send("{\"n\":1}\n");
  std::this_thread::sleep_for(150ms);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(client.receive().value().at("echo").at("n"), 1);
}

TEST_F(JsonLineServerTest, StreamsLinesBeforeTheAnswerAndThenServesTheNextRequest) {
  std::optional<RequestId> streamed;
  int sent = 0;
  Timer beat{thread.loop(), [&] {
               if (++sent > 3) return server->reply(*streamed, {{"done", true}});
               server->stream(*streamed, {{"n", sent}});
               beat.arm(5ms);
             }};
  serve([&](RequestId id, const nlohmann::json& request, const PeerCredentials&) {
    if (request.at("do") != "stream") return server->reply(id, {{"echo", request}});
    streamed = id;
    server->begin_stream(id);
    server->stream(id, {{"n", 0}});
    beat.arm(5ms);
  });
  auto client = peer();
  client.send("{\"do\":\"stream\"}\n");
  for (int n = 0; n <= 3; ++n) EXPECT_EQ(client.receive().value().at("n"), n);
  EXPECT_EQ(client.receive().value().at("done"), true);
  client.send("{\"do\":\"echo\"}\n");
  EXPECT_EQ(client.receive().value().at("echo").at("do"), "echo");
  thread.stop();
}

TEST_F(JsonLineServerTest, TellsASlowReaderHowManyLinesOfAStreamItLost) {
  constexpr int kLines = 20'000;
  options.stream_backlog = 64U << 10U;
  std::optional<RequestId> streamed;
  Timer end{thread.loop(), [&] { server->reply(*streamed, {{"done", true}}); }};
  serve([&](RequestId id, const nlohmann::json&, const PeerCredentials&) {
    streamed = id;
    server->begin_stream(id);
    for (int n = 0; n < kLines; ++n) server->stream(id, {{"n", n}, {"fill", std::string(100, 'x')}});
    end.arm(200ms);
  });
  auto client = peer();
  client.send("{}\n");
  std::this_thread::sleep_for(100ms);
  int received = 0;
  int lost = 0;
  while (true) {
    const auto line = client.receive().value();
    if (line.contains("done")) break;
    if (line.contains("lost"))
      lost += line.at("lost").get<int>();
    else
      ++received;
  }
  EXPECT_GT(lost, 0);
  EXPECT_LT(received, 1000) << "what waits is bounded";
  EXPECT_EQ(received + lost, kLines);
  thread.stop();
}

TEST_F(JsonLineServerTest, TellsThatTheReaderOfAStreamHasGoneOrSpoken) {
  std::atomic<int> gone{0};
  serve(
      [&](RequestId id, const nlohmann::json&, const PeerCredentials&) {
        server->begin_stream(id);
        server->stream(id, {{"n", 0}});
      },
      [&](RequestId) { ++gone; });
  {
    auto leaves = peer();
    leaves.send("{}\n");
    EXPECT_TRUE(leaves.receive());
  }
  auto speaks = peer();
  speaks.send("{}\n");
  EXPECT_TRUE(speaks.receive());
  speaks.send("{}\n");
  EXPECT_TRUE(speaks.is_closed());
  for (int i = 0; i < 200 && gone != 2; ++i) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(gone, 2);
  thread.stop();
  EXPECT_EQ(server->connections(), 0U);
}

TEST_F(JsonLineServerTest, IsReadLineByLineByTheClientOfTheCommandLine) {
  serve([&](RequestId id, const nlohmann::json&, const PeerCredentials&) {
    server->begin_stream(id);
    server->stream(id, {{"n", 1}});
    server->stream(id, {{"n", 2}});
  });
  auto stream = DaemonStream::open(path, {{"do", "trace"}}, 5s).value();
  EXPECT_EQ(stream.next(5s).value().value().at("n"), 1);
  EXPECT_EQ(stream.next(5s).value().value().at("n"), 2);
  EXPECT_FALSE(stream.next(50ms).value()) << "nothing more for now";
  thread.stop();
  server.reset();
  EXPECT_FALSE(stream.next(5s)) << "the daemon is gone";
}

TEST_F(JsonLineServerTest, GivesTheSocketTheRightsAskedForAndRemovesIt) {
  options.mode = 0620;
  serve_echo();
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0620U);
  thread.stop();
  server.reset();
  EXPECT_EQ(::access(path.c_str(), F_OK), -1);
}

TEST_F(JsonLineServerTest, LeavesASocketThatTookItsPlace) {
  serve_echo();
  ASSERT_EQ(::unlink(path.c_str()), 0);
  std::ofstream{path} << "another";
  thread.stop();
  server.reset();
  EXPECT_EQ(::access(path.c_str(), F_OK), 0);
}

TEST_F(JsonLineServerTest, ReplacesASocketThatNobodyListensOn) {
  Peer stale{path};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size());
  const FileDescriptor left{::socket(AF_UNIX, SOCK_STREAM, 0)};
  ASSERT_EQ(::bind(left.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  serve_echo();
  EXPECT_TRUE(ask_daemon(path, {{"do", "status"}}).has_value());
}

TEST_F(JsonLineServerTest, RefusesThePathOfALiveServer) {
  serve_echo();
  Loop loop;
  const auto second = JsonLineServer::open(loop, options, {});
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, EADDRINUSE);
  EXPECT_TRUE(ask_daemon(path, {{"do", "status"}}).has_value());
}

TEST_F(JsonLineServerTest, RefusesAPathThatIsNoSocket) {
  std::ofstream{path} << "precious";
  options.path = path;
  EXPECT_FALSE(JsonLineServer::open(thread.loop(), options, {}).has_value());
  EXPECT_EQ(::access(path.c_str(), F_OK), 0);
}

TEST_F(JsonLineServerTest, RefusesAPathThatIsTooLongForASocket) {
  options.path = directory.file(std::string(120, 'x'));
  EXPECT_FALSE(JsonLineServer::open(thread.loop(), options, {}).has_value());
}

}  // namespace
}  // namespace sallyport
