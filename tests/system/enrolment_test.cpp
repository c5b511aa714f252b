#include "tests/system/support/certificates.hpp"

#include <csignal>
#include <filesystem>
#include <random>
#include <thread>

namespace sallyport::lab {
namespace {

using Place = Lab::Place;

class Enrolment : public CertificateLab {
 protected:
  void SetUp() override {
    CertificateLab::SetUp();
    if (!HasFatalFailure() && !IsSkipped()) open_door("");
  }
  int uses_of(const std::string& id) {
    for (const auto& token : tokens()) {
      if (token.value("id", "") == id) return token.value("used", 9);
    }
    return 9;
  }
};

TEST_F(Enrolment, ATokenBringsALaptopIntoTheOffice) {
  const auto by_files = lab().audit_count("device.enrolled");
  const auto token = make_token();
  const auto enrolled = enroll(token);
  ASSERT_TRUE(enrolled.ok()) << enrolled.text();
  std::cout << enrolled.output;
  ASSERT_TRUE(lab().client({"up"}).ok()) << lab().client({"status"}).text();
  EXPECT_EQ(lab().fetch(lab().env("LAB_ALLOWED")).exit_code, 0);
  EXPECT_NE(lab().fetch(lab().env("LAB_FORBIDDEN")).exit_code, 0);
  EXPECT_EQ(lab().audit_count("token.created"), 1U);
  EXPECT_EQ(lab().audit_count("device.enrolled"), by_files + 1);
  const auto id = lab().client({"--json", "status"}).last_line().value("device", "");
  EXPECT_TRUE(id.starts_with("ana-")) << id;
  EXPECT_EQ(device(id).value("user", ""), "ana@example.com");
}

TEST_F(Enrolment, CurlAndOpensslEnrolAlone) {
  make_request("plain", "/CN=boss/O=Evil");
  const auto bought = buy("plain", make_token().value("token", ""), "ana@example.com");
  ASSERT_EQ(bought.status, 200) << bought.answer << lab().read("plain.err");
  ASSERT_NE(bought.certificate, "");
  EXPECT_NE(bought.subject.find("email:ana@example.com"), std::string::npos) << bought.subject;
  EXPECT_NE(bought.subject.find("URI:spiffe://example.com/device/ana-"), std::string::npos) << bought.subject;
  EXPECT_EQ(bought.subject.find("boss"), std::string::npos) << "the request has no say in who it is";
  const auto verified =
      run({"openssl", "verify", "-purpose", "sslclient", "-CAfile", lab().env("LAB_CA"), bought.certificate});
  EXPECT_TRUE(verified.ok()) << verified.text();
  // And what it got opens the main port.
  const auto ran = run(
      lab().at(Place::Internet, Lab::script("hostile_tls.py", {"203.0.113.2:443", "vpn.example.com", bought.certificate,
                                                               lab().path("plain.key"), "good"})));
  EXPECT_NE(ran.output.find("101 Switching"), std::string::npos) << ran.text();
}

TEST_F(Enrolment, GivesItsAuthorityToAnybody) {
  const auto ran = lab().run_at(Place::Internet, {"curl", "-sS", "--max-time", "8", "-k", "-o", lab().path("ca.out"),
                                                  "https://203.0.113.2:8443/.well-known/est/cacerts"});
  ASSERT_TRUE(ran.ok()) << ran.text();
  ASSERT_TRUE(run({"openssl", "base64", "-d", "-in", lab().path("ca.out"), "-out", lab().path("ca.p7")}).ok());
  const auto shown = run({"openssl", "pkcs7", "-inform", "DER", "-in", lab().path("ca.p7"), "-print_certs"});
  const auto body = lab().read("state/ca/ca.pem");
  EXPECT_NE(shown.output.find(body.substr(28, 64)), std::string::npos) << shown.text();
}

TEST_F(Enrolment, ATokenIsGoodOnceAndEveryBadOneIsTheSame) {
  make_request("one");
  const auto token = make_token().value("token", "");
  const auto another = make_token();
  EXPECT_EQ(buy("one", token).status, 200);
  const auto again = buy("one", token);
  EXPECT_EQ(again.status, 401);
  EXPECT_EQ(again.certificate, "");
  const auto unknown = buy("one", "spt_0000000000000000000000000000000000000000");
  EXPECT_EQ(unknown.status, 401);
  EXPECT_EQ(unknown.answer, again.answer);
  EXPECT_EQ(buy("one", another.value("token", ""), "bo@example.com").answer, again.answer);
  ASSERT_TRUE(lab().ctl({"tokens", "revoke", another.value("id", "")}).ok());
  EXPECT_EQ(buy("one", another.value("token", "")).answer, again.answer);
  EXPECT_EQ(lab().audit_count("enrolment.refused", "token_used_up"), 1U);
  EXPECT_EQ(lab().audit_count("enrolment.refused", "unknown_token"), 1U);
  EXPECT_EQ(lab().audit_count("enrolment.refused", "token_of_another"), 1U);
  EXPECT_EQ(lab().audit_count("enrolment.refused", "token_revoked"), 1U);
  EXPECT_EQ(lab().read("state/audit.jsonl").find(token), std::string::npos);
  EXPECT_EQ(lab().read("log/sallyport-gateway.log").find(token), std::string::npos);
}

TEST_F(Enrolment, TheLaptopTellsNothingToAnUnknownGateway) {
  auto token = make_token();
  token["pin"] = std::string(64, '0');
  const auto refused = enroll(token);
  EXPECT_FALSE(refused.ok());
  EXPECT_NE(refused.text().find("another authority than the --pin says"), std::string::npos) << refused.text();
  EXPECT_EQ(uses_of(token.value("id", "")), 0);
  EXPECT_EQ(lab().audit_count("enrolment.refused"), 0U) << "the token was not shown";
  EXPECT_TRUE(enroll(make_token()).ok());
}

TEST_F(Enrolment, TheTokenIsTypedWhereNobodySeesIt) {
  const auto token = make_token();
  const auto text = token.value("token", "");
  const Words command{Lab::build_root() + "/client/cli/sallyport",
                      "--config",
                      lab().path("laptop/client.toml"),
                      "enroll",
                      "203.0.113.2",
                      "--name",
                      "vpn.example.com",
                      "--pin",
                      token.value("pin", ""),
                      "--replace"};
  // Nobody to ask: it says how else.
  Words alone{"setsid", "--wait"};
  alone.insert(alone.end(), command.begin(), command.end());
  const auto refused = lab().run_at(Place::Laptop, alone);
  EXPECT_EQ(refused.exit_code, 2) << refused.text();
  EXPECT_NE(refused.text().find("--token -"), std::string::npos) << refused.text();
  EXPECT_EQ(uses_of(token.value("id", "")), 0);
  Words typed = Lab::script("typed.py", {"Token from your administrator", "  " + text});
  typed.insert(typed.end(), command.begin(), command.end());
  const auto enrolled = lab().run_at(Place::Laptop, typed, Seconds{30});
  EXPECT_TRUE(enrolled.ok()) << enrolled.text();
  EXPECT_NE(enrolled.output.find("This device is ana-"), std::string::npos) << enrolled.output;
  EXPECT_EQ(enrolled.output.find(text), std::string::npos) << "it was shown";
  EXPECT_EQ(uses_of(token.value("id", "")), 1);
}

TEST_F(Enrolment, LeavesWhatALaptopHasAlone) {
  const auto before = lab().read("laptop/state/device.pem");
  const auto refused = enroll(make_token(), {});
  EXPECT_FALSE(refused.ok());
  EXPECT_NE(refused.text().find("--replace"), std::string::npos) << refused.text();
  auto bad = make_token();
  bad["token"] = "spt_1";
  EXPECT_FALSE(enroll(bad).ok());
  EXPECT_EQ(lab().read("laptop/state/device.pem"), before);
  EXPECT_TRUE(lab().client({"up"}).ok()) << "the old identity still works";
}

TEST_F(Enrolment, ServesNothingElseAtTheDoor) {
  const auto get = [&](const Words& words) {
    Words all{"curl", "-sS", "-k", "--max-time", "8", "-o", "/dev/null", "-w", "%{http_code}"};
    all.insert(all.end(), words.begin(), words.end());
    return lab().run_at(Place::Internet, all).output;
  };
  const std::string door = "https://203.0.113.2:8443";
  EXPECT_EQ(get({door + "/"}), "404");
  EXPECT_EQ(get({door + "/.well-known/masque/ip/*/*/"}), "404");
  EXPECT_EQ(get({door + "/.well-known/est/simpleenroll"}), "405");
  EXPECT_EQ(get({"-H", "Content-Type: application/pkcs10", "-d", "AAAA", door + "/.well-known/est/simplereenroll"}),
            "404");
  EXPECT_EQ(get({"-H", "Content-Type: application/pkcs10", "-H", "Transfer-Encoding: chunked", "-d", "AAAA",
                 door + "/.well-known/est/simpleenroll"}),
            "411");
  EXPECT_EQ(get({"-d", "AAAA", door + "/.well-known/est/simpleenroll"}), "415");
  EXPECT_EQ(get({"-H", "Content-Type: application/pkcs10", "-d", "AAAA", door + "/.well-known/est/simpleenroll"}),
            "401");
}

TEST_F(Enrolment, ARenewedCertificateTakesOverOnceItWasSeen) {
  make_request("first");
  const auto first = buy("first", make_token({"--device", "ana-plain"}).value("token", ""));
  ASSERT_EQ(first.status, 200) << first.answer;
  make_request("second");
  const auto second = renew("second", "first");
  ASSERT_EQ(second.status, 200) << second.answer << lab().read("second.err");
  EXPECT_EQ(device("ana-plain").value("serial", ""), second.serial);
  const auto opens = [&](const std::string& name) {
    const auto ran = run(lab().at(
        Place::Internet, Lab::script("hostile_tls.py", {"203.0.113.2:443", "vpn.example.com", lab().path(name + ".pem"),
                                                        lab().path(name + ".key"), "good"})));
    return ran.output.find("101 Switching") != std::string::npos;
  };
  EXPECT_TRUE(opens("first")) << "the new one may have been lost on the way";
  EXPECT_TRUE(opens("second"));
  EXPECT_FALSE(opens("first")) << "the new one was seen";
  EXPECT_EQ(lab().audit_count("certificate.revoked", "renewed"), 1U);
  ASSERT_TRUE(lab().ctl({"devices", "disable", "ana-plain"}).ok());
  EXPECT_EQ(renew("second", "second").status, 403);
}

TEST_F(Enrolment, TellsRenewalsFromTunnelsHoweverTheyAreCut) {
  // One record for each of the first octets, which are all that the gateway tells them apart by.
  const auto answer_to = [&](const std::string& request) {
    const std::string program = "import sys, time; sys.path.insert(0, '" + Lab::source_root() +
                                "/tests/support')\nfrom plain_client import *\n"
                                "c = PlainClient(sys.argv[1], 443, *sys.argv[2:6])\nr = '" +
                                request +
                                "'\nfor o in r[:7]:\n  c.tls.sendall(o.encode()); time.sleep(0.02)\n"
                                "try: c.upgrade(r[7:]); print(101)\nexcept Refused as r: print(r.status)\n";
    return lab().run_at(Place::Internet,
                        {"python3", "-c", program, lab().env("LAB_GATEWAY_HOST"), lab().env("LAB_GATEWAY_NAME"),
                         lab().env("LAB_CA"), lab().env("LAB_CERT"), lab().env("LAB_KEY")});
  };
  const std::string upgrade =
      "/.well-known/masque/ip/*/*/ HTTP/1.1\\r\\nHost: vpn.example.com\\r\\nConnection: Upgrade\\r\\n"
      "Upgrade: connect-ip\\r\\n\\r\\n";
  const auto text = [&](const std::string& request) {
    const auto ran = answer_to(request);
    return ran.output + ran.errors;
  };
  EXPECT_EQ(text("GET " + upgrade), "101\n");
  EXPECT_EQ(text("PUT " + upgrade), "405\n");
  EXPECT_EQ(text("POST " + upgrade), "404\n");
  EXPECT_EQ(text("POSTER " + upgrade), "400\n");
  EXPECT_EQ(text("POST /.well-known/est/simplereenroll HTTP/1.1\\r\\nHost: a\\r\\nContent-Type: application/pkcs10"
                 "\\r\\nContent-Length: 4\\r\\n\\r\\nAAAA"),
            "400\n");
}

/// A gateway that dies by SIGKILL while somebody asks it for a certificate.
class KilledGateway : public Enrolment {
 protected:
  bool is_on_record(const std::string& serial) {
    for (const auto& each : devices()) {
      if (each.value("serial", "") == serial) return true;
    }
    return false;
  }
  /// Runs a client and kills the gateway somewhere on the way; the gateway is back afterwards.
  Bought interrupted(const Words& command, const std::string& name) {
    std::filesystem::remove(lab().path(name + ".out"));
    Background client{command, lab().path("log/" + name + ".log")};
    std::this_thread::sleep_for(std::chrono::microseconds{std::uniform_int_distribution<int>{0, 35'000}(random_)});
    EXPECT_EQ(::kill(lab().pid_of("sallyport-gateway"), SIGKILL), 0);
    (void)client.wait(Seconds{12});
    EXPECT_TRUE(lab().stop("sallyport-gateway", "KILL").ok());
    const auto started = lab().start("sallyport-gateway");
    EXPECT_TRUE(started.ok()) << started.text();
    return take(name);
  }
  std::mt19937 random_{std::random_device{}()};
};

TEST_F(KilledGateway, NeverTakesATokenTwice) {
  make_request("killed");
  int finished = 0;
  for (int i = 0; i < kill_tries() && !HasFailure(); ++i) {
    const auto token = make_token();
    const auto text = token.value("token", "");
    const auto first = interrupted(buy_command("killed", text), "killed");
    const auto second = buy("killed", text);
    const auto used = uses_of(token.value("id", ""));
    EXPECT_LE(used, 1);
    EXPECT_FALSE(first.certificate != "" && second.certificate != "") << "one token, two certificates";
    for (const auto& bought : {first, second}) {
      EXPECT_TRUE(bought.certificate.empty() || is_on_record(bought.serial)) << "a certificate that nobody knows";
    }
    EXPECT_EQ(second.status, used == 1 && second.certificate.empty() ? 401 : 200) << second.answer;
    finished += first.certificate != "" ? 1 : 0;
  }
  std::cout << kill_tries() << " kills, " << finished << " of them after the answer\n";
  std::size_t used = 0;
  for (const auto& token : tokens()) used += token.value("used", 0U);
  EXPECT_EQ(devices().size() - 2, used) << "the lab's own two devices came by files";
}

TEST_F(KilledGateway, LocksNobodyOutWhileItRenews) {
  make_request("held");
  ASSERT_EQ(buy("held", make_token({"--device", "ana-killed"}).value("token", "")).status, 200);
  int finished = 0;
  for (int i = 0; i < kill_tries() && !HasFailure(); ++i) {
    make_request("new");
    const auto first = interrupted(renew_command("new", "held"), "new");
    if (first.certificate != "") {
      ++finished;
      EXPECT_EQ(device("ana-killed").value("serial", ""), first.serial);
    }
    // Whatever was lost: what is in hand still renews.
    make_request("again");
    const auto second = renew("again", first.certificate != "" && i % 2 == 0 ? "new" : "held");
    ASSERT_EQ(second.status, 200) << second.answer << lab().read("again.err");
    for (const char* kind : {".pem", ".key"}) {
      std::filesystem::copy_file(lab().path(std::string{"again"} + kind), lab().path(std::string{"held"} + kind),
                                 std::filesystem::copy_options::overwrite_existing);
    }
  }
  std::cout << kill_tries() << " kills, " << finished << " of them after the answer\n";
}

}  // namespace
}  // namespace sallyport::lab
