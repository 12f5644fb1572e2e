// SPDX-License-Identifier: MIT
#pragma once

/// All callbacks that write what a training does, with the file formats that they write.
#include <ebm/io/io.hpp>
#include <ebm/log/checkpoint.hpp>
#include <ebm/log/metrics_csv.hpp>
#include <ebm/log/progress.hpp>
#include <ebm/log/tensorboard_log.hpp>
