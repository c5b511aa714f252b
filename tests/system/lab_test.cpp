#include "tests/system/support/fixture.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

namespace sallyport::lab {
namespace {

/// The lab and the tour themselves: they work for everybody, and leave nothing.
class LabItself : public ::testing::Test {
 protected:
  void SetUp() override { SALLYPORT_NEEDS_LAB(); }

  /// Command lines of all processes that name `needle`.
  static std::set<std::string> processes_naming(const std::string& needle) {
    std::set<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
      std::ifstream file{entry.path() / "cmdline"};
      std::string line{std::istreambuf_iterator<char>{file}, {}};
      for (auto& letter : line) letter = letter == '\0' ? ' ' : letter;
      const auto name = entry.path().filename().string();
      if (line.find(needle) != std::string::npos && name != std::to_string(::getpid())) found.insert(name + ' ' + line);
    }
    return found;
  }
  /// Up, one fetch through the tunnel, down; with `wrapper` in front of every command.
  static void expect_works(const Words& wrapper, const std::string& directory) {
    const auto with = [&wrapper](const Words& more) {
      Words words = wrapper;
      words.insert(words.end(), more.begin(), more.end());
      return words;
    };
    const std::string script = Lab::source_root() + "/tests/lab";
    const std::string session =
        "export SALLYPORT_BUILD=" + Lab::build_root() + "\nset -e\n" + script + " up " + directory + "\n. " +
        directory +
        "/lab.env\nfor _ in $(seq 100); do $LAB_CLIENT status >/dev/null 2>&1 && break; sleep 0.05; done\n"
        "$LAB_ON_LAPTOP curl -sS --max-time 5 http://$LAB_ALLOWED/\n"
        "$LAB_ON_LAPTOP curl -sS --max-time 5 http://$LAB_ALLOWED_V6/\n" +
        "$LAB_CTL status >/dev/null\n" + script + " down " + directory + "\n";
    const auto ran = run(with({"bash", "-c", session}), Seconds{60});
    EXPECT_TRUE(ran.ok()) << ran.text();
    EXPECT_EQ(ran.output, "hello from the office\nhello from the office\n") << ran.errors;
    EXPECT_FALSE(std::filesystem::exists(directory));
    EXPECT_TRUE(eventually([&] { return processes_naming(directory).empty(); }))
        << *processes_naming(directory).begin();
  }
};

TEST_F(LabItself, WorksForTheOneWhoRunsTheTestsAndLeavesNothing) { expect_works({}, "/tmp/sallyport-lab-as-is"); }

TEST_F(LabItself, WorksInsideAUserNamespace) {
  if (!run({"unshare", "-Urnm", "true"}).ok()) GTEST_SKIP() << "no user namespaces here";
  expect_works({"unshare", "-Urnm"}, "/tmp/sallyport-lab-unshared");
}

TEST_F(LabItself, WorksForAnOrdinaryUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "the test above is this one already";
  // The device may be root's alone here: in a mount namespace of this test's own it is everybody's, as distributions
  // have it.
  const std::string open_device =
      "mount -t tmpfs none /mnt && mknod -m 666 /mnt/tun c 10 200 && mount --bind /mnt/tun /dev/net/tun";
  if (!run({"unshare", "-m", "sh", "-c", open_device}).ok()) GTEST_SKIP() << "cannot open /dev/net/tun to others here";
  if (!run({"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "unshare", "-Urnm", "true"}).ok())
    GTEST_SKIP() << "no user namespaces for ordinary users here";
  expect_works(
      {"unshare", "-m", "sh", "-c",
       open_device + " && exec setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all \"$@\"", "sh"},
      "/tmp/sallyport-lab-nobody");
}

TEST_F(LabItself, DownEndsWhatACrashLeft) {
  Lab lab{LabOptions{.client_up = false}};
  ASSERT_TRUE(lab.is_up()) << lab.problem();
  ASSERT_TRUE(lab.stop("sallyport-gateway", "KILL").ok());
  const auto directory = lab.directory();
  EXPECT_TRUE(run({Lab::source_root() + "/tests/lab", "down", directory}, Seconds{20}).ok());
  EXPECT_FALSE(std::filesystem::exists(directory));
  EXPECT_TRUE(eventually([&] { return processes_naming(directory).empty(); }));
}

TEST_F(LabItself, SaysWhatIsWrongAndHowItIsUsed) {
  const std::string script = Lab::source_root() + "/tests/lab";
  EXPECT_EQ(run({script}).exit_code, 2);
  EXPECT_EQ(run({script, "up"}).exit_code, 2);
  const auto none = run({"env", "SALLYPORT_BUILD=/nonexistent", script, "up", "/tmp/sallyport-lab-none"});
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_NE(none.errors.find("nothing built"), std::string::npos) << none.text();
  std::filesystem::remove("/tmp/sallyport-lab-none");
}

class Tour : public LabItself {};

TEST_F(Tour, ShowsTheMainJobInTimeAndLeavesNothing) {
  const auto started = std::chrono::steady_clock::now();
  const auto ran =
      run({"env", "SALLYPORT_BUILD=" + Lab::build_root(), Lab::source_root() + "/packaging/try"}, Seconds{60});
  const auto took = Seconds{std::chrono::steady_clock::now() - started}.count();
  EXPECT_TRUE(ran.ok()) << ran.text();
  EXPECT_LT(took, 30.0);
  EXPECT_TRUE(eventually([&] { return processes_naming("sallyport-try").empty(); }));
  for (const auto& entry : std::filesystem::directory_iterator{"/tmp"}) {
    EXPECT_NE(entry.path().filename().string().rfind("sallyport-try", 0), 0U) << entry.path();
  }
  std::cout << "the tour took " << took << " s\n";
}

TEST_F(Tour, KeepsTheLabWhenAskedAndItsLastLineEndsIt) {
  const auto ran = run({"env", "SALLYPORT_BUILD=" + Lab::build_root(), Lab::source_root() + "/packaging/try", "--keep"},
                       Seconds{60});
  ASSERT_TRUE(ran.ok()) << ran.text();
  const auto last = ran.output.substr(ran.output.rfind("\n  ") + 1);
  ASSERT_EQ(last.rfind("  tests/lab down /tmp/sallyport-try.", 0), 0U) << ran.output;
  const auto directory = last.substr(last.rfind(' ') + 1, last.size() - last.rfind(' ') - 2);
  const auto used = run({"bash", "-c",
                         "set -e\n. " + directory +
                             "/lab.env\n$LAB_ON_LAPTOP curl -sS --max-time 5 http://$LAB_ALLOWED/\n"
                             "$LAB_CTL status >/dev/null\n$LAB_CLIENT status >/dev/null\n"});
  EXPECT_TRUE(used.ok() && used.output == "hello from the office\n") << used.text();
  const auto down = run({"bash", "-c", "cd " + Lab::source_root() + " && exec" + last.substr(1)}, Seconds{20});
  EXPECT_TRUE(down.ok()) << down.text();
  EXPECT_FALSE(std::filesystem::exists(directory));
  EXPECT_TRUE(eventually([&] { return processes_naming(directory).empty(); }));
}

}  // namespace
}  // namespace sallyport::lab
