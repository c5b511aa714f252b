// Thousands of laptops for a real gateway, in one process and without interfaces. Started by tests/bench/scale.
//
//   crowd STATE GATEWAY PORT NAME SINK COUNT [SOURCES]
//
// Makes COUNT devices with the authority in STATE/ca and enrols them in STATE/gateway.db, says {"ready":true}, then
// reads commands, one a line, and answers each with one line of JSON when it is done; times are in seconds:
//
//   connect LIMIT           idle TIME           send TIME RATE           reconnect COUNT PARALLEL LIMIT           check
//   LIMIT
//
// Members that lose their connection come back by themselves, as sallyportd does, whatever the command is.
#include "common/uv/poll.hpp"
#include "tests/bench/crowd/crowd.hpp"
#include "tests/bench/crowd/must.hpp"

#include <unistd.h>

#include <array>
#include <csignal>
#include <deque>
#include <iostream>
#include <sstream>

namespace sallyport {
namespace {

void say(const nlohmann::json& line) { std::cout << line.dump() << '\n' << std::flush; }

Duration seconds(double value) { return std::chrono::duration_cast<Duration>(std::chrono::duration<double>{value}); }

/// The commands that wait, and the loop they are read on.
class Desk {
 public:
  Desk(Loop& loop, Crowd::Settings settings, std::vector<CrowdDevice> devices)
      : loop_{loop},
        crowd_{loop, std::move(settings), std::move(devices),
               [this](nlohmann::json&& line) {
                 say(line);
                 next_.arm({});
               }},
        next_{loop, [this] { work(); }},
        input_{must(Poll::watch(loop, STDIN_FILENO, [this](bool, bool) { read(); }))} {
    input_.set_interest(true, false);
    say({{"ready", true}});
  }

 private:
  void read() {
    std::array<char, 4096> buffer{};
    const ssize_t size = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (size <= 0) return loop_.stop();
    text_.append(buffer.data(), static_cast<std::size_t>(size));
    for (auto end = text_.find('\n'); end != std::string::npos; end = text_.find('\n')) {
      waiting_.push_back(text_.substr(0, end));
      text_.erase(0, end + 1);
    }
    work();
  }

  void work() {
    if (crowd_.is_busy() || waiting_.empty()) return;
    std::istringstream words{waiting_.front()};
    waiting_.pop_front();
    std::string name;
    std::array<double, 3> values{};
    words >> name;
    for (auto& value : values) words >> value;
    run(name, values);
  }

  void run(const std::string& name, const std::array<double, 3>& values) {
    if (name == "connect") return crowd_.connect(seconds(values[0]));
    if (name == "idle") return crowd_.idle(seconds(values[0]));
    if (name == "send") return crowd_.send(seconds(values[0]), values[1]);
    if (name == "check") return crowd_.check(seconds(values[0]));
    if (name != "reconnect") give_up("no such command: " + name);
    crowd_.reconnect(static_cast<std::size_t>(values[0]), static_cast<std::size_t>(values[1]), seconds(values[2]));
  }

  Loop& loop_;
  Crowd crowd_;
  Timer next_;
  Poll input_;
  std::string text_;
  std::deque<std::string> waiting_;
};

int run(int count, char** words) {
  if (count < 7) {
    std::cerr << "usage: crowd STATE GATEWAY PORT NAME SINK COUNT [SOURCES]; see tests/bench/scale\n";
    return 2;
  }
  const auto gateway = IpAddress::parse(words[2]);
  if (!gateway) give_up("not an address: " + std::string{words[2]});
  Crowd::Settings settings{.place = {*gateway, static_cast<std::uint16_t>(std::atoi(words[3])), words[4]},
                           .sink = words[5],
                           .sources = count > 7 ? static_cast<std::size_t>(std::atoi(words[7])) : 0};
  auto devices = make_crowd_devices(words[1], static_cast<std::size_t>(std::atoi(words[6])));
  Loop loop;
  Desk desk{loop, std::move(settings), std::move(devices)};
  loop.run();
  return 0;
}

}  // namespace
}  // namespace sallyport

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  return sallyport::run(argc, argv);
}
