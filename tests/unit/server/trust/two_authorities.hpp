#pragma once

#include "common/pki/trust_bundle.hpp"
#include "server/store/device_record.hpp"
#include "tests/support/test_pki.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace sallyport {

/// Our own authority and "corp", and devices of both as the store knows them.
class TwoAuthorities : public testing::Test {
 protected:
  struct Wishes {
    bool with_corp = true;
    std::string users = "*@example.com";
    WallTime list_until{};
    std::string beside{};  ///< in the same file as corp's list
    bool list_required = true;
  };
  std::shared_ptr<const TrustBundle> bundle(const Wishes& wishes) const {
    TrustSources sources{own_.authority().certificate_pem(), own_.crl(), true, {}};
    if (wishes.with_corp) {
      const auto until = std::max(wishes.list_until, now_ - std::chrono::days{1});
      const auto list = corp_.authority().issue_crl({}, 1, now_ - std::chrono::days{2}, until).value();
      ForeignAuthority& corp = sources.foreign.emplace_back();
      corp.rules.name = "corp";
      corp.rules.crl_required = wishes.list_required;
      corp.rules.users.push_back(UserPattern::parse(wishes.users).value());
      corp.certificates_pem = corp_.authority().certificate_pem();
      const bool has_list = wishes.list_until != WallTime{};
      corp.lists.push_back({"corp.crl", (has_list ? list : std::string{}) + wishes.beside, {}, "corp.crl"});
    }
    auto loaded = TrustBundle::load(sources, now_);
    if (!loaded) ADD_FAILURE() << loaded.error().words;
    return loaded ? *loaded : nullptr;
  }
  std::shared_ptr<const TrustBundle> bundle() const { return bundle({.list_until = now_ + std::chrono::days{2}}); }

  static std::string id_of(const TestPki& pki) {
    const auto sources = TrustSources{pki.authority().certificate_pem(), pki.crl(), true, {}};
    const auto loaded = TrustBundle::load(sources, pki.now());
    return (*loaded)->id_of((*loaded)->authorities().front());
  }
  DeviceRecord device(const std::string& id, const std::string& authority, std::chrono::seconds lasts) const {
    DeviceRecord record;
    record.id = DeviceId{id};
    record.user = UserId{id + "@example.com"};
    record.state = DeviceState::Active;
    record.serial = "0a";
    record.not_after = now_ + lasts;
    record.authority = authority;
    record.issuer = id_of(authority.empty() ? own_ : corp_);
    return record;
  }

  const WallTime now_ = wall_now();
  const TestPki own_{now_};
  const TestPki corp_{now_, "corp.example", "Corp Authority"};
};

}  // namespace sallyport
