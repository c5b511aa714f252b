#pragma once

#include "common/base/file_descriptor.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

namespace sallyport {

/// Answers every request on an admin socket as the test says.
class FakeGateway {
 public:
  using Answer = std::function<nlohmann::json(const nlohmann::json& request)>;

  FakeGateway(const std::string& socket_path, Answer answer) : answer_{std::move(answer)} {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, socket_path.c_str(), socket_path.size());
    listener_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    (void)::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    (void)::listen(listener_.get(), 8);
    thread_ = std::thread{[this] { serve(); }};
  }
  ~FakeGateway() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  FakeGateway(const FakeGateway&) = delete;
  FakeGateway& operator=(const FakeGateway&) = delete;

  [[nodiscard]] std::vector<nlohmann::json> requests() {
    const std::lock_guard lock{mutex_};
    return requests_;
  }

 private:
  void serve() {
    while (true) {
      const FileDescriptor peer{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
      if (!peer) return;
      serve_one(peer.get());
    }
  }
  void serve_one(int peer) {
    std::string line;
    char octet = 0;
    while (::read(peer, &octet, 1) == 1 && octet != '\n') line += octet;
    const auto request = nlohmann::json::parse(line, nullptr, false);
    {
      const std::lock_guard lock{mutex_};
      requests_.push_back(request);
    }
    const auto reply = answer_(request).dump() + '\n';
    (void)::send(peer, reply.data(), reply.size(), MSG_NOSIGNAL);
  }

  Answer answer_;
  FileDescriptor listener_;
  std::mutex mutex_;
  std::vector<nlohmann::json> requests_;
  std::thread thread_;
};

}  // namespace sallyport
