#include "server/audit/audit_event.hpp"
#include "server/ctl/audit_filter.hpp"
#include "server/store/store.hpp"
#include "tests/unit/server/ctl/ctl_fixture.hpp"
#include "tests/unit/server/ctl/fake_gateway.hpp"

#include <filesystem>
#include <set>
#include <thread>

namespace sallyport {
namespace {

using Json = nlohmann::json;

/// An authority, a device and a token were made while no gateway ran: sallyportctl recorded it.
class AuditCommands : public CtlTest {
 protected:
  AuditCommands() { make_authority(); }

  [[nodiscard]] std::string audit() const { return path("state/audit.jsonl"); }
  [[nodiscard]] std::vector<Json> records() const {
    std::vector<Json> all;
    std::istringstream text{content("state/audit.jsonl")};
    for (std::string line; std::getline(text, line);) all.push_back(Json::parse(line, nullptr, false));
    return all;
  }
  [[nodiscard]] std::vector<Json> records_of(const std::string& event) const {
    auto all = records();
    std::erase_if(all, [&](const Json& record) { return record.value("event", "") != event; });
    return all;
  }
  /// What a search with --json shows.
  std::vector<Json> found(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"audit", "search", "--json"});
    const auto run = ctl(arguments);
    EXPECT_EQ(run.code, CtlExit::Ok) << run.out;
    std::vector<Json> all;
    std::istringstream lines{run.out};
    for (std::string line; std::getline(lines, line);) all.push_back(Json::parse(line));
    return all;
  }
  void append_raw(const std::string& text) const { std::ofstream{audit(), std::ios::app} << text; }
  /// Nothing can be recorded: where the file should be is a directory.
  void break_audit() const {
    write("gateway.toml", content("gateway.toml") + "[audit]\nfile = \"" + path("broken") + "\"\n");
    std::filesystem::create_directory(path("broken"));
  }
};

TEST_F(AuditCommands, VerifyAnUntouchedFile) {
  enroll("ana-laptop");
  const auto verdict = document({"audit", "verify"});
  EXPECT_EQ(verdict.at("intact"), true);
  EXPECT_EQ(verdict.at("first"), 1);
  EXPECT_EQ(verdict.at("records"), records().size());
  EXPECT_EQ(verdict.at("last"), verdict.at("signed_to"));
  EXPECT_EQ(verdict.at("unsigned"), 0);
  EXPECT_TRUE(verdict.at("fault").is_null());
  EXPECT_NE(ctl({"audit", "verify"}).out.find("Intact: "), std::string::npos);
}

TEST_F(AuditCommands, NameTheFirstBadLineAndExitWith5) {
  enroll("ana-laptop");
  auto text = content("state/audit.jsonl");
  text[text.find("ana-laptop")] = 'b';
  write("state/audit.jsonl", text);
  const auto line =
      1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(text.find("bna-laptop")), '\n');
  const auto run = ctl({"audit", "verify"});
  EXPECT_EQ(run.code, CtlExit::Damaged);
  EXPECT_NE(run.out.find(audit() + ":" + std::to_string(line) + ": changed: "), std::string::npos) << run.out;
  const auto json = ctl({"audit", "verify", "--json"}).json();
  EXPECT_EQ(json.at("ok"), false);
  EXPECT_EQ(json.at("fault").at("line"), line);
  EXPECT_EQ(json.at("fault").at("kind"), "changed");
}

TEST_F(AuditCommands, NoticeThatTheEndIsGone) {
  auto text = content("state/audit.jsonl");
  text.resize(text.find('\n') + 1);
  write("state/audit.jsonl", text);
  const auto json = ctl({"audit", "verify", "--json"}).json();
  EXPECT_EQ(json.at("fault").at("kind"), "truncated");
  std::filesystem::remove(audit());
  EXPECT_EQ(ctl({"audit", "verify"}).code, CtlExit::Failed) << "there is nothing to verify";
}

TEST_F(AuditCommands, VerifyElsewhereByKeyHeadAndFilesAlone) {
  const auto key = ctl({"audit", "key"});
  const auto head = ctl({"audit", "head"});
  ASSERT_EQ(key.code, CtlExit::Ok) << key.err;
  ASSERT_EQ(head.code, CtlExit::Ok) << head.err;
  write("audit.pub", key.out);
  write("heads.jsonl", head.out);
  const std::vector<std::string> verify{"audit", "verify", "--key", path("audit.pub"), "--head", path("heads.jsonl"),
                                        audit()};
  EXPECT_EQ(bare(verify).code, CtlExit::Ok) << bare(verify).err;
  // The whole of it made anew on the gateway, with its key, does not fit the head that left.
  std::filesystem::remove(audit());
  std::filesystem::remove(path("state/audit.head"));
  must({"gateway-cert", "issue"});
  must({"gateway-cert", "issue"});
  must({"gateway-cert", "issue"});
  EXPECT_EQ(ctl({"audit", "verify"}).code, CtlExit::Ok) << "root can do this";
  EXPECT_EQ(bare(verify).code, CtlExit::Damaged);
}

TEST_F(AuditCommands, KeepTheOldHeadWhenANewOneOfItsNumberIsCollected) {
  write("audit.pub", ctl({"audit", "key"}).out);
  const auto old_head = ctl({"audit", "head"}).out;
  const auto number = Json::parse(old_head).at("seq");
  std::filesystem::remove(audit());
  std::filesystem::remove(path("state/audit.head"));
  do {
    must({"gateway-cert", "issue"});
  } while (records().back().at("seq") < number);
  const auto new_head = ctl({"audit", "head"}).out;
  ASSERT_EQ(Json::parse(new_head).at("seq"), number);
  write("heads.jsonl", old_head + new_head);
  const auto run =
      bare({"audit", "verify", "--json", "--key", path("audit.pub"), "--head", path("heads.jsonl"), audit()});
  EXPECT_EQ(run.code, CtlExit::Damaged);
  EXPECT_EQ(run.json().at("fault").at("kind"), "head_differs");
}

TEST_F(AuditCommands, AreConfirmedByAnotherImplementation) {
  write("audit.pub", ctl({"audit", "key"}).out);
  const auto head = Json::parse(ctl({"audit", "head"}).out);
  write("statement", "sallyport-audit-head-1\n" + std::to_string(head.at("seq").get<std::uint64_t>()) + '\n' +
                         head.at("prev").get<std::string>() + '\n' + head.at("time").get<std::string>() + '\n');
  const auto hex = head.at("signature").get<std::string>();
  std::string signature;
  for (std::size_t i = 0; i < hex.size(); i += 2)
    signature += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  write("signature", signature);
  const auto verify = "pkeyutl -verify -pubin -inkey " + path("audit.pub") + " -rawin -in " + path("statement") +
                      " -sigfile " + path("signature");
  EXPECT_TRUE(openssl(verify)) << content("openssl.out");
  write("statement", content("statement") + "x");
  EXPECT_FALSE(openssl(verify));
  // And the chain itself: the digest of the line before.
  std::istringstream lines{content("state/audit.jsonl")};
  std::string before;
  for (std::string line; std::getline(lines, line) && Json::parse(line).at("seq") != head.at("seq");) before = line;
  write("before", before);
  ASSERT_TRUE(openssl("dgst -sha256 -r " + path("before")));
  EXPECT_EQ(content("openssl.out").substr(0, 64), head.at("prev"));
}

TEST_F(AuditCommands, SayWhatIsMissingWhenNothingCanBeVerified) {
  std::filesystem::remove(path("state/audit.key"));
  const auto run = ctl({"audit", "verify"});
  EXPECT_EQ(run.code, CtlExit::Failed);
  EXPECT_NE(run.err.find("--key FILE"), std::string::npos) << run.err;
  write("not-a-key", "hello\n");
  EXPECT_NE(ctl({"audit", "verify", "--key", path("not-a-key")}).err.find("holds no public key"), std::string::npos);
}

TEST_F(AuditCommands, RecordEverythingThatIsChangedWhileNoGatewayRuns) {
  enroll("ana-laptop");
  must({"devices", "disable", "ana-laptop"});
  must({"devices", "enable", "ana-laptop"});
  const auto token = document({"tokens", "create", "--user", "ana@example.com"}).at("id").get<std::string>();
  must({"tokens", "revoke", token});
  must({"users", "totp", "enroll", "ana@example.com"});
  must({"users", "totp", "enroll", "ana@example.com", "--replace"});
  must({"users", "totp", "reset", "ana@example.com"});
  must({"crl", "issue"});
  must({"devices", "revoke", "ana-laptop"});
  std::multiset<std::string> events;
  for (const auto& record : records()) {
    EXPECT_EQ(problem_of_record(record), "") << record;
    if (record.at("event") != "audit.head") events.insert(record.at("event"));
  }
  EXPECT_EQ(events, (std::multiset<std::string>{"authority.created", "crl.issued", "device.disabled", "device.enabled",
                                                "device.enrolled", "device.revoked", "gateway_certificate.issued",
                                                "proof.enrolled", "proof.replaced", "proof.reset", "token.created",
                                                "token.revoked"}));
  EXPECT_EQ(records_of("token.created").front().at("reference"), token);
  EXPECT_EQ(records_of("device.enrolled").front().at("serial"), records_of("device.revoked").front().at("serial"));
  EXPECT_FALSE(records_of("device.revoked").front().at("by").get<std::string>().empty());
  EXPECT_EQ(ctl({"audit", "verify"}).code, CtlExit::Ok);
}

TEST_F(AuditCommands, AskTheRunningGatewayToRecordIt) {
  enroll("ana-laptop");
  const auto before = records().size();
  FakeGateway gateway{path("run/gateway.sock"), [](const Json&) -> Json {
                        return {{"v", 1}, {"ok", true}, {"recorded", true}};
                      }};
  must({"devices", "enable", "ana-laptop"});
  const auto requests = gateway.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].at("do"), "audit.note") << "what gives is recorded first";
  EXPECT_EQ(requests[0].at("record").at("event"), "device.enabled");
  EXPECT_EQ(requests[0].at("record").at("device"), "ana-laptop");
  EXPECT_EQ(records().size(), before) << "it writes, not we";
}

TEST_F(AuditCommands, GiveNothingThatCannotBeRecorded) {
  break_audit();
  const auto token = ctl({"tokens", "create", "--user", "ana@example.com"});
  EXPECT_EQ(token.code, CtlExit::Failed);
  EXPECT_NE(token.err.find("no token was made, but there is no audit record"), std::string::npos) << token.err;
  EXPECT_TRUE(document({"tokens", "list"}).at("tokens").empty());
  const auto device = ctl(
      {"devices", "enroll", "--user", "ana@example.com", "--csr", make_request("ana-laptop"), "--out", path("x.pem")});
  EXPECT_EQ(device.code, CtlExit::Failed);
  EXPECT_TRUE(document({"devices", "list"}).at("devices").empty());
}

TEST_F(AuditCommands, TakeAwayAllTheSameAndSayThatThereIsNoRecord) {
  enroll("ana-laptop");
  break_audit();
  const auto run = ctl({"devices", "disable", "ana-laptop"});
  EXPECT_EQ(run.code, CtlExit::Failed);
  EXPECT_NE(run.err.find("the device is disabled, but there is no audit record"), std::string::npos) << run.err;
  EXPECT_EQ(document({"devices", "list"}).at("devices").at(0).at("state"), "disabled");
  EXPECT_EQ(ctl({"devices", "enable", "ana-laptop"}).code, CtlExit::Failed);
  EXPECT_EQ(document({"devices", "list"}).at("devices").at(0).at("state"), "disabled") << "enabling gives";
}

TEST_F(AuditCommands, EnableNobodyAndMakeNoSecretWithoutARecord) {
  must({"users", "disable", "ana@example.com"});
  break_audit();
  const auto enabled = ctl({"users", "enable", "ana@example.com"});
  EXPECT_EQ(enabled.code, CtlExit::Failed);
  EXPECT_NE(enabled.err.find("nothing has changed, but there is no audit record"), std::string::npos) << enabled.err;
  const auto secret = ctl({"users", "totp", "enroll", "ana@example.com"});
  EXPECT_EQ(secret.code, CtlExit::Failed);
  EXPECT_EQ(secret.out.find("otpauth://"), std::string::npos) << secret.out;
  EXPECT_NE(secret.err.find("no secret was made, but there is no audit record"), std::string::npos) << secret.err;
  auto store = Store::open(path("state/gateway.db"));
  ASSERT_TRUE(store);
  EXPECT_TRUE(store->disabled_user(UserId{"ana@example.com"}).value_or(std::nullopt).has_value());
  const auto states = store->proof_states();
  ASSERT_TRUE(states);
  for (const auto& state : *states) EXPECT_FALSE(state.enrolled.has_value());
}

TEST_F(AuditCommands, FindRecordsByWhatTheyHold) {
  enroll("ana-laptop");
  enroll("bo-laptop", "bo@example.com");
  must({"devices", "disable", "bo-laptop"});
  EXPECT_EQ(found({"--user", "BO@example.com"}).size(), 2U);
  EXPECT_EQ(found({"--device", "ana-laptop"}).size(), 1U);
  EXPECT_EQ(found({"--event", "device.*", "--device", "bo-laptop"}).size(), 2U);
  EXPECT_EQ(found({"--event", "device.disabled"}).size(), 1U);
  EXPECT_EQ(found({"--since", "1h", "--event", "device.*"}).size(), 3U);
  EXPECT_EQ(found({"--until", "1h"}).size(), 0U);
  EXPECT_EQ(found({"--since", "2001-01-01", "--until", "2001-01-02"}).size(), 0U);
  EXPECT_EQ(ctl({"audit", "search", "--since", "yesterday"}).code, CtlExit::Usage);
  EXPECT_NE(ctl({"audit", "search", "--user", "nobody"}).err.find("No record fits"), std::string::npos);
  const auto text = ctl({"audit", "search", "--event", "device.disabled"}).out;
  EXPECT_NE(text.find("device.disabled"), std::string::npos);
  EXPECT_NE(text.find("bo@example.com on bo-laptop: serial "), std::string::npos) << text;
}

TEST_F(AuditCommands, ShowTheNewestRecordsAndGoOn) {
  const auto two = ctl({"audit", "tail", "-n", "2"}).out;
  EXPECT_EQ(std::count(two.begin(), two.end(), '\n'), 2);
  EXPECT_NE(two.find("gateway_certificate.issued"), std::string::npos) << "heads are for machines: " << two;
  std::thread later{[this] {
    std::this_thread::sleep_for(std::chrono::milliseconds{300});
    append_raw("{\"seq\":99,\"prev\":\"\",\"time\":\"2026-11-27T10:00:00Z\",\"event\":\"session.open\"}\n");
  }};
  const auto run = ctl({"audit", "tail", "-n", "0", "-f", "--for", "1s"});
  later.join();
  EXPECT_EQ(run.out, "2026-11-27T10:00:00Z  session.open\n");
}

TEST_F(AuditCommands, LetNothingInTheFileReachTheTerminal) {
  append_raw(
      "\x1b[2J not json \x07\n{\"event\":\"\x1b[31m\",\"user\":\"\xc2\x9b\",\"x\x1b\":{\"\x07\":\"\x1b\"}}\n"
      "{\"event\":\"a\\u001b[2J\",\"reason\":\"\\u009b\\u0007\"}\n");
  for (const auto& arguments : std::vector<std::vector<std::string>>{{"audit", "tail"},
                                                                     {"audit", "tail", "--json"},
                                                                     {"audit", "search"},
                                                                     {"audit", "search", "--json"},
                                                                     {"audit", "verify"}}) {
    const auto run = ctl(arguments);
    for (const char c : run.out + run.err) ASSERT_TRUE(c == '\n' || (c >= 0x20 && c < 0x7f)) << arguments[1];
  }
}

TEST_F(AuditCommands, ReadFilesThatWereSetAside) {
  write("gateway.toml", content("gateway.toml") + "[audit]\nfile_mib = 1\nfiles = 2\n");
  std::filesystem::rename(audit(), path("state/audit.jsonl.000000000001"));
  must({"crl", "issue"});
  EXPECT_EQ(ctl({"audit", "verify"}).code, CtlExit::Ok) << ctl({"audit", "verify"}).out;
  EXPECT_EQ(found({"--event", "authority.created"}).size(), 1U);
  EXPECT_EQ(found({"--event", "crl.issued"}).size(), 1U);
}

TEST(AuditFilterTest, TakesTimesDatesAndAges) {
  const auto now = parse_utc("2026-11-27T10:00:00Z").value();
  EXPECT_EQ(parse_moment("2d", now), now - std::chrono::hours{48});
  EXPECT_EQ(parse_moment("2026-11-27", now), parse_utc("2026-11-27T00:00:00Z").value());
  EXPECT_FALSE(parse_moment("soon", now).has_value());
}

TEST(AuditFilterTest, FindsACodeHoweverItWasTyped) {
  const Json record{{"event", "flow.denied"}, {"reference", "K7Q2-9XPD"}};
  for (const char* typed : {"K7Q2-9XPD", "k7q29xpd", "k7q2 9xpd"}) {
    AuditFilter filter;
    filter.reference = typed;
    EXPECT_TRUE(filter.matches(record)) << typed;
  }
}

}  // namespace
}  // namespace sallyport
