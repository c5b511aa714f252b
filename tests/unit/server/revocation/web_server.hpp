#pragma once

#include "common/base/file_descriptor.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace sallyport {

/// Answers each request on a loopback port with what `answer` makes of its head, and closes. An answer may take its
/// time on the server's thread.
class WebServer {
 public:
  explicit WebServer(std::function<std::string(const std::string& head)> answer) : answer_{std::move(answer)} {
    listener_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_.get(), raw, size) != 0 || ::listen(listener_.get(), 8) != 0) return;
    if (::getsockname(listener_.get(), raw, &size) == 0) port_ = ntohs(address.sin_port);
    thread_ = std::thread{[this] { serve(); }};
  }
  ~WebServer() {
    is_stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  [[nodiscard]] std::string url(const std::string& path = "/list.crl") const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  [[nodiscard]] std::vector<std::string> heads() const {
    const std::lock_guard lock{mutex_};
    return heads_;
  }

  static std::string with_body(const std::string& body, const std::string& headers = {}) {
    return "HTTP/1.1 200 OK\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
           "\r\nConnection: close\r\n\r\n" + body;
  }

 private:
  void serve() {
    while (!is_stopping_) {
      pollfd waiting{listener_.get(), POLLIN, 0};
      if (::poll(&waiting, 1, 20) <= 0) continue;
      const FileDescriptor peer{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
      const timeval limit{2, 0};
      ::setsockopt(peer.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
      std::string head;
      char buffer[4096];
      while (head.find("\r\n\r\n") == std::string::npos) {
        const auto size = ::recv(peer.get(), buffer, sizeof buffer, 0);
        if (size <= 0) break;
        head.append(buffer, static_cast<std::size_t>(size));
      }
      {
        const std::lock_guard lock{mutex_};
        heads_.push_back(head);
      }
      const auto answer = answer_(head);
      (void)::send(peer.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    }
  }

  std::function<std::string(const std::string&)> answer_;
  FileDescriptor listener_;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> heads_;
  std::atomic<bool> is_stopping_{false};
  std::thread thread_;
};

}  // namespace sallyport
