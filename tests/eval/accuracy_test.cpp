// SPDX-License-Identifier: MIT
#include <ebm/eval/accuracy.hpp>

#include "support/catch.hpp"
#include "support/message.hpp"

using namespace ebm;

TEST_CASE("accuracy is the share of samples whose likeliest class is the label") {
  const Samples<float> p{{0.5f, 0.25f, 0.25f}, {0, 0.5f, 0.5f}, {0.25f, 0, 0.75f}, {0, 1, 0}};
  CHECK(likeliest_classes(p) == std::vector{0, 1, 2, 1});
  const std::vector labels{0, 2, 2, 1};
  CHECK(accuracy(p, labels) == 0.75);
  CHECK(message_of<InvalidArgument>([&] {
          static_cast<void>(accuracy(p, std::span(labels).first(3)));
        }) == "accuracy: got 4 samples and 3 labels, expected as many");
  CHECK(message_of<InvalidArgument>([&] {
          static_cast<void>(likeliest_classes(Samples<float>{{0.5f, 0.4f}}));
        }).find("add up to") != std::string::npos);
}
