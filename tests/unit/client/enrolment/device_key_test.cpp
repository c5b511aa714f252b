#include "client/enrolment/device_key.hpp"

#include "client/enrolment/device_files.hpp"
#include "client/enrolment/device_lock.hpp"
#include "common/base/file.hpp"
#include "tests/support/soft_token.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/test_pki.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <ctime>
#include <thread>

namespace sallyport {
namespace {

/// A device whose keys are on a token.
class KeysOnToken : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto why = SoftToken::impossible(); !why.empty()) GTEST_SKIP() << why;
    soft_.emplace(directory_.path());
    ASSERT_TRUE(write_file_atomically(directory_.file("pin"), SoftToken::kPin, 0600));
    files_ = {directory_.file("ca.pem"), directory_.file("device.pem"),
              soft_->uri("sallyport", "&pin-source=file:" + directory_.file("pin"))};
    token_ = token();
  }
  [[nodiscard]] std::shared_ptr<Token> token() const { return *Tokens{}.of(files_.key); }
  [[nodiscard]] std::string certificate_for(const PublicKey& key) const {
    return pki_.authority()
        .issue_device(key, {DeviceId{"laptop"}, UserId{"ana@example.com"}, pki_.trust_domain()}, pki_.now())
        ->pem;
  }
  /// A first key with its certificate in place.
  PublicKey enrolled() {
    const auto key = make_next_key(files_, token_, nullptr);
    if (!key) ADD_FAILURE() << key.error().words;
    install(*key);
    return signing_key(*key).public_key();
  }
  void install(const DeviceKey& key) {
    ASSERT_TRUE(store_next(files_, key, certificate_for(signing_key(key).public_key())));
    keep_pending_key(files_);
    const auto settled = settle_next(files_, token_);
    ASSERT_TRUE(settled) << settled.error();
  }
  /// The device still has a certificate and signs for it, as a process that starts now sees it.
  void expect_whole() {
    token_->release();
    const auto credentials = load_credentials(files_, token());
    ASSERT_TRUE(credentials) << credentials.error().words;
    const auto signature = credentials->key().sign(as_bytes("m"));
    EXPECT_TRUE(signature) << signature.error().words;
  }
  std::size_t pairs() {
    const auto keys = token_->keys();
    if (!keys) ADD_FAILURE() << keys.error().words;
    return keys ? keys->size() : 0;
  }
  int renew_and_die_at(int nth);
  /// A renewed pair whose certificate counts, and that did not connect yet: the session goes on by the key of before.
  PublicKey renewed() {
    const auto now = load_certificate(files_);
    const auto next = make_next_key(files_, token_, &now->key);
    if (!next) ADD_FAILURE() << next.error().words;
    EXPECT_TRUE(store_next(files_, *next, certificate_for(signing_key(*next).public_key())));
    keep_pending_key(files_);
    return signing_key(*next).public_key();
  }
  bool signs(const PublicKey& key) { return token_->find(key).has_value(); }

  const TestPki pki_;
  const TemporaryDirectory directory_;
  std::optional<SoftToken> soft_;
  DeviceFiles files_;
  std::shared_ptr<Token> token_;
};

TEST_F(KeysOnToken, NoKeyEverLiesInAFile) {
  enrolled();
  expect_whole();
  for (const auto& entry : std::filesystem::directory_iterator{directory_.path()}) {
    if (!entry.is_regular_file()) continue;
    EXPECT_EQ(read_file(entry.path()).value_or("").find("PRIVATE KEY"), std::string::npos) << entry.path();
  }
}

TEST_F(KeysOnToken, ARenewalMakesANewPairAndTheOldOneGoesLast) {
  const auto before = enrolled();
  const auto next = make_next_key(files_, token_, &before);
  ASSERT_TRUE(next) << next.error().words;
  EXPECT_FALSE(signing_key(*next).public_key() == before);
  EXPECT_EQ(pairs(), 2U) << "made before broken";
  expect_whole();
  ASSERT_TRUE(store_next(files_, *next, certificate_for(signing_key(*next).public_key())));
  keep_pending_key(files_);
  EXPECT_EQ(pairs(), 2U);
  EXPECT_TRUE(load_certificate(files_)->key == signing_key(*next).public_key()) << "it counts at once";
  expect_whole();
  ASSERT_TRUE(settle_next(files_, load_certificate(files_)->serial_hex, token_));
  EXPECT_EQ(pairs(), 1U);
  EXPECT_FALSE(file_exists(files_.next()));
  expect_whole();
}

TEST_F(KeysOnToken, APairThatNothingCountsForIsDestroyedByTheNextAttempt) {
  const auto before = enrolled();
  for (int attempt = 0; attempt < 3; ++attempt) {
    // Each of these dies before its certificate has come.
    ASSERT_TRUE(make_next_key(files_, token_, &before));
    EXPECT_EQ(pairs(), 2U) << "no more than one is left behind";
    expect_whole();
  }
  ASSERT_TRUE(drop_pending_key(files_, *token_));
  EXPECT_EQ(pairs(), 1U);
  expect_whole();
}

TEST_F(KeysOnToken, APairThatCountsIsNeverTakenForALeftover) {
  const auto before = enrolled();
  const auto next = make_next_key(files_, token_, &before);
  ASSERT_TRUE(store_next(files_, *next, certificate_for(signing_key(*next).public_key())));
  // Died here, with the note still there.
  ASSERT_TRUE(drop_pending_key(files_, *token_));
  EXPECT_EQ(pairs(), 2U);
  EXPECT_FALSE(file_exists(files_.pending()));
  expect_whole();
}

TEST_F(KeysOnToken, APairThatAnotherProcessIsGettingACertificateForIsLeftToIt) {
  const auto before = enrolled();
  ASSERT_TRUE(make_next_key(files_, token_, &before));
  const auto note = *read_file(files_.pending());
  const auto by_another = note.substr(0, note.find(' ') + 1) + std::to_string(::getppid());
  ASSERT_TRUE(write_file_atomically(files_.pending(), by_another, 0600));
  const auto refused = make_next_key(files_, token_, &before);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().words.find("another program"), std::string::npos) << refused.error().words;
  EXPECT_EQ(pairs(), 2U);
  // It is still there after an hour: it has forgotten, or is another one by now.
  const std::array<timespec, 2> long_ago{timespec{.tv_sec = ::time(nullptr) - 3600, .tv_nsec = 0},
                                         timespec{.tv_sec = ::time(nullptr) - 3600, .tv_nsec = 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, files_.pending().c_str(), long_ago.data(), 0), 0);
  EXPECT_TRUE(make_next_key(files_, token_, &before));
  EXPECT_EQ(pairs(), 2U);
}

TEST_F(KeysOnToken, TheKeyOfBeforeIsNotDestroyedWhereTheNewOneIsMissing) {
  const auto before = enrolled();
  const auto next = make_next_key(files_, token_, &before);
  ASSERT_TRUE(store_next(files_, *next, certificate_for(signing_key(*next).public_key())));
  ASSERT_TRUE(token_->destroy_pair(signing_key(*next).public_key()));
  EXPECT_FALSE(settle_next(files_, token_));
  EXPECT_EQ(pairs(), 1U) << "the last key that works";
}

TEST_F(KeysOnToken, DyingBetweenTheDestructionAndTheMoveLosesNothing) {
  const auto before = enrolled();
  const auto next = make_next_key(files_, token_, &before);
  ASSERT_TRUE(store_next(files_, *next, certificate_for(signing_key(*next).public_key())));
  ASSERT_TRUE(token_->destroy_pair(before));
  expect_whole();
  ASSERT_TRUE(settle_next(files_, token_));
  expect_whole();
}

TEST_F(KeysOnToken, TheOldKeyStaysWhileTheTokenIsOut) {
  const auto before = enrolled();
  const auto next = make_next_key(files_, token_, &before);
  ASSERT_TRUE(store_next(files_, *next, certificate_for(signing_key(*next).public_key())));
  soft_->pull();
  EXPECT_FALSE(settle_next(files_, token_));
  EXPECT_TRUE(file_exists(files_.next())) << "settled later";
  soft_->put_back();
  EXPECT_TRUE(settle_next(files_, token_));
  EXPECT_EQ(pairs(), 1U);
  expect_whole();
}

TEST_F(KeysOnToken, AKeyNamedByItsIdIsKept) {
  const auto before = enrolled();
  const auto keys = token_->keys();
  std::string id;
  for (const auto octet : keys->front().id) {
    constexpr const char* kDigits = "0123456789abcdef";
    id += {'%', kDigits[std::to_integer<unsigned>(octet) >> 4U], kDigits[std::to_integer<unsigned>(octet) & 15U]};
  }
  files_.key = soft_->uri("sallyport;id=" + id, "&pin-source=file:" + directory_.file("pin"));
  token_ = token();
  const auto next = make_next_key(files_, token_, &before);
  ASSERT_TRUE(next) << next.error().words;
  EXPECT_TRUE(signing_key(*next).public_key() == before);
  install(*next);
  EXPECT_EQ(pairs(), 1U);
  expect_whole();
  EXPECT_FALSE(make_next_key(files_, token_, nullptr)) << "none is made where one is named";
}

TEST_F(KeysOnToken, ASecondRenewalDestroysNoKeyThatCarriesBeforeANewerOneConnected) {
  const auto carrying = enrolled();
  const auto second = renewed();
  const auto third = renewed();
  EXPECT_TRUE(signs(carrying)) << "the session lost its key";
  EXPECT_TRUE(signs(second));
  EXPECT_TRUE(signs(third));
  EXPECT_TRUE(load_certificate(files_)->key == third);
  expect_whole();
  // Never connected, neither newest nor in use: the next attempt may take it.
  const auto fourth = renewed();
  EXPECT_FALSE(signs(second));
  EXPECT_TRUE(signs(carrying));
  EXPECT_TRUE(signs(third));
  ASSERT_TRUE(settle_next(files_, load_certificate(files_)->serial_hex, token_)) << "the newest has connected";
  EXPECT_TRUE(signs(fourth));
  EXPECT_EQ(pairs(), 1U) << "nothing is left of those before";
  EXPECT_FALSE(file_exists(files_.pending()));
  expect_whole();
}

TEST_F(KeysOnToken, AKeyThatCarriesAndIsNotInItsPlaceIsSettledByTheNextRenewal) {
  const auto first = enrolled();
  // It has connected, and the token was silent when the pair of before was to go.
  const auto carrying = renewed();
  const auto next = make_next_key(files_, token_, &carrying, &carrying);
  ASSERT_TRUE(next) << next.error().words;
  EXPECT_FALSE(signs(first));
  EXPECT_TRUE(signs(carrying));
  EXPECT_TRUE(load_settled_certificate(files_)->key == carrying);
}

TEST_F(KeysOnToken, AKeyThatCarriesIsKeptThoughNoCertificateInItsPlaceIsForIt) {
  enrolled();
  const auto carrying = renewed();
  // A renewal that began before it connected was done before it was settled.
  renewed();
  for (int attempt = 0; attempt < 3; ++attempt) {
    const auto now = load_certificate(files_);
    ASSERT_TRUE(make_next_key(files_, token_, &now->key, &carrying));
    EXPECT_TRUE(signs(carrying));
    EXPECT_LE(pairs(), 4U);
  }
}

TEST_F(KeysOnToken, NoPairIsMadeWhileAnotherProgramChangesTheFiles) {
  const auto before = enrolled();
  auto lock = std::make_optional(*DeviceLock::take(files_, kCommandPatience));
  std::thread renewal{[&] { EXPECT_TRUE(make_next_key(files_, token_, &before)); }};
  std::this_thread::sleep_for(std::chrono::milliseconds{200});
  EXPECT_FALSE(file_exists(files_.pending())) << "it did not wait";
  lock.reset();
  renewal.join();
  EXPECT_TRUE(file_exists(files_.pending()));
}

/// Renews once, and dies instead of its nth call to the token. How it ended.
int KeysOnToken::renew_and_die_at(int nth) {
  token_->release();
  const pid_t child = ::fork();
  if (child == 0) {
    ::setenv("SALLYPORT_MODULE_DIE", std::to_string(nth).c_str(), 1);
    const auto mine = token();
    const auto now = load_certificate(files_);
    const auto next = now ? make_next_key(files_, mine, &now->key) : fail(PkiError{});
    if (!next || !store_next(files_, *next, certificate_for(signing_key(*next).public_key()))) ::_exit(1);
    keep_pending_key(files_);
    ::_exit(settle_next(files_, mine) ? 0 : 2);
  }
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return status;
}

TEST_F(KeysOnToken, ADeviceIsWholeWhereverItsRenewalDies) {
  enrolled();
  int deaths = 0;
  int ended = -1;
  for (int nth = 1; nth < 60; ++nth) {
    ended = renew_and_die_at(nth);
    if (WIFEXITED(ended)) break;
    ++deaths;
    ASSERT_NO_FATAL_FAILURE(expect_whole()) << "died at call " << nth;
    ASSERT_LE(pairs(), 3U) << "what the dead left behind piles up";
  }
  EXPECT_EQ(ended, 0) << "the renewal gave up by itself";
  EXPECT_GE(deaths, 6) << "too few for what a renewal asks of a token";
  expect_whole();
  EXPECT_EQ(pairs(), 1U) << "the dead left something behind";
}

TEST_F(KeysOnToken, TheKeyThatCarriesSignsWhereverASecondRenewalDies) {
  const auto carrying = enrolled();
  renewed();
  int ended = -1;
  for (int nth = 1; nth < 60; ++nth) {
    token_->release();
    const pid_t child = ::fork();
    if (child == 0) {
      ::setenv("SALLYPORT_MODULE_DIE", std::to_string(nth).c_str(), 1);
      const auto mine = token();
      const auto now = load_certificate(files_);
      const auto next = now ? make_next_key(files_, mine, &now->key, &carrying) : fail(PkiError{});
      if (!next || !store_next(files_, *next, certificate_for(signing_key(*next).public_key()))) ::_exit(1);
      keep_pending_key(files_);
      ::_exit(0);
    }
    ASSERT_EQ(::waitpid(child, &ended, 0), child);
    ASSERT_NO_FATAL_FAILURE(expect_whole()) << "died at call " << nth;
    ASSERT_TRUE(signs(carrying)) << "died at call " << nth;
    ASSERT_LE(pairs(), 4U) << "what the dead left behind piles up";
    if (WIFEXITED(ended)) break;
  }
  EXPECT_EQ(ended, 0);
  ASSERT_TRUE(settle_next(files_, token_));
  EXPECT_EQ(pairs(), 1U);
  expect_whole();
}

}  // namespace
}  // namespace sallyport
