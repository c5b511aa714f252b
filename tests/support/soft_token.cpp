#include "tests/support/soft_token.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

extern char** environ;

namespace sallyport {
namespace {

constexpr const char* kModules[] = {"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so",
                                    "/usr/lib64/softhsm/libsofthsm2.so"};

std::string soft_module() {
  for (const auto* path : kModules) {
    if (::access(path, R_OK) == 0) return path;
  }
  return {};
}

bool run(std::vector<std::string> words) {
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t quiet;
  posix_spawn_file_actions_init(&quiet);
  posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t pid = -1;
  const int spawned = ::posix_spawnp(&pid, argv[0], &quiet, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&quiet);
  int status = -1;
  return spawned == 0 && ::waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

SoftToken::SoftToken(std::filesystem::path directory, const std::string& label)
    : directory_{std::move(directory)}, label_{label} {
  std::filesystem::create_directories(directory_ / "tokens");
  std::ofstream{directory_ / "softhsm2.conf"} << "directories.tokendir = " << (directory_ / "tokens").string()
                                              << "\nobjectstore.backend = file\nlog.level = ERROR\n";
  ::setenv("SOFTHSM2_CONF", (directory_ / "softhsm2.conf").c_str(), 1);
  ::setenv("SALLYPORT_MODULE_REAL", soft_module().c_str(), 1);
  ::setenv("SALLYPORT_MODULE_LOG", (directory_ / "calls").c_str(), 1);
  ::setenv("SALLYPORT_MODULE_HANG", (directory_ / "hang").c_str(), 1);
  if (!add(label)) std::abort();
}

std::string SoftToken::impossible() {
  if (soft_module().empty()) return "SoftHSM is not installed";
  return run({"softhsm2-util", "--version"}) ? "" : "softhsm2-util is not installed";
}

std::string SoftToken::module() { return SALLYPORT_COUNTING_MODULE; }

bool SoftToken::add(const std::string& label) const {
  return run({"softhsm2-util", "--init-token", "--free", "--label", label, "--pin", kPin, "--so-pin", "87654321"});
}

std::string SoftToken::uri(const std::string& object, const std::string& more) const {
  return "pkcs11:token=" + label_ + ";object=" + object + "?module-path=" + module() + more;
}

bool SoftToken::import(const std::string& key_file, const std::string& label, const std::string& id) const {
  return run({"softhsm2-util", "--import", key_file, "--token", label_, "--label", label, "--id", id, "--pin", kPin});
}

void SoftToken::pull() const { std::filesystem::rename(directory_ / "tokens", directory_ / "pulled"); }
void SoftToken::put_back() const { std::filesystem::rename(directory_ / "pulled", directory_ / "tokens"); }

void SoftToken::hang(bool hangs) const {
  if (hangs)
    std::ofstream{directory_ / "hang"};
  else
    std::filesystem::remove(directory_ / "hang");
}

std::vector<std::string> SoftToken::calls() const {
  std::vector<std::string> lines;
  std::ifstream file{directory_ / "calls"};
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

std::size_t SoftToken::count(const std::string& call) const {
  const auto lines = calls();
  return static_cast<std::size_t>(std::count(lines.begin(), lines.end(), call));
}

void SoftToken::clear() const { std::filesystem::remove(directory_ / "calls"); }

}  // namespace sallyport
