// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/eval/auroc.hpp>
#include <ebm/eval/mahalanobis_score.hpp>
#include <ebm/io/state.hpp>
#include <limits>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/random_samples.hpp"
#include "support/temporary_folder.hpp"

namespace {

using ebm::MahalanobisScore;
using ebm::Samples;
using Features = std::vector<double>;

constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("the score of one feature is minus the deviations from the mean") {
  const MahalanobisScore score(Eigen::Vector3d(3, 5, 7));  // mean 5, deviation 2
  CHECK(score.features() == 1);
  CHECK(score.score(Features{5}) == 0);
  CHECK(score.score(Features{6}) == Approx(-0.5).epsilon(1e-15));
  CHECK(score.score(Features{-1}) == Approx(-3).epsilon(1e-15));
}

TEST_CASE("the score is minus scipy's distance") {
  // scipy.spatial.distance.mahalanobis(v, x.mean(0), inv(cov(x, rowvar=False))), scipy 1.17
  Samples<double> x(8, 3);
  for (int i = 0; i < 8; ++i) {
    for (int j = 0; j < 3; ++j) x(i, j) = (7 * i + 3 * j * j + i * j) % 11 / 4.0 - 1;
  }
  const MahalanobisScore score(x);
  CHECK(score.score(Features{0, 0, 0}) == Approx(-0.6058878987432093).epsilon(1e-13));
  CHECK(score.score(Features{1, -2, 0.5}) == Approx(-2.8290393744532967).epsilon(1e-13));
  CHECK(score.score(Features{10, 3, -4}) == Approx(-13.500051765326852).epsilon(1e-13));
}

TEST_CASE("the squared distances of the fit's own samples have a mean of features (n - 1) / n") {
  const auto samples = random_samples<float>(30, 4, 1);
  double sum = 0;
  for (const double score : MahalanobisScore(samples).scores(samples)) sum += score * score;
  CHECK(sum == Approx(4 * 29).epsilon(1e-12));
}

TEST_CASE("other units and mixtures of features leave scores as they are") {
  const auto samples = random_samples<double>(40, 3, 2), others = random_samples<double>(9, 3, 3);
  const Eigen::Matrix3d mix{{1e6, 2e-5, 0}, {0, 3e-5, 1}, {4e5, 0, 1}};
  const Eigen::RowVector3d shift(5, -1, 100);
  const auto before = MahalanobisScore(samples).scores(others);
  const auto after = MahalanobisScore(((samples * mix).rowwise() + shift).eval())
                         .scores((others * mix).rowwise() + shift);
  for (std::size_t i = 0; i < before.size(); ++i) {
    CHECK(after[i] == Approx(before[i]).epsilon(1e-11));
  }
}

TEST_CASE("off what two features have in common is far, and finite") {
  Samples<double> twice(5, 2);
  twice.col(0) << -2, -1, 0, 1, 2;
  twice.col(1) = 10 * twice.col(0);
  const double deviation = std::sqrt(2.5);
  // Along it is one feature. Across it, (1, -1) / sqrt(2), the variance of 0 becomes `least`.
  for (const double least : {1e-6, 1e-4}) {
    const MahalanobisScore score(twice, {.least_variance = least});
    CHECK(score.score(Features{1, 10}) == Approx(-1 / deviation).epsilon(1e-9));
    CHECK(score.score(Features{1, -10}) == Approx(-std::sqrt(2 / least) / deviation).epsilon(1e-9));
  }
}

TEST_CASE("features that are usual one by one are odd together") {
  // The second feature is the first one and a little more; out of distribution it is another's.
  const auto common = random_samples<double>(400, 1, 4), noise = random_samples<double>(400, 1, 5);
  Samples<double> in(400, 2), out(400, 2);
  in << common, common + 0.1 * noise;
  out << common, common.colwise().reverse() + 0.1 * noise;
  const MahalanobisScore score(in.topRows(200));
  const auto in_scores = score.scores(in.bottomRows(200)), out_scores = score.scores(out);
  CHECK(ebm::auroc(in_scores, out_scores).value > 0.9);
  const MahalanobisScore alone(in.topRows(200).col(1));
  CHECK(ebm::auroc(alone.scores(in.bottomRows(200).col(1)), alone.scores(out.col(1))).value < 0.6);
}

TEST_CASE("features that are not finite have the lowest score") {
  const MahalanobisScore score(random_samples<double>(10, 2, 6));
  CHECK(score.score(Features{std::nan(""), 0}) == -infinity);
  CHECK(score.score(Features{0, infinity}) == -infinity);
  CHECK(score.score(Features{infinity, -infinity}) == -infinity);
  CHECK(score.score(Features{1e300, -1e300}) == -infinity);
  const auto scores = score.scores(Samples<float>{{0, 0}, {NAN, 0}});
  CHECK(std::isfinite(scores[0]));
  CHECK(scores[1] == -infinity);
}

TEST_CASE("a score comes back from a file and gives the same bits") {
  const TemporaryFolder folder;
  const MahalanobisScore saved(random_samples<float>(20, 3, 7));
  ebm::io::save_state(folder / "score.safetensors", saved.state());
  MahalanobisScore read;
  read.restore(ebm::io::load_state(folder / "score.safetensors"));
  CHECK(read.state() == saved.state());
  const auto others = random_samples<float>(50, 3, 8);
  CHECK(read.features() == 3);
  CHECK(read.scores(others) == saved.scores(others));
}

TEST_CASE("what is no state of a score is refused, and the fit stays") {
  MahalanobisScore score(Eigen::Vector3d(3, 5, 7));
  const auto message = [&](std::int64_t features, Features mean, Features whitening) {
    ebm::State state;
    state.put("features", features);
    state.put("mean", std::move(mean));
    state.put("whitening", std::move(whitening));
    const auto before = score.state();
    const auto text = message_of<ebm::Error>([&] { score.restore(state); });
    CHECK(score.state() == before);
    return text;
  };
  CHECK(message(2, {1, 2}, {1, 2, 3}) == "State: entry 'whitening' holds 3 numbers, expected 4");
  CHECK(message(2, {1}, {1, 2, 3, 4}) == "State: entry 'mean' holds 1 numbers, expected 2");
  CHECK(message(-1, {}, {}) == "MahalanobisScore::restore: there are no -1 features");
  CHECK(message(1, {0}, {infinity}) ==
        "State: number 0 of entry 'whitening' is inf, expected a finite one, 1.79769e+308 at most "
        "in size");
}

TEST_CASE("what can't be fitted or scored is refused") {
  const auto message = [](const Samples<double>& features, double least = 1e-6) {
    return message_of<ebm::InvalidArgument>(
        [&] { MahalanobisScore score(features, {.least_variance = least}); });
  };
  Samples<double> good = random_samples<double>(5, 2, 9), same = good, bad = good, wide = good;
  same.col(1).setConstant(0.1);
  bad(4, 0) = std::nan("");
  wide.col(0) *= 1e200;
  CHECK(message(good.topRows(2)) ==
        "MahalanobisScore: expected more samples than features, 1 or more, got 2 of 2");
  CHECK(message(good.leftCols(0)) ==
        "MahalanobisScore: expected more samples than features, 1 or more, got 5 of 0");
  CHECK(message(bad) == "fit_gaussian: sample 4 holds a value that is not finite");
  CHECK(message(same) == "MahalanobisScore: feature 1 is the same in all samples: leave it out");
  CHECK(message(wide) ==
        "MahalanobisScore: the variance of feature 0 is too small or too large for a double");
  CHECK(message(good, 0) == "MahalanobisScore: least_variance must be in (0, 1), got 0");
  const auto score_message = [](const MahalanobisScore& score) {
    return message_of<ebm::InvalidArgument>([&] { (void)score.score(Features{1, 2, 3}); });
  };
  CHECK(score_message(MahalanobisScore(good)) ==
        "MahalanobisScore: the fit is of 2 features, got 3");
  CHECK(score_message(MahalanobisScore()) ==
        "MahalanobisScore: there is no fit; fit or restore one first");
}
