#pragma once

#include "common/base/file_descriptor.hpp"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace sallyport::test {

/// Both ends of a connection over the loopback interface: as short as a path can be.
struct Connected {
  FileDescriptor ours;
  FileDescriptor theirs;
};

inline Connected connect_over_loopback() {
  const FileDescriptor listener{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(::bind(listener.get(), plain, size), 0);
  EXPECT_EQ(::listen(listener.get(), 1), 0);
  EXPECT_EQ(::getsockname(listener.get(), plain, &size), 0);
  Connected made{FileDescriptor{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)}, {}};
  EXPECT_EQ(::connect(made.ours.get(), plain, size), 0);
  made.theirs = FileDescriptor{::accept(listener.get(), nullptr, nullptr)};
  return made;
}

/// From now on every segment that comes to this connected socket is lost, acknowledgements as well.
inline void deafen(int fd) {
  sock_filter nothing{.code = BPF_RET | BPF_K, .jt = 0, .jf = 0, .k = 0};
  const sock_fprog program{.len = 1, .filter = &nothing};
  ASSERT_EQ(::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program), 0);
}

inline void let_hear(int fd) {
  const int unused = 0;
  ASSERT_EQ(::setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused), 0);
}

}  // namespace sallyport::test
