#include "common/precompiled/standard.h"

#include <gtest/gtest.h>
