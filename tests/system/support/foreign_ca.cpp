#include "tests/system/support/foreign_ca.hpp"

#include <sys/stat.h>

#include <chrono>
#include <ctime>
#include <filesystem>

namespace sallyport::lab {
namespace {

/// As openssl takes dates: "20261127223000Z".
std::string after(Seconds lasts) {
  const auto at = std::chrono::system_clock::now() + std::chrono::duration_cast<std::chrono::seconds>(lasts);
  const std::time_t seconds = std::chrono::system_clock::to_time_t(at);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y%m%d%H%M%SZ", &utc)};
}

std::string configuration(const std::string& folder) {
  return "[ca]\ndefault_ca = corp\n[corp]\ndatabase = " + folder + "/index.txt\nserial = " + folder +
         "/serial\ncrlnumber = " + folder + "/crlnumber\nnew_certs_dir = " + folder + "\ncertificate = " + folder +
         "/ca.pem\nprivate_key = " + folder +
         "/ca.key\ndefault_md = sha256\ndefault_days = 30\ndefault_crl_days = 7\npolicy = any\nunique_subject = no\n"
         "crl_extensions = list\nx509_extensions = device\n[any]\ncommonName = supplied\n"
         "[list]\nauthorityKeyIdentifier = keyid\n"
         "[device]\nbasicConstraints = critical,CA:FALSE\nkeyUsage = critical,digitalSignature\n"
         "extendedKeyUsage = clientAuth\nsubjectAltName = $ENV::SAN\n"
         "[authority]\nbasicConstraints = critical,CA:TRUE\nkeyUsage = critical,keyCertSign,cRLSign\n"
         "subjectKeyIdentifier = hash\n";
}

}  // namespace

ForeignCa::ForeignCa(const Lab& lab, std::string folder, const std::string& name, Seconds lasts)
    : lab_{lab}, folder_{std::move(folder)} {
  std::filesystem::create_directory(path(""));
  lab.write(file("ca.cnf"), configuration(lab.path(folder_)));
  lab.write(file("index.txt"), "");
  lab.write(file("serial"), "01\n");
  lab.write(file("crlnumber"), "01\n");
  openssl({"req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + name,
           "-keyout", path("ca.key"), "-out", path("ca.csr")});
  openssl({"ca", "-batch", "-notext", "-config", path("ca.cnf"), "-selfsign", "-extensions", "authority", "-in",
           path("ca.csr"), "-out", path("ca.pem"), "-enddate", after(lasts)});
  publish();
}

void ForeignCa::openssl(const Words& arguments, const std::string& alternative_name) const {
  Words words{"env", "SAN=" + alternative_name, "openssl"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  const auto ran = run(words);
  EXPECT_TRUE(ran.ok()) << ran.text();
}

void ForeignCa::issue(const std::string& name, const std::string& email, Seconds lasts,
                      const std::string& common_name) const {
  openssl({"req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
           "/CN=" + (common_name.empty() ? name : common_name), "-keyout", path(name + ".key"), "-out",
           path(name + ".csr")});
  openssl({"ca", "-batch", "-notext", "-config", path("ca.cnf"), "-in", path(name + ".csr"), "-out",
           path(name + ".pem"), "-enddate", after(lasts)},
          "email:" + email);
}

void ForeignCa::revoke(const std::string& name) const {
  openssl({"ca", "-config", path("ca.cnf"), "-revoke", path(name + ".pem")});
}

void ForeignCa::publish(Seconds lasts, Seconds age) const {
  openssl({"ca", "-config", path("ca.cnf"), "-gencrl", "-crlsec", std::to_string(static_cast<long>(lasts.count())),
           "-crl_lastupdate", after(-age), "-out", path("list.new")});
  std::filesystem::rename(path("list.new"), path("list.crl"));
}

std::string ForeignLab::section(const ForeignCa& ca, const std::string& settings) const {
  return "[[authority]]\nname = \"corp\"\ncertificates = \"" + ca.path("ca.pem") +
         "\"\nidentity = { user = \"email\", device = \"cn\" }\nusers = [\"*@example.com\"]\n" + settings;
}

void ForeignLab::configure(const std::string& sections) {
  if (configuration_.empty()) configuration_ = lab().read("etc/gateway.toml");
  lab().write("etc/gateway.toml", configuration_ + sections);
}

void ForeignLab::install(const ForeignCa& ca, const std::string& name) {
  for (const auto* kind : {".pem", ".key"}) {
    const auto target = lab().path("laptop/state/device" + std::string{kind});
    std::filesystem::copy_file(ca.path(name + kind), target, std::filesystem::copy_options::overwrite_existing);
    ASSERT_EQ(::chmod(target.c_str(), 0600), 0);
  }
}

void ForeignLab::restart_gateway(const Words& more) {
  ASSERT_TRUE(more.empty()) << "the lab starts it without";
  ASSERT_TRUE(lab().stop("sallyport-gateway").ok());
  const auto started = lab().start("sallyport-gateway");
  ASSERT_TRUE(started.ok()) << started.text();
}

Ran ForeignLab::try_start(const Words& more) {
  Words words{"timeout", "3", Lab::build_root() + "/server/gateway/sallyport-gateway", "--config",
              lab().env("LAB_CONFIG")};
  words.insert(words.end(), more.begin(), more.end());
  return lab().run_at(Lab::Place::Gateway, words);
}

bool ForeignLab::connects() {
  (void)lab().client({"down"});
  return lab().client({"up"}, Seconds{10}).ok() && lab().fetch(lab().env("LAB_ALLOWED")).exit_code == 0;
}

json ForeignLab::authority() {
  const auto trust = status()["trust"];
  for (const auto& each : trust.value("authorities", json::array())) {
    if (each["name"].is_string()) return each;
  }
  return nullptr;
}

}  // namespace sallyport::lab
