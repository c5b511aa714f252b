#pragma once

#include "server/ctl/ctl.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

namespace sallyport {

/// One finished run of sallyportctl.
struct CtlRun {
  CtlExit code;
  std::string out;
  std::string err;

  /// Null when `out` is not one JSON document.
  [[nodiscard]] nlohmann::json json() const {
    auto parsed = nlohmann::json::parse(out, nullptr, false);
    return parsed.is_discarded() ? nlohmann::json{} : parsed;
  }
};

/// A gateway's files in a directory of their own, and sallyportctl working on them.
class CtlTest : public testing::Test {
 protected:
  CtlTest() {
    write("gateway.toml",
          "version = 1\nname = \"vpn.example.com\"\ntrust_domain = \"example.com\"\n"
          "pool = \"10.99.0.0/24\"\nstate = \"" +
              path("state") + "\"\nruntime = \"" + path("run") + "\"\npolicy = \"" + path("policy.d") + "\"\n");
    EXPECT_EQ(::mkdir(path("policy.d").c_str(), 0755), 0);
    EXPECT_EQ(::mkdir(path("run").c_str(), 0755), 0);
  }

  CtlRun ctl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--config", path("gateway.toml")});
    return bare(arguments);
  }
  CtlRun bare(const std::vector<std::string>& arguments) {
    std::ostringstream out;
    std::ostringstream err;
    const auto code = run_ctl(arguments, out, err, false, now_);
    return {code, out.str(), err.str()};
  }
  /// Runs it, expects success and returns the document.
  nlohmann::json document(std::vector<std::string> arguments) {
    arguments.push_back("--json");
    const auto run = ctl(arguments);
    EXPECT_EQ(run.code, CtlExit::Ok) << run.out << run.err;
    EXPECT_EQ(run.err, "");
    const auto json = run.json();
    EXPECT_EQ(json.value("v", 0), 1) << run.out;
    EXPECT_EQ(json.value("ok", false), true) << run.out;
    return json;
  }
  void must(const std::vector<std::string>& arguments) {
    const auto run = ctl(arguments);
    ASSERT_EQ(run.code, CtlExit::Ok) << run.out << run.err;
  }

  void make_authority() {
    must({"ca", "init"});
    must({"gateway-cert", "issue"});
  }
  /// A key and a request made by another implementation.
  std::string make_request(const std::string& name) {
    const auto csr = path(name + ".csr");
    EXPECT_TRUE(openssl("req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=" + name + " -keyout " +
                        path(name + ".key") + " -out " + csr));
    return csr;
  }
  void enroll(const std::string& id, const std::string& user = "ana@example.com") {
    must({"devices", "enroll", "--user", user, "--csr", make_request(id), "--out", path(id + ".pem")});
  }
  bool openssl(const std::string& arguments) {
    return std::system(("openssl " + arguments + " >" + path("openssl.out") + " 2>&1").c_str()) == 0;
  }
  bool openssl_accepts(const std::string& certificate) {
    return openssl("verify -crl_check -purpose sslclient -CAfile " + path("state/ca/ca.pem") + " -CRLfile " +
                   path("state/crl.pem") + ' ' + certificate);
  }

  [[nodiscard]] std::string path(const std::string& name) const { return directory_.file(name); }
  void write(const std::string& name, const std::string& content) const { std::ofstream{path(name)} << content; }
  [[nodiscard]] std::string content(const std::string& name) const {
    std::ifstream file{path(name)};
    return {std::istreambuf_iterator<char>{file}, {}};
  }
  [[nodiscard]] unsigned mode(const std::string& name) const {
    struct stat status {};
    return ::stat(path(name).c_str(), &status) == 0 ? status.st_mode & 0777U : 0U;
  }

  TemporaryDirectory directory_;
  WallTime now_ = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
};

}  // namespace sallyport
