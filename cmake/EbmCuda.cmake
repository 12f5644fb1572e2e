# SPDX-License-Identifier: MIT
# The target ebm::cuda: what a CUDA source needs to include <ebm/cuda/...> headers.
include(CheckLanguage)

if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
  set(CMAKE_CUDA_ARCHITECTURES 75 80 90 CACHE STRING "GPUs to compile for, e.g. 80;90")
endif()
get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
if(NOT PROJECT_IS_TOP_LEVEL AND NOT "CUDA" IN_LIST languages)
  message(FATAL_ERROR "EBM_CUDA is for projects that have enabled CUDA: write "
                      "project(... LANGUAGES CXX CUDA) before add_subdirectory.")
endif()
check_language(CUDA)
if(NOT CMAKE_CUDA_COMPILER)
  message(FATAL_ERROR "ebm::cuda needs NVIDIA's compiler nvcc, which was not found: put it on PATH, "
                      "name it with -DCMAKE_CUDA_COMPILER=..., or configure with -DEBM_CUDA=OFF.")
endif()
enable_language(CUDA)
if(CMAKE_CUDA_COMPILER_VERSION VERSION_LESS 12.5)
  message(FATAL_ERROR "ebm::cuda needs nvcc of at least 12.5, but found "
                      "${CMAKE_CUDA_COMPILER_VERSION}; 12.4 hands xsimd's headers to the host's "
                      "compiler with names that don't exist.")
endif()
ebm_need_all("ebm::cuda" ebm_cuda_dependencies EBM_CUDA)

add_library(ebm_cuda INTERFACE)
add_library(ebm::cuda ALIAS ebm_cuda)
set_target_properties(ebm_cuda PROPERTIES EXPORT_NAME cuda)
target_link_libraries(ebm_cuda INTERFACE ebm ${ebm_targets})
# C++20 by hand, since CMake 3.25 does not know it of nvcc 13; constexpr functions of the standard
# library on the device, since the kernels use them. Multiply-adds are written out, as for the host;
# divisions and roots are rounded correctly, nvcc's default.
target_compile_options(
  ebm_cuda
  INTERFACE
    "$<$<COMPILE_LANG_AND_ID:CUDA,NVIDIA>:-std=c++20;--expt-relaxed-constexpr;-fmad=false;-Xcompiler=-ffp-contract=off>"
)
