#include "tests/system/support/fixture.hpp"

#include <unistd.h>

#include <tuple>

namespace sallyport::lab {
namespace {

using Place = Lab::Place;

/// Who may ask the programs for what, and what they answer with: 0 ok, 1 failed, 2 usage, 3 not running, 4 not
/// permitted.
class Access : public SharedLab<Access> {
 protected:
  static Ran program(const std::string& path, const Words& more, Place place = Place::Gateway) {
    Words words{Lab::build_root() + "/" + path};
    words.insert(words.end(), more.begin(), more.end());
    return lab().run_at(place, words);
  }
  static std::string socket_of(const char* side) {
    return lab().path(std::string{side} == "gateway" ? "run/gateway.sock" : "laptop/run/client.sock");
  }
};

TEST_F(Access, AnotherUserMayAskNeitherSocket) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be somebody else";
  // The way to the sockets is open to everyone here, so that the sockets themselves must say no.
  ASSERT_TRUE(
      run({"chmod", "711", lab().directory(), lab().path("run"), lab().path("laptop"), lab().path("laptop/run")}).ok());
  for (const auto* side : {"gateway", "client"}) {
    const std::string ask =
        "import socket\ns = socket.socket(socket.AF_UNIX)\ns.settimeout(2)\ntry:\n"
        "  s.connect('" +
        socket_of(side) +
        "')\n"
        "  s.sendall(b'{\"v\":1,\"do\":\"status\"}\\n')\n  print('answer', s.recv(9999).decode())\n"
        "except OSError as e: print('refused', e)\n";
    const auto ran =
        run({"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/python3", "-c", ask});
    ASSERT_TRUE(ran.ok()) << ran.text();
    EXPECT_TRUE(ran.output.rfind("refused", 0) == 0 || ran.output.find("\"ok\":false") != std::string::npos)
        << side << ": " << ran.output;
    EXPECT_EQ(ran.output.find("\"ok\":true"), std::string::npos) << side << ": " << ran.output;
  }
  const auto client = run({"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                           Lab::build_root() + "/client/cli/sallyport", "--socket", socket_of("client"), "status"});
  EXPECT_EQ(client.exit_code, 4) << client.text();
}

TEST_F(Access, AnotherUserCannotJoinTheInterfaceOfATunnel) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be somebody else";
  for (const auto& [place, interface] :
       {std::pair{Place::Laptop, "sallyport"}, std::pair{Place::Gateway, "sallyport0"}}) {
    const std::string join =
        "import fcntl, os, struct\nfd = os.open('/dev/net/tun', os.O_RDWR)\ntry:\n"
        "  fcntl.ioctl(fd, 0x400454ca, struct.pack('16sH22x', b'" +
        std::string{interface} +
        "', 0x1101))\n"
        "  print('joined')\nexcept PermissionError: print('refused')\n";
    const auto ran = lab().run_at(
        place, {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/python3", "-c", join});
    EXPECT_EQ(ran.output, "refused\n") << interface << ": " << ran.text();
  }
}

TEST_F(Access, AHostOfTheLocalNetworkGetsNoAnswerFromTheInsideAddress) {
  ASSERT_TRUE(lab().wait_online());
  const auto status = lab().client({"--json", "status"}).last_line();
  const auto inside = status["addresses"].at(0).get<std::string>();
  // As a neighbour would: the packet goes to the laptop itself, whatever its destination.
  ASSERT_TRUE(lab().run_at(Place::Internet, {"ip", "route", "replace", inside, "via", "198.51.100.2"}).ok());
  const auto ask = [&](const std::string& address) {
    const std::string connect =
        "import socket\ns = socket.socket()\ns.settimeout(1)\n"
        "try: s.connect(('" +
        address +
        "', 4444))\nexcept ConnectionRefusedError: print('answers')\nexcept socket.timeout: print('silence')\n";
    return lab().run_at(Place::Internet, {"python3", "-c", connect}).output;
  };
  EXPECT_EQ(ask("198.51.100.2"), "answers\n") << "the outside address is nobody's secret";
  EXPECT_EQ(ask(inside), "silence\n");
  EXPECT_TRUE(lab().run_at(Place::Internet, {"ip", "route", "delete", inside}).ok());
}

TEST_F(Access, TheGatewayTakesNoInterfaceOfAnotherUser) {
  const auto interface = [](const Words& words) {
    const auto ran = lab().run_at(Place::Gateway, words);
    EXPECT_TRUE(ran.ok()) << ran.text();
  };
  const Words remove{"ip", "link", "delete", "sallyport0"};
  ASSERT_TRUE(lab().stop("sallyport-gateway").ok());
  for (const auto& [option, id, why] :
       {std::tuple{"user", "65534", "another user's"}, std::tuple{"group", "65534", "a group's"}}) {
    interface({"ip", "tuntap", "add", "dev", "sallyport0", "mode", "tun", "multi_queue", option, id});
    const auto ran = lab().run_at(
        Place::Gateway,
        {"timeout", "5", Lab::build_root() + "/server/gateway/sallyport-gateway", "--config", lab().env("LAB_CONFIG")});
    EXPECT_EQ(ran.exit_code, 1) << ran.text();
    EXPECT_NE(ran.text().find(why), std::string::npos) << ran.text();
    interface(remove);
  }
  interface({"ip", "tuntap", "add", "dev", "sallyport0", "mode", "tun", "multi_queue", "user", "root"});
  ASSERT_TRUE(lab().start("sallyport-gateway").ok());
  EXPECT_TRUE(lab().wait_online());
  // The one that a gateway makes for itself goes with it.
  ASSERT_TRUE(lab().stop("sallyport-gateway").ok());
  interface(remove);
  ASSERT_TRUE(lab().start("sallyport-gateway").ok());
  EXPECT_TRUE(lab().wait_online());
}

TEST_F(Access, FilesWithSecretsAreTheOwnersAlone) {
  for (const auto* file :
       {"state/ca/ca.key", "state/gateway.key", "state/gateway.db", "state/audit.jsonl", "laptop/state/device.key"}) {
    const auto ran = run({"stat", "-c", "%a", lab().path(file)});
    EXPECT_EQ(ran.output, "600\n") << file << ran.errors;
  }
  EXPECT_EQ(run({"stat", "-c", "%a", lab().path("state")}).output, "700\n");
}

TEST_F(Access, WrongUsageIsTwo) {
  EXPECT_EQ(program("server/ctl/sallyportctl", {"no-such-command"}).exit_code, 2);
  EXPECT_EQ(program("server/ctl/sallyportctl", {"devices", "revoke"}).exit_code, 2);
  EXPECT_EQ(program("client/cli/sallyport", {"no-such-command"}).exit_code, 2);
  EXPECT_EQ(program("client/cli/sallyport", {"why", "nonsense"}).exit_code, 2);
  EXPECT_EQ(program("server/gateway/sallyport-gateway", {"--no-such-option"}).exit_code, 2);
  EXPECT_EQ(program("client/daemon/sallyportd", {"--no-such-option"}).exit_code, 2);
}

TEST_F(Access, EveryProgramHasHelpAndAVersion) {
  for (const auto* name : {"server/ctl/sallyportctl", "client/cli/sallyport", "server/gateway/sallyport-gateway",
                           "client/daemon/sallyportd"}) {
    for (const auto* option : {"--help", "--version"}) {
      const auto ran = program(name, {option});
      EXPECT_EQ(ran.exit_code, 0) << name << ' ' << option;
      EXPECT_FALSE(ran.output.empty()) << name << ' ' << option;
    }
  }
}

TEST_F(Access, NotRunningIsThree) {
  EXPECT_EQ(program("client/cli/sallyport", {"--socket", lab().path("nobody.sock"), "status"}).exit_code, 3);
  const auto config = replaced(lab().read("etc/gateway.toml"), "/run\"", "/nowhere\"");
  lab().write("etc/elsewhere.toml", config);
  const auto status = program("server/ctl/sallyportctl", {"--config", lab().path("etc/elsewhere.toml"), "status"});
  EXPECT_EQ(status.exit_code, 3) << status.text();
}

TEST_F(Access, WhatFailsIsOne) {
  EXPECT_EQ(lab().ctl({"devices", "revoke", "nobody-laptop"}).exit_code, 1);
  EXPECT_EQ(lab().ctl({"sessions", "end", "424242"}).exit_code, 1);
  EXPECT_EQ(lab().client({"up", "no-such-profile"}).exit_code, 1);
}

TEST_F(Access, TheGatewayIsReachableFromOutsideOnItsOnePortAlone) {
  const std::string scan =
      "import socket, select\nopen_ports = []\nfor first in range(1, 65536, 4096):\n  pending = {}\n"
      "  for port in range(first, min(first + 4096, 65536)):\n    s = socket.socket(); s.setblocking(False)\n"
      "    try: s.connect(('203.0.113.2', port))\n    except OSError: pass\n    pending[s.fileno()] = (s, port)\n"
      "  p = select.poll()\n  for fd in pending: p.register(fd, select.POLLOUT)\n"
      "  for _ in range(200):\n    for fd, _e in p.poll(20):\n      s, port = pending[fd]\n"
      "      if s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0: open_ports.append(port)\n"
      "      p.unregister(fd); s.close(); del pending[fd]\n    if not pending: break\nprint(sorted(open_ports))\n";
  const auto ran =
      lab().run_at(Place::Internet, {"sh", "-c", "ulimit -n 8192; exec python3 -c \"$0\"", scan}, Seconds{30});
  EXPECT_EQ(ran.output, "[443]\n") << ran.errors;
  EXPECT_EQ(lab().run_at(Place::Laptop, {"ss", "-Hltun"}).output, "") << "the laptop listens on nothing";
}

}  // namespace
}  // namespace sallyport::lab
