// SPDX-License-Identifier: MIT
// read_safetensors and load_model. What is accepted is written again and must be read as the same;
// a model must take the very numbers of the file.
#include <ebm/energy/neural.hpp>
#include <ebm/io/model.hpp>
#include <ebm/nn/linear.hpp>
#include <ebm/nn/sequential.hpp>

#include "checks.hpp"
#include "memory_file.hpp"
#include "tensor_file.hpp"

namespace {

using ebm::io::SafeTensors;
using Net = ebm::Sequential<ebm::Shape<3>, ebm::Linear<2>, ebm::Swish, ebm::Linear<1>>;

bool same(const SafeTensors& a, const SafeTensors& b) {
  const auto same_tensor = [](const auto& one, const auto& other) {
    return one.first == other.first && one.second.dtype == other.second.dtype &&
           one.second.shape == other.second.shape && one.second.bytes == other.second.bytes;
  };
  return a.metadata() == b.metadata() && std::ranges::equal(a.tensors(), b.tensors(), same_tensor);
}

/// Changes one part of the file.
void change(fuzz::TensorFile& file, fuzz::Dice& dice) {
  constexpr std::size_t longest = 512;
  auto& tensors = file.tensors;
  if (tensors.empty() || dice.once_in(16)) {
    tensors.push_back({"new", std::string(dice.one_of(fuzz::dtypes).first), {1}, {}});
    return fuzz::fit_bytes(tensors.back());
  }
  auto& part = dice.one_of(tensors);
  switch (dice.below(10)) {
    case 0:
      return fuzz::mutate(part.name, longest);
    case 1:
      part.dtype = dice.one_of(fuzz::dtypes).first;
      return fuzz::fit_bytes(part);
    case 2:
      return fuzz::mutate(part.dtype, longest);
    case 3:
      part.shape.insert(part.shape.begin(), static_cast<std::int64_t>(dice.below(4)));
      return fuzz::fit_bytes(part);
    case 4:
      if (part.shape.empty()) return;
      dice.one_of(part.shape) =
          dice.once_in(4) ? INT64_MAX >> dice.below(64) : static_cast<std::int64_t>(dice.below(9));
      return fuzz::fit_bytes(part);
    case 5:
      return tensors.push_back(fuzz::TensorPart(part));
    case 6:
      return std::swap(part, tensors.back());
    case 7:
      return tensors.pop_back();
    case 8: {
      std::string key = "key";
      if (!file.metadata.empty() && dice.once_in(2)) key = file.metadata.begin()->first;
      fuzz::mutate(key, longest);
      return fuzz::mutate(file.metadata[key], longest);
    }
    default:
      return fuzz::mutate(part.bytes, part.bytes.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::ScratchFolder folder;
  static const auto file = folder / "input", copy = folder / "copy";
  static ebm::Neural<Net> model(ebm::Rng{1});
  fuzz::put_in_memory(file, {data, size});
  SafeTensors content;
  if (!fuzz::accepts([&] { content = ebm::io::read_safetensors(file); })) return 0;

  if (fuzz::is_one_in(32, {data, size})) {
    ebm::io::write_safetensors(copy, content);
    fuzz::expect(same(ebm::io::read_safetensors(copy), content),
                 "a file that is written again is read as the same");
  }
  if (!fuzz::accepts([&] { ebm::io::load_model(content, model); })) return 0;
  for (const ebm::ParameterInfo& info : model.parameter_infos()) {
    const auto& tensor = content.at(info.name);
    const auto parameters = std::as_bytes(model.parameters().subspan(
        static_cast<std::size_t>(info.offset), static_cast<std::size_t>(info.size)));
    fuzz::expect(std::ranges::equal(tensor.bytes, parameters), "a model has the file's numbers");
  }
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned seed) {
  fuzz::Dice dice(seed);
  auto file = fuzz::tensor_file_of({data, size});
  if (!file || dice.once_in(8)) return LLVMFuzzerMutate(data, size, most);
  do {
    change(*file, dice);
  } while (dice.once_in(3));
  if (dice.once_in(8)) file->metadata[fuzz::checksum_key];
  if (!dice.once_in(16)) fuzz::repair_checksum(*file);
  auto header = fuzz::header_of(*file);
  // The checksum is of what the header says, not of its bytes.
  if (dice.once_in(4)) fuzz::mutate(header, header.size() + 64);
  return fuzz::hand_over(fuzz::bytes_of(*file, header), data, most);
}
