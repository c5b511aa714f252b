#pragma once

#include "common/base/file_descriptor.hpp"

#include <sys/types.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sallyport::lab {

using Words = std::vector<std::string>;
using Seconds = std::chrono::duration<double>;
using nlohmann::json;

struct Ran {
  int exit_code = -1;
  std::string output;
  std::string errors;

  [[nodiscard]] bool ok() const { return exit_code == 0; }
  /// The output as JSON, or its last line that is; null when there is none.
  [[nodiscard]] json last_line() const;
  [[nodiscard]] std::string text() const { return output + errors; }
};

/// Runs a program to its end, or kills it after `limit` (exit code -1).
Ran run(const Words& argv, Seconds limit = Seconds{10});

/// True as soon as `condition` is; false when it was not within `limit`.
bool eventually(const std::function<bool()>& condition, Seconds limit = Seconds{5});

/// A program in the background, ended by its id. Its output goes to a file.
class Background {
 public:
  explicit Background(const Words& argv, std::string log);
  ~Background();
  Background(Background&& other) noexcept;
  Background& operator=(Background&&) = delete;

  void signal(int number) const;
  /// The exit code (128 + signal), or nullopt when it still runs after `limit`.
  std::optional<int> wait(Seconds limit);
  [[nodiscard]] std::string output() const;
  [[nodiscard]] json last_line() const;
  [[nodiscard]] pid_t id() const { return pid_; }

 private:
  pid_t pid_ = -1;
  std::optional<int> exit_code_;
  std::string log_;
};

struct LabOptions {
  bool client_up = true;
  Words as{};  ///< put in front of tests/lab: another user, other namespaces
};

/// laptop, internet, gateway and office with Sallyport between them, from tests/lab. Everything ends in the destructor.
class Lab {
 public:
  explicit Lab(LabOptions options = {});
  ~Lab();
  Lab(const Lab&) = delete;
  Lab& operator=(const Lab&) = delete;

  /// Why there can be no lab on this machine; empty when there can.
  static const std::string& impossible();

  [[nodiscard]] bool is_up() const { return is_up_; }
  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] const std::string& directory() const { return directory_; }
  /// A variable of lab.env: env("LAB_ALLOWED").
  [[nodiscard]] const std::string& env(const std::string& name) const;
  /// The command line behind a variable of lab.env, with more words.
  [[nodiscard]] Words command(const std::string& name, const Words& more) const;

  enum class Place { Laptop, Internet, Gateway, Office };
  [[nodiscard]] Words at(Place place, const Words& argv) const;
  Ran run_at(Place place, const Words& argv, Seconds limit = Seconds{10}) const { return run(at(place, argv), limit); }
  Background start_at(Place place, const Words& argv, const std::string& name) const;
  Ran ctl(const Words& words, Seconds limit = Seconds{10}) const { return run(command("LAB_CTL", words), limit); }
  Ran client(const Words& words, Seconds limit = Seconds{10}) const { return run(command("LAB_CLIENT", words), limit); }

  /// tests/lab start|stop PROGRAM.
  Ran start(const std::string& program) const;
  Ran stop(const std::string& program, const std::string& signal = "TERM") const;
  [[nodiscard]] pid_t pid_of(const std::string& program) const;
  [[nodiscard]] bool lives(const std::string& program) const;

  /// A script of tests/support, with Python.
  [[nodiscard]] static Words script(const std::string& name, const Words& more);
  /// plain_client.py or hostile_device.py as the tool device, run on the internet.
  Ran tool(const std::string& script_name, const Words& more, Seconds limit = Seconds{20}) const;
  [[nodiscard]] Words tool_command(const std::string& script_name, const Words& more) const;
  /// A GET from the laptop with curl: exit code, body, and how long it took.
  struct Fetch {
    int exit_code;
    std::string body;
    double seconds;
  };
  [[nodiscard]] Fetch fetch(const std::string& endpoint, const std::string& path = "/") const;
  [[nodiscard]] bool is_online() const;
  [[nodiscard]] bool wait_online(Seconds limit = Seconds{10}) const;
  /// The laptop's inside address of that IP version.
  [[nodiscard]] std::string inside_address(int version) const;

  [[nodiscard]] std::string path(const std::string& inside) const { return directory_ + "/" + inside; }
  [[nodiscard]] std::string read(const std::string& inside) const;
  void write(const std::string& inside, const std::string& text) const;
  /// Audit records so far.
  [[nodiscard]] std::vector<json> audit() const;
  [[nodiscard]] std::size_t audit_count(const std::string& event, const std::string& reason = {}) const;

  static const std::string& source_root();
  static const std::string& build_root();

 private:
  std::string directory_;
  std::map<std::string, std::string> environment_;
  Words as_;
  bool is_up_ = false;
  std::string problem_;
};

/// `text` with `fresh` instead of the first `old`, which it must hold.
std::string replaced(std::string text, const std::string& old, const std::string& fresh);

}  // namespace sallyport::lab

/// In a fixture's SetUp: no lab here means skipped, a lab that does not come up means failed.
#define SALLYPORT_NEEDS_LAB() \
  if (!sallyport::lab::Lab::impossible().empty()) GTEST_SKIP() << sallyport::lab::Lab::impossible()
