// Where this program begins. Of what a person waits for at `sallyport up`, making the C library ready is the longest
// part, and the service needs none of it: the request goes first. Nothing has been relocated yet, there is no
// thread-local storage, and no function of a library may be called (tests/lint/early_question_test.py).

#include "client/cli/early_question.hpp"

#include "client/cli/up_words.hpp"

#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>

#include <utility>

namespace sallyport {
namespace {

constinit int asked = -1;
// Zero from the start: to make them so here could call a function.
constinit sockaddr_un address{};
constinit char request[kLongestUpRequest]{};
constinit sched_param usual{};
/// With a near gateway the answer is there by then; with another, this program makes itself ready meanwhile.
constinit timespec head_start{0, 20'000'000};

long call(long number, long a, long b, long c, long d = 0) noexcept {
  long result = number;
  register long fourth __asm__("r10") = d;
  register long fifth __asm__("r8") = 0;
  register long sixth __asm__("r9") = 0;
  __asm__ volatile("syscall"
                   : "+a"(result)
                   : "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth), "r"(sixth)
                   : "rcx", "r11", "memory");
  return result;
}

/// False: too long.
bool fill_address(const char* path) noexcept {
  address.sun_family = AF_UNIX;
  for (std::size_t i = 0; i + 1 < sizeof address.sun_path; ++i) {
    address.sun_path[i] = path[i];
    if (path[i] == '\0') return true;
  }
  return false;
}

bool ask(long connection, std::size_t size) noexcept {
  if (call(SYS_connect, connection, reinterpret_cast<long>(&address), sizeof address) != 0) return false;
  const long sent =
      call(SYS_sendto, connection, reinterpret_cast<long>(request), static_cast<long>(size), MSG_NOSIGNAL);
  return sent == static_cast<long>(size);
}

}  // namespace

/// What comes next here is long, and on a machine with few processors the service would wait for it: it goes first now,
/// and when it has answered, the packets that it has to carry.
void give_way(long connection) noexcept {
  (void)call(SYS_sched_setscheduler, 0, SCHED_BATCH, reinterpret_cast<long>(&usual));
  pollfd answer;
  answer.fd = static_cast<int>(connection);
  answer.events = POLLIN;
  answer.revents = 0;
  (void)call(SYS_ppoll, reinterpret_cast<long>(&answer), 1, reinterpret_cast<long>(&head_start));
}

/// Whatever goes wrong is found again, and told, by who asks in the usual way.
extern "C" __attribute__((visibility("hidden"))) void sallyport_ask_early(const long* stack) noexcept {
  // The number of words, the words and a null (System V ABI, "Initial Stack").
  const long count = *stack;
  UpWords up;
  if (count < 2 || !read_up_words(reinterpret_cast<const char* const*>(stack + 2), up)) return;
  const std::size_t size = write_up_request(up, request);
  if (size == 0 || !fill_address(up.socket != nullptr ? up.socket : kUsualSocket)) return;
  const long connection = call(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (connection < 0) return;
  if (!ask(connection, size)) {
    (void)call(SYS_close, connection, 0, 0);
    return;
  }
  asked = static_cast<int>(connection);
  give_way(connection);
}

int take_early_question() noexcept { return std::exchange(asked, -1); }

}  // namespace sallyport

// The kernel's stack and rdx go on to the C library's own beginning as they were.
__asm__(R"(
.text
.globl sallyport_begin
.hidden sallyport_begin
.type sallyport_begin, @function
sallyport_begin:
  .cfi_startproc
  .cfi_undefined %rip
  endbr64
  xorl %ebp, %ebp
  movq %rsp, %rbx
  movq %rdx, %r12
  movq %rsp, %rdi
  andq $-16, %rsp
  call sallyport_ask_early
  movq %rbx, %rsp
  movq %r12, %rdx
  jmp _start
  .cfi_endproc
.size sallyport_begin, .-sallyport_begin
)");
