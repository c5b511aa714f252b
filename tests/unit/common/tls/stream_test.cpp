#include "tests/support/tls_pair.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace sallyport {
namespace {

class Stream : public testing::Test {
 protected:
  void SetUp() override {
    pair_.shake();
    ASSERT_TRUE(pair_.is_established());
  }

  const TestPki pki_;
  const ServerContext server_ = pki_.server();
  const ClientContext client_ = pki_.client(pki_.device());
  TlsPair pair_{server_, client_};
};

TEST_F(Stream, GoesOnWithoutWhatTheHandshakeLeft) {
  EXPECT_EQ(pair_.server->peer().device, DeviceId{"laptop"});
  pair_.server->forget_handshake();
  EXPECT_TRUE(pair_.server->peer().device.text().empty());
  std::array<std::byte, 32> out{};
  EXPECT_FALSE(pair_.server->export_keying_material("EXPORTER-sallyport", {}, out));
  EXPECT_EQ(pair_.say(*pair_.client, *pair_.server, "in"), "in");
  ASSERT_TRUE(pair_.server->update_keys());
  EXPECT_EQ(pair_.say(*pair_.server, *pair_.client, "out"), "out");
  EXPECT_EQ(pair_.say(*pair_.client, *pair_.server, "under new keys"), "under new keys");
}

TEST_F(Stream, ExportsTheSameKeyOnBothSidesAndAnotherPerConnection) {
  TlsPair other{server_, client_};
  other.shake();
  const auto exported = [](const Engine& engine, std::string_view label, std::string_view context) {
    std::array<std::byte, 32> out{};
    EXPECT_TRUE(engine.export_keying_material(label, as_bytes(context), out));
    return out;
  };
  const auto value = exported(*pair_.server, "EXPORTER-sallyport", "a");
  EXPECT_EQ(value, exported(*pair_.client, "EXPORTER-sallyport", "a"));
  EXPECT_NE(value, exported(*pair_.client, "EXPORTER-sallyport", "b"));
  EXPECT_NE(value, exported(*pair_.client, "EXPORTER-other", "a"));
  EXPECT_NE(value, exported(*other.server, "EXPORTER-sallyport", "a"));

  ASSERT_TRUE(pair_.client->update_keys());
  pair_.carry(*pair_.client, *pair_.server);
  EXPECT_EQ(value, exported(*pair_.server, "EXPORTER-sallyport", "a"));
}

TEST_F(Stream, KeepsEveryByteAcrossKeyUpdates) {
  std::string sent, heard;
  for (int round = 0; round < 100; ++round) {
    const std::string text = "round " + std::to_string(round) + std::string(static_cast<std::size_t>(round) * 37, '.');
    sent += text;
    ASSERT_TRUE(pair_.client->write(as_bytes(text)));
    if (round % 3 == 0) {
      ASSERT_TRUE(pair_.client->update_keys());
    }
    if (round % 5 == 0) {
      ASSERT_TRUE(pair_.server->update_keys());
    }
    ASSERT_TRUE(pair_.client->write(as_bytes("|")));
    sent += '|';
    heard += pair_.carry(*pair_.client, *pair_.server, 11);
    EXPECT_EQ(pair_.say(*pair_.server, *pair_.client, "ack"), "ack");
  }
  EXPECT_EQ(heard, sent);
  EXPECT_FALSE(pair_.server_error || pair_.client_error);
}

TEST_F(Stream, CountsRecordsWithoutData) {
  EXPECT_EQ(pair_.say(*pair_.client, *pair_.server, "x"), "x");
  EXPECT_EQ(pair_.server->silent_records(), 0U);
  ASSERT_TRUE(pair_.client->update_keys());
  pair_.carry(*pair_.client, *pair_.server);
  EXPECT_EQ(pair_.server->silent_records(), 1U);
  pair_.carry(*pair_.server, *pair_.client);
  EXPECT_EQ(pair_.client->silent_records(), 1U);
  ASSERT_TRUE(pair_.client->update_keys());
  EXPECT_EQ(pair_.say(*pair_.client, *pair_.server, "y"), "y");
  EXPECT_EQ(pair_.server->silent_records(), 2U);
}

TEST_F(Stream, EndsAKeyUpdateFlood) {
  for (unsigned i = 0; i < 10 * kMaxSilentRecords && !pair_.server_error; ++i) {
    ASSERT_TRUE(pair_.client->update_keys());
    pair_.carry(*pair_.client, *pair_.server);
    pair_.carry(*pair_.server, *pair_.client);
  }
  ASSERT_TRUE(pair_.server_error.has_value());
  EXPECT_EQ(pair_.server_error->fault, TlsFault::ControlFlood);
}

TEST_F(Stream, ReadsIntoBuffersSmallerThanARecord) {
  const std::string text(5000, 'z');
  ASSERT_TRUE(pair_.client->write(as_bytes(text)));
  pair_.server->feed(pair_.client->outbox());
  std::string heard;
  std::array<std::byte, 7> room{};
  while (true) {
    const auto count = pair_.server->read(room);
    ASSERT_TRUE(count);
    if (*count == 0) break;
    heard += as_text(Bytes{room}.first(*count));
  }
  EXPECT_EQ(heard, text);
  EXPECT_EQ(pair_.server->silent_records(), 0U);
}

TEST_F(Stream, TellsACloseFromEverythingElse) {
  ASSERT_TRUE(pair_.client->write(as_bytes("last words")));
  pair_.client->close();
  EXPECT_EQ(pair_.carry(*pair_.client, *pair_.server), "last words");
  ASSERT_TRUE(pair_.server_error.has_value());
  EXPECT_EQ(pair_.server_error->fault, TlsFault::Closed);
  EXPECT_EQ(pair_.client->write(as_bytes("more")).error().fault, TlsFault::WrongState);
}

TEST_F(Stream, RefusesAFlippedBitAnywhereInARecord) {
  for (std::size_t at = 0; at < 30; ++at) {
    TlsPair pair{server_, client_};
    pair.shake();
    ASSERT_TRUE(pair.client->write(as_bytes("0123456789")));
    pair.client->outbox()[at] ^= std::byte{0x10};
    // A longer length only makes the engine wait for octets that never come.
    pair.client->outbox().resize(pair.client->outbox().size() + 0x2000);
    EXPECT_EQ(pair.carry(*pair.client, *pair.server), "") << at;
    EXPECT_TRUE(pair.server_error.has_value()) << at;
  }
}

TEST_F(Stream, EndsWhenTheCallerIgnoresBackPressure) {
  const ByteBuffer block(std::size_t{1} << 20U);
  ASSERT_TRUE(pair_.server->write(block));
  const auto written = pair_.server->write(block);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().fault, TlsFault::OutboxFull);
  EXPECT_LE(pair_.server->outbox().size(), kMaxOutbox);
  EXPECT_EQ(pair_.server->write(block).error().fault, TlsFault::WrongState);
}

TEST_F(Stream, KeepsTheCapacityOfADrainedOutbox) {
  const ByteBuffer block(60'000);
  ASSERT_TRUE(pair_.server->write(block));
  const auto capacity = pair_.server->outbox().capacity();
  pair_.server->outbox().clear();
  ASSERT_TRUE(pair_.server->write(block));
  EXPECT_EQ(pair_.server->outbox().capacity(), capacity);
}

}  // namespace
}  // namespace sallyport
