#include "tests/system/support/lab.hpp"

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace sallyport::lab {
namespace {

/// NAME='value' lines.
std::map<std::string, std::string> read_environment(const std::string& path) {
  std::map<std::string, std::string> variables;
  std::ifstream file{path};
  for (std::string line; std::getline(file, line);) {
    const auto equals = line.find('=');
    if (equals == std::string::npos || line.size() < equals + 3) continue;
    variables[line.substr(0, equals)] = line.substr(equals + 2, line.size() - equals - 3);
  }
  return variables;
}

Words split(const std::string& text) {
  std::istringstream stream{text};
  return {std::istream_iterator<std::string>{stream}, {}};
}

Words joined(Words first, const Words& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

std::string make_directory() {
  std::string name = "/tmp/sallyport-lab.XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error{"no directory under /tmp"};
  return name;
}

std::string why_impossible() {
  if (::access("/dev/net/tun", R_OK | W_OK) != 0) return "no use of /dev/net/tun here";
  if (!run({"unshare", "-n", "true"}).ok() && !run({"unshare", "-Urnm", "true"}).ok())
    return "no network namespaces here";
  for (const auto* program : {"ip", "nft", "curl", "ping", "python3", "nsenter"}) {
    if (!run({"sh", "-c", std::string{"command -v "} + program}).ok()) return std::string{"no program "} + program;
  }
  return {};
}

}  // namespace

const std::string& Lab::source_root() {
  static const std::string root = SALLYPORT_SOURCE_ROOT;
  return root;
}

const std::string& Lab::build_root() {
  static const std::string root = [] {
    const char* chosen = std::getenv("SALLYPORT_BUILD");
    return std::string{chosen != nullptr ? chosen : SALLYPORT_BUILD_ROOT};
  }();
  return root;
}

const std::string& Lab::impossible() {
  static const std::string why = why_impossible();
  return why;
}

Lab::Lab(LabOptions options) : directory_{make_directory()}, as_{std::move(options.as)} {
  const Words argv = joined(as_, {"env", "SALLYPORT_BUILD=" + build_root(),
                                  std::string{"LAB_CLIENT_UP="} + (options.client_up ? "yes" : "no"),
                                  source_root() + "/tests/lab", "up", directory_});
  const auto ran = run(argv, Seconds{40});
  is_up_ = ran.ok();
  if (!is_up_) problem_ = "tests/lab up: " + ran.text();
  environment_ = read_environment(path("lab.env"));
  if (is_up_ && options.client_up && !wait_online()) {
    is_up_ = false;
    problem_ = "the laptop did not get online: " + client({"status"}).text() + read("log/sallyportd.log") +
               read("log/sallyport-gateway.log");
  }
}

Lab::~Lab() {
  if (std::getenv("SALLYPORT_KEEP_LAB") != nullptr) return;
  if (std::filesystem::exists(path("processes"))) {
    run(joined(as_, {"env", "SALLYPORT_BUILD=" + build_root(), source_root() + "/tests/lab", "down", directory_}),
        Seconds{30});
  }
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

const std::string& Lab::env(const std::string& name) const {
  static const std::string none;
  const auto found = environment_.find(name);
  return found == environment_.end() ? none : found->second;
}

Words Lab::command(const std::string& name, const Words& more) const { return joined(split(env(name)), more); }

Words Lab::at(Place place, const Words& argv) const {
  switch (place) {
    case Place::Laptop:
      return command("LAB_ON_LAPTOP", argv);
    case Place::Internet:
      return command("LAB_ON_INTERNET", argv);
    case Place::Gateway:
      return command("LAB_ON_GATEWAY", argv);
    case Place::Office:
      return command("LAB_ON_OFFICE", argv);
  }
  return {};
}

Background Lab::start_at(Place place, const Words& argv, const std::string& name) const {
  return Background{at(place, argv), path("log/" + name + ".log")};
}

Ran Lab::start(const std::string& program) const {
  return run({"env", "SALLYPORT_BUILD=" + build_root(), source_root() + "/tests/lab", "start", directory_, program},
             Seconds{15});
}

Ran Lab::stop(const std::string& program, const std::string& signal) const {
  return run({source_root() + "/tests/lab", "stop", directory_, program, signal}, Seconds{15});
}

pid_t Lab::pid_of(const std::string& program) const {
  std::istringstream lines{read("processes")};
  pid_t newest = -1;
  for (std::string line; std::getline(lines, line);) {
    const auto words = split(line);
    if (words.size() >= 2 && words[0] == program) newest = static_cast<pid_t>(std::stol(words[1]));
  }
  return newest;
}

bool Lab::lives(const std::string& program) const {
  const auto pid = pid_of(program);
  if (pid <= 0 || ::kill(pid, 0) != 0) return false;
  std::ifstream status{"/proc/" + std::to_string(pid) + "/stat"};
  const std::string text{std::istreambuf_iterator<char>{status}, {}};
  const auto close = text.rfind(") ");
  return close != std::string::npos && text[close + 2] != 'Z';
}

Words Lab::script(const std::string& name, const Words& more) {
  return joined({"python3", source_root() + "/tests/support/" + name}, more);
}

Words Lab::tool_command(const std::string& script_name, const Words& more) const {
  return at(Place::Internet,
            script(script_name, joined({env("LAB_GATEWAY_HOST") + ":" + env("LAB_GATEWAY_PORT"),
                                        env("LAB_GATEWAY_NAME"), env("LAB_CA"), env("LAB_CERT"), env("LAB_KEY")},
                                       more)));
}

Ran Lab::tool(const std::string& script_name, const Words& more, Seconds limit) const {
  return run(tool_command(script_name, more), limit);
}

Lab::Fetch Lab::fetch(const std::string& endpoint, const std::string& path_of_url) const {
  const auto started = std::chrono::steady_clock::now();
  const auto ran = run_at(Place::Laptop, {"curl", "-sS", "--max-time", "3", "http://" + endpoint + path_of_url});
  return {ran.exit_code, ran.output, Seconds{std::chrono::steady_clock::now() - started}.count()};
}

bool Lab::is_online() const {
  const auto status = client({"--json", "status"}).last_line();
  return status.is_object() && status.value("state", "") == "online";
}

bool Lab::wait_online(Seconds limit) const {
  return eventually([this] { return is_online(); }, limit);
}

std::string Lab::inside_address(int version) const {
  const auto list = ctl({"--json", "sessions", "list"}).last_line();
  for (const auto& session : list.value("sessions", json::array())) {
    if (session.value("device", "") == env("LAB_DEVICE")) return session.value(version == 4 ? "v4" : "v6", "");
  }
  return {};
}

std::string Lab::read(const std::string& inside) const {
  std::ifstream file{path(inside)};
  return {std::istreambuf_iterator<char>{file}, {}};
}

void Lab::write(const std::string& inside, const std::string& text) const {
  std::ofstream{path(inside), std::ios::trunc} << text;
}

std::vector<json> Lab::audit() const {
  std::vector<json> records;
  std::istringstream lines{read("state/audit.jsonl")};
  for (std::string line; std::getline(lines, line);) records.push_back(json::parse(line, nullptr, false));
  return records;
}

std::size_t Lab::audit_count(const std::string& event, const std::string& reason) const {
  std::size_t count = 0;
  for (const auto& record : audit()) {
    count += static_cast<std::size_t>(record.value("event", "") == event &&
                                      (reason.empty() || record.value("reason", "") == reason));
  }
  return count;
}

std::string replaced(std::string text, const std::string& old, const std::string& fresh) {
  const auto at = text.find(old);
  if (at == std::string::npos) throw std::logic_error{"nothing to replace: " + old};
  return text.replace(at, old.size(), fresh);
}

}  // namespace sallyport::lab
