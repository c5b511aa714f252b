#include "common/ipc/message.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

std::string nested_arrays(int depth) {
  return "{\"v\":" + std::string(static_cast<std::size_t>(depth), '[') +
         std::string(static_cast<std::size_t>(depth), ']') + '}';
}

TEST(ParseMessage, ReadsAnObject) { EXPECT_EQ(parse_message(R"({"v":1,"do":"status"})").value().at("do"), "status"); }

TEST(ParseMessage, AcceptsTheDeepestAllowedNesting) {
  EXPECT_TRUE(parse_message(nested_arrays(kMaxMessageDepth - 1)).has_value());
}

TEST(ParseMessage, RefusesOneLevelMore) {
  EXPECT_EQ(parse_message(nested_arrays(kMaxMessageDepth)).error(), MessageError::TooDeep);
}

TEST(ParseMessage, RefusesNestingThatWouldOverflowTheStackOfAnyLaterCopy) {
  EXPECT_EQ(parse_message(nested_arrays(200'000)).error(), MessageError::TooDeep);
  std::string objects;
  for (int depth = 0; depth < 50'000; ++depth) objects += "{\"a\":";
  EXPECT_EQ(parse_message(objects).error(), MessageError::TooDeep);
}

TEST(ParseMessage, RefusesWhatIsNoObject) {
  for (const auto* text : {"[]", "1", "\"status\"", "null", "true"}) {
    EXPECT_EQ(parse_message(text).error(), MessageError::NotAnObject) << text;
  }
}

TEST(ParseMessage, RefusesWhatIsNoJson) {
  for (const auto* text : {"", "{", "{}x", "{'v':1}", "{\"v\":1,}", "{\"v\":NaN}", "{\"v\":\"\xff\"}"}) {
    EXPECT_EQ(parse_message(text).error(), MessageError::NotJson) << text;
  }
}

TEST(ToLine, WritesPrintableAsciiWhateverTheStringsHold) {
  const auto line = to_line({{"text", "a\x1b[31m\n\x7f\xc3\xa9\xff"}});
  ASSERT_EQ(line.back(), '\n');
  for (const char c : line.substr(0, line.size() - 1)) EXPECT_TRUE(c >= 0x20 && c < 0x7f) << line;
  EXPECT_TRUE(parse_message(line).has_value());
}

TEST(TextAt, ReadsStringsOnly) {
  const auto message = parse_message(R"({"do":"up","v":1})").value();
  EXPECT_EQ(text_at(message, "do"), "up");
  EXPECT_EQ(text_at(message, "v"), std::nullopt);
  EXPECT_EQ(text_at(message, "profile"), std::nullopt);
}

TEST(MessageReader, GivesTheSameMessagesHoweverTheBytesAreCut) {
  const std::string stream = "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n";
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    MessageReader reader;
    int expected = 1;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      reader.feed(as_bytes(std::string_view{stream}.substr(at, piece)));
      for (auto message = reader.next().value(); message; message = reader.next().value()) {
        EXPECT_EQ(message->at("n"), expected++);
      }
    }
    EXPECT_EQ(expected, 4) << piece;
    EXPECT_EQ(reader.buffered(), 0U);
  }
}

TEST(MessageReader, RefusesALineThatNeverEnds) {
  MessageReader reader;
  const std::string chunk(4096, ' ');
  for (std::size_t fed = 0; fed < kMaxMessageSize; fed += chunk.size()) {
    reader.feed(as_bytes(chunk));
    ASSERT_TRUE(reader.next().has_value());
  }
  reader.feed(as_bytes(" "));
  EXPECT_EQ(reader.next().error(), MessageError::TooLong);
}

TEST(MessageReader, RefusesALongLineThatArrivesWithItsEnd) {
  MessageReader reader{10};
  reader.feed(as_bytes("{\"v\":12345}\n"));
  EXPECT_EQ(reader.next().error(), MessageError::TooLong);
}

TEST(MessageReader, TakesALineOfExactlyTheLimit) {
  MessageReader reader{11};
  reader.feed(as_bytes("{\"v\":12345}\n"));
  EXPECT_TRUE(reader.next().value().has_value());
}

}  // namespace
}  // namespace sallyport
