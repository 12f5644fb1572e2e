// SPDX-License-Identifier: MIT
#include <ebm/ebm.hpp>

#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/random_samples.hpp"

using namespace ebm;

TEST_CASE("the hinge has a slope of 1 inside of its margin and none outside") {
  const Hinge loss({.margin = 2});
  CHECK(loss.term(0.5, Role::data).total == 1.5);
  CHECK(loss.term(0.5, Role::data).parts[0] == 1.5);
  CHECK(loss.term(0.5, Role::model).total == 2.5);
  CHECK(loss.term(0.5, Role::model).parts[1] == 2.5);
  CHECK(loss.term(3, Role::data).total == 0);
  CHECK(loss.term(-3, Role::model).total == 0);
  for (const Role role : {Role::data, Role::model}) {
    for (const double score : {-3.0, -1.9, 0.4, 1.9, 3.0}) {
      const double h = 1e-6;
      const double difference =
          (loss.term(score + h, role).total - loss.term(score - h, role).total) / (2 * h);
      CHECK(loss.slope(score, role) == Approx(difference).margin(1e-9));
    }
  }
  CHECK(message_of<InvalidArgument>([] { Hinge({.margin = 0}); }) ==
        "Hinge: margin must be > 0 and finite, got 0");
}

TEST_CASE(
    "training by the hinge tells data from elsewhere, and data's scores stay, without a "
    "regulariser") {
  using Net = Sequential<Shape<2>, Linear<32>, Swish, Linear<32>, Swish, Linear<1>>;
  Neural<Net> model(Rng{1});
  Serial serial;
  const Samples<float> data = 0.1F * random_samples<float>(1024, 2, 1);  // near the middle
  Trainer trainer(
      model,
      Recipe{.sampler = Langevin{{.step_size = 0.01, .noise = 0.1, .gradient_clip = 10}},
             .steps = 20,
             .loss = Hinge(),
             .optimizer = Adam{{.learning_rate = 5e-3}},
             .gradient_clip = GlobalNormClip{10},
             .epochs = 30,
             .batch = 64},
      serial);
  trainer.fit(data);
  const auto elsewhere = random_samples<float>(1024, 2, 2);
  const float near = scores(model, data).mean(), far = scores(model, elsewhere).mean();
  CHECK(near > far + 0.5F);
  CHECK(std::abs(near) < 2);
}
