#include "common/pki/revocation_list.hpp"
#include "common/base/hex.hpp"
#include "common/pki/pem.hpp"
#include "tests/support/test_pki.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace sallyport {
namespace {

const std::string kBegin = "-----BEGIN X509 CRL-----\n";
const std::string kEnd = "-----END X509 CRL-----\n";

std::string repeated(const std::string& piece, std::size_t size = kMaxRevocationList) {
  std::string text;
  while (text.size() + piece.size() <= size) text += piece;
  return text;
}

/// Far from what it takes, and far below the patience of a watchdog.
template <class Read>
void expect_quick(const Read& read, const char* what) {
  const auto begun = std::chrono::steady_clock::now();
  read();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds{3}) << what;
}

TEST(ReadRevocationLists, CostsNoMoreThanItsSizeWhateverAServerSends) {
  const std::string texts[] = {
      repeated(kBegin),
      repeated(kBegin, kMaxRevocationList / 2) + repeated("x", kMaxRevocationList / 2) + kEnd,
      repeated(kEnd),
      repeated(kBegin + kEnd),
      repeated(kBegin + "MAA=\n" + kEnd),
      kBegin + repeated("-") + kEnd,
  };
  for (const auto& text : texts) {
    expect_quick([&text] { (void)read_revocation_lists(text); }, text.substr(0, 60).c_str());
    expect_quick([&text] { (void)parse_revocation_lists(text); }, text.substr(0, 60).c_str());
  }
  EXPECT_FALSE(read_revocation_lists(texts[0])) << "more than 64";
}

TEST(ReadRevocationLists, TakesAtMost64) {
  const auto block = TestPki{}.crl();
  const auto most = read_revocation_lists(repeated(block, kMaxOfferedLists * block.size()));
  ASSERT_TRUE(most);
  EXPECT_EQ(most->lists.size(), kMaxOfferedLists);
  EXPECT_FALSE(read_revocation_lists(repeated(block, (kMaxOfferedLists + 1) * block.size())));
}

/// One list in DER, without its last or with further octets.
class DerList : public testing::Test {
 protected:
  [[nodiscard]] UnreadList unread(const std::string& text) const {
    const auto read = read_revocation_lists(text);
    EXPECT_TRUE(read && read->lists.empty() && read->unread.size() == 1);
    return read && read->unread.size() == 1 ? read->unread.front() : UnreadList{};
  }

  const TestPki pki_;
  const RevocationList list_ = parse_revocation_lists(pki_.crl()).value().front();
  const std::string der_{as_text(list_.der())};
};

TEST_F(DerList, IsBeingWrittenWhereItsLengthSaysThatOctetsAreMissing) {
  ASSERT_EQ(read_revocation_lists(der_)->lists.size(), 1U);
  for (std::size_t size = 1; size < der_.size(); ++size) EXPECT_FALSE(unread(der_.substr(0, size)).is_whole) << size;
}

TEST_F(DerList, IsNotBeingWrittenWithOctetsBehindIt) {
  for (const auto* more : {"\n", "more", "\x30"}) {
    const auto read = unread(der_ + more);
    EXPECT_TRUE(read.is_whole);
    EXPECT_EQ(read.issuer_der, list_.issuer_der()) << "whose it would be can be read";
  }
}

TEST_F(DerList, IsNotBeingWrittenWithALengthThatNoListHas) {
  const std::string content = der_.substr(3);
  for (const char* head : {"\x30\x80", "\x30\x05", "\x30\x81\x05", "\x30\x85\x01\x01\x01\x01\x01",
                           "\x30\x84\x7f\xff\xff\xff", "\x30\x83\xff\xff\xff"}) {
    EXPECT_TRUE(unread(head + content).is_whole) << to_hex(as_bytes(std::string_view{head}));
  }
}

TEST(PemList, IsBeingWrittenOnlyAtTheEndOfTheText) {
  const auto good = TestPki{}.crl();
  const auto cut = good.substr(0, good.size() - 30);
  const auto first = read_revocation_lists(cut + '\n' + good);
  ASSERT_TRUE(first && first->unread.size() == 1 && first->lists.size() == 1);
  EXPECT_TRUE(first->unread.front().is_whole) << "what follows it is there";
  const auto last = read_revocation_lists(good + cut);
  ASSERT_TRUE(last && last->unread.size() == 1 && last->lists.size() == 1);
  EXPECT_FALSE(last->unread.front().is_whole);
}

}  // namespace
}  // namespace sallyport
