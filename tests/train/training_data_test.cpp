// SPDX-License-Identifier: MIT
#include <algorithm>
#include <ebm/parallel/executor.hpp>
#include <ebm/parallel/threads.hpp>
#include <ebm/sampler/hmc.hpp>
#include <ebm/sampler/langevin.hpp>
#include <ebm/train/training_data.hpp>

#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/random_samples.hpp"

using ebm::Rng;
using ebm::Samples;
using ebm::Serial;
using Eigen::Index;

TEST_CASE("noise for data is a chain's own, stays in the box, and needs no batch") {
  using Image = ebm::Shape<2, 3, 5>;  // stored as [row][column][channel], given as NCHW
  const auto key = Rng{7}.stream(ebm::Purpose::data_noise);
  const auto box = ebm::Langevin<>().domain<double>();
  ebm::PerWorker<ebm::AlignedVector<ebm::Pack<double>>> room;
  const auto clean = random_samples<double>(40, Image::size, 2);
  const auto noisy = [&](auto&& executor, Index first, Index count) {
    Samples<double> samples = clean.middleRows(first, count);
    ebm::add_noise<Image, double>(samples, 0.5, box, 300 + static_cast<std::uint64_t>(first), key,
                                  executor, room);
    return samples;
  };
  const auto all = noisy(Serial(), 0, 40);
  for (Index row = 0; row < 40; ++row) {
    const ebm::ChainDraws<double> draws(key, 300 + static_cast<std::uint64_t>(row));
    for (int feature = 0; feature < Image::size; ++feature) {
      const int element = Image::offset(feature / 15, feature / 5 % 3, feature % 5);
      const auto z = draws.normal(0, static_cast<std::uint32_t>(element / 4));
      const double x = clean(row, feature) + 0.5 * z[static_cast<std::size_t>(element % 4)].lane(0);
      REQUIRE(all(row, feature) == Approx(std::clamp(x, -1.0, 1.0)).epsilon(1e-12));
    }
  }
  CHECK(all.maxCoeff() == 1);
  CHECK(noisy(ebm::Threads(3), 0, 40) == all);
  CHECK(noisy(Serial(), 7, 11) == all.middleRows(7, 11));
}

TEST_CASE("the domain of data is that of the chains, or all of space") {
  Samples<float> data = Samples<float>::Zero(3, 2);
  data(1, 1) = 2;
  const auto message = [&](const auto& transition) {
    return message_of<ebm::InvalidArgument>([&] {
      ebm::require_trainable<ebm::Shape<2>, float>("f", ebm::RowsOf<float>(data),
                                                   ebm::domain_of<float>(transition));
    });
  };
  CHECK(message(ebm::Langevin<>()) ==
        "f: sample 1 holds 2, outside of the sampler's domain [-1, 1]");
  const std::string nothing = "(nothing was thrown)";
  CHECK(message(ebm::UnboundedLangevin()) == nothing);
  CHECK(message(ebm::Hmc()) == nothing);
}
