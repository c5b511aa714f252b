#include "server/gateway/ticket_book.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sallyport {
namespace {

TEST(TicketBook, IsDoneWithTheLastWorkerAndOnlyOnce) {
  TicketBook book;
  std::vector<Ticket> done;
  const auto ticket = book.open(3, [&](Ticket each) { done.push_back(each); });
  book.done(ticket);
  book.done(ticket);
  EXPECT_TRUE(done.empty());
  book.done(ticket);
  book.done(ticket);
  EXPECT_EQ(done, std::vector{ticket});
}

TEST(TicketBook, TellsTicketsApartAndPassesOverUnknownOnes) {
  TicketBook book;
  std::vector<Ticket> done;
  const auto note = [&](Ticket each) { done.push_back(each); };
  const auto first = book.open(1, note);
  const auto second = book.open(1, note);
  EXPECT_NE(first, second);
  book.done(Ticket{12345});
  book.done(second);
  EXPECT_EQ(done, std::vector{second});
}

TEST(TicketBook, MayBeOpenedAgainByWhatItRuns) {
  TicketBook book;
  int runs = 0;
  Ticket inner{};
  const auto outer = book.open(1, [&](Ticket) {
    ++runs;
    inner = book.open(1, [&](Ticket) { ++runs; });
  });
  book.done(outer);
  book.done(inner);
  EXPECT_EQ(runs, 2);
}

}  // namespace
}  // namespace sallyport
