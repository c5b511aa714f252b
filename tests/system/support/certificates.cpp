#include "tests/system/support/certificates.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>

namespace sallyport::lab {
namespace {

using Place = Lab::Place;

const std::string kHost = "vpn.example.com";
const std::string kAddress = "203.0.113.2";

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

}  // namespace

int kill_tries() {
  const char* wanted = std::getenv("SALLYPORT_KILL_TRIES");
  return wanted == nullptr ? 15 : std::atoi(wanted);
}

void CertificateLab::open_door(const std::string& settings) {
  auto text = lab().read("etc/gateway.toml");
  text = text.substr(0, text.find("[enrolment]"));
  lab().write("etc/gateway.toml", text + "[enrolment]\nlisten = \"203.0.113.2:8443\"\n" + settings);
  restart_gateway();
}

void CertificateLab::restart_gateway() {
  const auto stopped = lab().stop("sallyport-gateway");
  ASSERT_TRUE(stopped.ok()) << stopped.text();
  const auto started = lab().start("sallyport-gateway");
  ASSERT_TRUE(started.ok()) << started.text();
}

json CertificateLab::make_token(const Words& more) {
  Words words{"--json", "tokens", "create", "--user", "ana@example.com", "--expires", "1h"};
  words.insert(words.end(), more.begin(), more.end());
  const auto ran = lab().ctl(words);
  EXPECT_TRUE(ran.ok()) << ran.text();
  return ran.last_line();
}

Ran CertificateLab::enroll(const json& token, const Words& more) {
  Words words{Lab::build_root() + "/client/cli/sallyport",
              "--config",
              lab().path("laptop/client.toml"),
              "enroll",
              kAddress,
              "--name",
              kHost,
              "--token",
              token.value("token", ""),
              "--pin",
              token.value("pin", "")};
  words.insert(words.end(), more.begin(), more.end());
  return lab().run_at(Place::Laptop, words, Seconds{30});
}

void CertificateLab::make_request(const std::string& name, const std::string& subject) {
  const auto made = run({"openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                         "-subj", subject, "-addext", "subjectAltName=URI:spiffe://example.com/device/boss", "-keyout",
                         lab().path(name + ".key"), "-outform", "DER", "-out", lab().path(name + ".der")});
  ASSERT_TRUE(made.ok()) << made.text();
  const auto coded = run({"openssl", "base64", "-in", lab().path(name + ".der"), "-out", lab().path(name + ".b64")});
  ASSERT_TRUE(coded.ok()) << coded.text();
}

Words CertificateLab::curl(const std::string& name, std::uint16_t port, const std::string& operation,
                           const Words& more) {
  const auto place = kHost + ":" + std::to_string(port);
  Words words{"curl",
              "-sS",
              "--max-time",
              "8",
              "--cacert",
              lab().env("LAB_CA"),
              "--resolve",
              place + ":" + kAddress,
              "-H",
              "Content-Type: application/pkcs10",
              "--data-binary",
              "@" + lab().path(name + ".b64"),
              "-o",
              lab().path(name + ".out"),
              "--stderr",
              lab().path(name + ".err"),
              "-w",
              "%{http_code}"};
  words.insert(words.end(), more.begin(), more.end());
  words.push_back("https://" + place + "/.well-known/est/" + operation);
  return lab().at(Place::Internet, words);
}

Words CertificateLab::buy_command(const std::string& name, const std::string& token, const std::string& user) {
  return curl(name, 8443, "simpleenroll", {"-u", user + ":" + token});
}

Words CertificateLab::renew_command(const std::string& name, const std::string& by) {
  return curl(name, 443, "simplereenroll", {"--cert", lab().path(by + ".pem"), "--key", lab().path(by + ".key")});
}

Bought CertificateLab::take(const std::string& name) {
  Bought bought;
  bought.answer = lab().read(name + ".out");
  const auto p7 = lab().path(name + ".p7");
  const auto pem = lab().path(name + ".pem");
  if (!run({"openssl", "base64", "-d", "-in", lab().path(name + ".out"), "-out", p7}).ok()) return bought;
  if (!run({"openssl", "pkcs7", "-inform", "DER", "-in", p7, "-print_certs", "-out", pem}).ok()) return bought;
  const auto shown = run({"openssl", "x509", "-in", pem, "-noout", "-serial", "-subject", "-ext", "subjectAltName"});
  if (!shown.ok()) return bought;
  bought.certificate = pem;
  bought.subject = shown.output;
  const auto begin = shown.output.find('=') + 1;
  bought.serial = lower(shown.output.substr(begin, shown.output.find('\n') - begin));
  return bought;
}

Bought CertificateLab::buy(const std::string& name, const std::string& token, const std::string& user) {
  std::filesystem::remove(lab().path(name + ".out"));
  const auto ran = run(buy_command(name, token, user), Seconds{15});
  auto bought = take(name);
  bought.status = std::atoi(ran.output.c_str());
  return bought;
}

Bought CertificateLab::renew(const std::string& name, const std::string& by) {
  std::filesystem::remove(lab().path(name + ".out"));
  const auto ran = run(renew_command(name, by), Seconds{15});
  auto bought = take(name);
  bought.status = std::atoi(ran.output.c_str());
  return bought;
}

json CertificateLab::device(const std::string& id) {
  for (const auto& each : devices()) {
    if (each.value("device", "") == id) return each;
  }
  return nullptr;
}

}  // namespace sallyport::lab
