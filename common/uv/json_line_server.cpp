#include "common/uv/json_line_server.hpp"

#include "common/uv/json_line_connection.hpp"
#include "common/uv/local_socket.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <utility>
#include <vector>

namespace sallyport {
namespace {

/// So that a crowd at the door does not hold up the loop.
constexpr int kAcceptsPerTurn = 16;
/// How long to leave callers waiting when this process has no descriptor for them.
constexpr auto kAcceptPause = std::chrono::milliseconds{100};

}  // namespace

class JsonLineServer::Impl {
 public:
  Impl(Loop& loop, JsonLineServerOptions options, Handler on_request, GoneHandler on_gone, LocalSocket socket)
      : loop_{loop},
        options_{std::move(options)},
        on_request_{std::move(on_request)},
        on_gone_{std::move(on_gone)},
        socket_{std::move(socket)},
        resume_{loop, [this] { listener_->set_interest(true, false); }},
        serve_answered_{loop, [this] {
                          for (const ConnectionId id : std::exchange(answered_, {})) {
                            if (connections_.contains(id)) serve(id);
                          }
                        }} {}

  Result<void, SystemError> start() {
    auto listener = Poll::watch(loop_, socket_.fd(), [this](bool, bool) { accept_some(); });
    if (!listener) return fail(listener.error());
    listener_.emplace(std::move(*listener));
    listener_->set_interest(true, false);
    return {};
  }

  void reply(RequestId request, const nlohmann::json& answer) {
    const auto place = find(request);
    if (place == connections_.end()) return;
    place->second.connection.answer(answer);
    serve_soon(*place);
  }

  void begin_stream(RequestId request) {
    const auto place = find(request);
    if (place == connections_.end()) return;
    place->second.connection.begin_stream(options_.stream_backlog);
    serve_soon(*place);
  }

  void stream(RequestId request, const nlohmann::json& line) {
    const auto place = find(request);
    if (place != connections_.end() && place->second.connection.stream(line)) serve_soon(*place);
  }

  [[nodiscard]] std::size_t connections() const noexcept { return connections_.size(); }

 private:
  using ConnectionId = std::uint64_t;
  struct Seat {
    JsonLineConnection connection;
    bool is_served = false;  ///< its requests are being handled further up the stack
  };

  using Connections = std::map<ConnectionId, Seat>;

  Connections::iterator find(RequestId request) {
    return std::find_if(connections_.begin(), connections_.end(),
                        [request](const auto& entry) { return entry.second.connection.waits_for(request); });
  }

  /// From inside the handler the rest follows in serve(). Otherwise in a turn of its own: who answers several requests
  /// in a loop must not find the next request handled in the middle of it.
  void serve_soon(const Connections::value_type& entry) {
    if (entry.second.is_served) return;
    answered_.push_back(entry.first);
    serve_answered_.arm(Duration::zero());
  }

  void erase(ConnectionId id) {
    const auto place = connections_.find(id);
    const auto streamed = place->second.connection.streamed();
    connections_.erase(place);
    if (streamed && on_gone_) on_gone_(*streamed);
  }

  void accept_some() {
    for (int turn = 0; turn < kAcceptsPerTurn; ++turn) {
      FileDescriptor fd{::accept4(socket_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
      if (fd) {
        admit(std::move(fd));
        continue;
      }
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        listener_->set_interest(false, false);
        resume_.arm(kAcceptPause);
      }
      if (errno != EINTR && errno != ECONNABORTED) return;
    }
  }

  void admit(FileDescriptor fd) {
    if (connections_.size() >= options_.max_connections) return;
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return;
    const ConnectionId id = ++last_connection_;
    const PeerCredentials peer{credentials.uid, credentials.gid, credentials.pid};
    const auto place =
        connections_.emplace(id, Seat{JsonLineConnection{std::move(fd), peer, options_.idle_timeout}}).first;
    auto& connection = place->second.connection;
    const auto started = connection.start(
        loop_, [this, id](bool readable, bool) { on_ready(id, readable); }, [this, id] { erase(id); });
    if (!started) connections_.erase(place);
  }

  void on_ready(ConnectionId id, bool readable) {
    if (readable) connections_.at(id).connection.receive();
    serve(id);
  }

  void serve(ConnectionId id) {
    auto& seat = connections_.at(id);
    auto& connection = seat.connection;
    seat.is_served = true;
    while (const auto request = connection.next_request()) {
      const auto name = RequestId{++last_request_};
      connection.begin(name);
      on_request_(name, *request, connection.peer());
    }
    seat.is_served = false;
    connection.settle();
    if (connection.is_over()) erase(id);
  }

  Loop& loop_;
  const JsonLineServerOptions options_;
  const Handler on_request_;
  const GoneHandler on_gone_;
  LocalSocket socket_;
  Timer resume_;
  Timer serve_answered_;
  std::vector<ConnectionId> answered_;  ///< connections whose next request is due
  std::optional<Poll> listener_;
  Connections connections_;
  ConnectionId last_connection_ = 0;
  std::uint64_t last_request_ = 0;
};

Result<std::unique_ptr<JsonLineServer>, SystemError> JsonLineServer::open(Loop& loop, JsonLineServerOptions options,
                                                                          Handler on_request, GoneHandler on_gone) {
  auto socket = LocalSocket::listen(options.path, options.mode, options.group);
  if (!socket) return fail(socket.error());
  auto impl =
      std::make_unique<Impl>(loop, std::move(options), std::move(on_request), std::move(on_gone), std::move(*socket));
  if (auto started = impl->start(); !started) return fail(started.error());
  return std::unique_ptr<JsonLineServer>{new JsonLineServer{std::move(impl)}};
}

JsonLineServer::JsonLineServer(std::unique_ptr<Impl> impl) noexcept : impl_{std::move(impl)} {}
JsonLineServer::~JsonLineServer() = default;

void JsonLineServer::reply(RequestId request, const nlohmann::json& answer) { impl_->reply(request, answer); }

void JsonLineServer::begin_stream(RequestId request) { impl_->begin_stream(request); }
void JsonLineServer::stream(RequestId request, const nlohmann::json& line) { impl_->stream(request, line); }

std::size_t JsonLineServer::connections() const noexcept { return impl_->connections(); }

}  // namespace sallyport
