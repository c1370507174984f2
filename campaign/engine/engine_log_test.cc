// SPDX-License-Identifier: Apache-2.0
#include "campaign/engine/engine_log.h"

#include <gtest/gtest.h>

namespace percuss::campaign {
namespace {

// The end of what afl-fuzz 4.04c says of a target that was not built for it.
constexpr char kAbort[] =
    "\x0f\x1b)B\x1b[?25h\x1b[0m\x1b[1;91m\n[-] PROGRAM ABORT : \x1b[0mNo instrumentation detected"
    "\x1b[1;91m\n         Location : \x1b[0mcheck_binary(), src/afl-fuzz-init.c:2793\n\n";

TEST(EngineLogTest, TerminalsControlsGoAndTheTextStays) {
  EXPECT_EQ(WithoutControls(kAbort),
            "\n[-] PROGRAM ABORT : No instrumentation detected\n"
            "         Location : check_binary(), src/afl-fuzz-init.c:2793\n\n");
  EXPECT_EQ(WithoutControls("tab\tand \xc3\xa9\r\n"), "tab\tand \xc3\xa9\n");
  for (const char* cut : {"\x1b", "\x1b[", "\x1b[1;9", "\x1b)"})
    EXPECT_EQ(WithoutControls(cut), "");
}

TEST(EngineLogTest, TheFuzzersOwnWordForItIsTheReason) {
  EXPECT_EQ(WhyItEnded(WithoutControls(kAbort)), "No instrumentation detected");
  EXPECT_EQ(WhyItEnded("INFO: seed 1\nERROR: no interesting inputs were found.\nDone"),
            "no interesting inputs were found.");
  EXPECT_EQ(WhyItEnded("first\nlast words\n\n"), "last words");
  EXPECT_EQ(WhyItEnded(" \n"), "it printed nothing");
  EXPECT_EQ(WhyItEnded(std::string(5000, 'x')).size(), 300u);
}

}  // namespace
}  // namespace percuss::campaign
