// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <ebm/io/histogram.hpp>
#include <ebm/io/picture.hpp>
#include <ebm/io/png.hpp>
#include <protozero/pbf_builder.hpp>
#include <string>
#include <string_view>

/// The messages that TensorBoard reads, in the encoding of protocol buffers.
///
/// Source: event.proto, summary.proto, histogram.proto, tensor.proto in tensorboard/compat/proto.
namespace ebm::inline EBM_ABI::io::detail {

/// When something happened.
struct EventTime {
  double seconds = 0;  ///< since 1970
  std::int64_t step = 0;
};

enum class EventField : protozero::pbf_tag_type {
  wall_time = 1,
  step = 2,
  file_version = 3,
  summary = 5,
  session_log = 7,
};
enum class SessionLogField : protozero::pbf_tag_type { status = 1 };
enum class SummaryField : protozero::pbf_tag_type { value = 1 };
enum class ValueField : protozero::pbf_tag_type {
  tag = 1,
  simple_value = 2,
  image = 4,
  histogram = 5,
  tensor = 8,
  metadata = 9,
};
enum class ImageField : protozero::pbf_tag_type { height = 1, width = 2, channels = 3, png = 4 };
enum class HistogramField : protozero::pbf_tag_type {
  min = 1,
  max = 2,
  count = 3,
  sum = 4,
  sum_squares = 5,
  bucket_limits = 6,
  bucket_counts = 7,
};
enum class MetadataField : protozero::pbf_tag_type { plugin_data = 1 };
enum class PluginDataField : protozero::pbf_tag_type { plugin_name = 1 };
enum class TensorField : protozero::pbf_tag_type { dtype = 1, shape = 2, strings = 8 };

using EventBuilder = protozero::pbf_builder<EventField>;
using ValueBuilder = protozero::pbf_builder<ValueField>;

/// An event, its content added by `add_content(EventBuilder&)`.
template <class AddContent>
[[nodiscard]] std::string encode_event(const EventTime& time, AddContent add_content) {
  std::string bytes;
  EventBuilder event(bytes);
  event.add_double(EventField::wall_time, time.seconds);
  event.add_int64(EventField::step, time.step);
  add_content(event);
  return bytes;
}

/// The first event of each file.
[[nodiscard]] inline std::string version_event(double seconds) {
  return encode_event({.seconds = seconds}, [](EventBuilder& event) {
    event.add_string(EventField::file_version, "brain.Event:2");
  });
}

/// A session starts: what earlier files hold of this step and later steps is void.
[[nodiscard]] inline std::string session_start_event(const EventTime& time) {
  return encode_event(time, [](EventBuilder& event) {
    constexpr int start = 1;
    protozero::pbf_builder<SessionLogField> log(event, EventField::session_log);
    log.add_enum(SessionLogField::status, start);
  });
}

/// An event of one value, that is added by `add_value(ValueBuilder&)`.
template <class AddValue>
[[nodiscard]] std::string value_event(const EventTime& time, std::string_view tag,
                                      AddValue add_value) {
  return encode_event(time, [&](EventBuilder& event) {
    protozero::pbf_builder<SummaryField> summary(event, EventField::summary);
    ValueBuilder value(summary, SummaryField::value);
    value.add_string(ValueField::tag, tag.data(), tag.size());
    add_value(value);
  });
}

/// The value as float, which is what TensorBoard shows, even of double.
[[nodiscard]] inline std::string scalar_event(const EventTime& time, std::string_view tag,
                                              double number) {
  return value_event(time, tag, [&](ValueBuilder& value) {
    value.add_float(ValueField::simple_value, static_cast<float>(number));
  });
}

[[nodiscard]] inline std::string image_event(const EventTime& time, std::string_view tag,
                                             const Picture& picture) {
  const auto png = encode_png(picture);
  return value_event(time, tag, [&](ValueBuilder& value) {
    protozero::pbf_builder<ImageField> image(value, ValueField::image);
    image.add_int32(ImageField::height, picture.rows);
    image.add_int32(ImageField::width, picture.columns);
    image.add_int32(ImageField::channels, picture.channels);
    image.add_bytes(ImageField::png, reinterpret_cast<const char*>(png.data()), png.size());
  });
}

[[nodiscard]] inline std::string histogram_event(const EventTime& time, std::string_view tag,
                                                 const Histogram& counts) {
  return value_event(time, tag, [&](ValueBuilder& value) {
    protozero::pbf_builder<HistogramField> histogram(value, ValueField::histogram);
    histogram.add_double(HistogramField::min, counts.min);
    histogram.add_double(HistogramField::max, counts.max);
    histogram.add_double(HistogramField::count, counts.count);
    histogram.add_double(HistogramField::sum, counts.sum);
    histogram.add_double(HistogramField::sum_squares, counts.sum_squares);
    const auto& limits = counts.bucket_limits;
    histogram.add_packed_double(HistogramField::bucket_limits, limits.begin(), limits.end());
    const auto& in_bucket = counts.bucket_counts;
    histogram.add_packed_double(HistogramField::bucket_counts, in_bucket.begin(), in_bucket.end());
  });
}

/// A tensor without dimensions that holds one string, for the plugin of that name.
[[nodiscard]] inline std::string text_event(const EventTime& time, std::string_view tag,
                                            std::string_view markdown) {
  return value_event(time, tag, [&](ValueBuilder& value) {
    {
      protozero::pbf_builder<MetadataField> metadata(value, ValueField::metadata);
      protozero::pbf_builder<PluginDataField> data(metadata, MetadataField::plugin_data);
      data.add_string(PluginDataField::plugin_name, "text");
    }
    constexpr int string_type = 7;
    protozero::pbf_builder<TensorField> tensor(value, ValueField::tensor);
    tensor.add_enum(TensorField::dtype, string_type);
    tensor.add_message(TensorField::shape, "", 0);
    tensor.add_bytes(TensorField::strings, markdown.data(), markdown.size());
  });
}

}  // namespace ebm::inline EBM_ABI::io::detail
