#include "server/gateway/masquerade.hpp"

#include "common/base/process.hpp"

#include <fmt/format.h>

namespace sallyport {
namespace {

// `add` first, so that `delete` succeeds on a machine that never had the table.
constexpr std::string_view kRemoveTable = "add table inet sallyport\ndelete table inet sallyport\n";

Result<void, SystemError> run_nft(std::string script) {
  auto outcome = run_process({.argv = {"nft", "-f", "-"}, .input = std::move(script)});
  if (!outcome) return fail(outcome.error());
  if (outcome->exit_code == 0) return {};
  return fail(SystemError{0, "nft refused the masquerade rules: " + outcome->errors});
}

}  // namespace

std::string masquerade_script(const std::vector<IpPrefix>& pool, const std::string& interface,
                              const std::string& tun_name) {
  const std::string out =
      interface.empty() ? fmt::format("oifname != \"{}\"", tun_name) : fmt::format("oifname \"{}\"", interface);
  std::string rules;
  for (const auto& prefix : pool) {
    rules += fmt::format("    {} saddr {} {} masquerade\n", prefix.network().is_v4() ? "ip" : "ip6", prefix.to_string(),
                         out);
  }
  return fmt::format(
      "{}table inet sallyport {{\n  chain postrouting {{\n    type nat hook postrouting priority srcnat; policy "
      "accept;\n"
      "{}  }}\n}}\n",
      kRemoveTable, rules);
}

Result<std::unique_ptr<Masquerade>, SystemError> Masquerade::install(const std::vector<IpPrefix>& pool,
                                                                     const std::string& interface,
                                                                     const std::string& tun_name) {
  if (auto done = run_nft(masquerade_script(pool, interface, tun_name)); !done) return fail(done.error());
  return std::unique_ptr<Masquerade>{new Masquerade};
}

Masquerade::~Masquerade() { (void)run_nft(std::string{kRemoveTable}); }

}  // namespace sallyport
