# SPDX-License-Identifier: MIT
# One program for all x86-64 processors: its hot sources, compiled for each instruction set.

# Compiles sources of the executable or library `target` three times, for SSE2, AVX2 and AVX-512,
# with what `target` itself is compiled and linked with so far. EBM_INSTRUCTION_SET is sse2, avx2 or
# avx512 in them. They must have no objects that are initialised when the program starts, nor
# headers with such (CLI11's, say): a program initialises those of all instruction sets.
function(ebm_target_sources_for_instruction_sets target)
  # Eigen aligns its memory by the instruction set, unless it is told; linkers take one of the
  # functions with which it allocates.
  target_compile_definitions(${target} PRIVATE EIGEN_MAX_ALIGN_BYTES=64)
  # From the oldest: of functions that are the same in all, such as those of the standard library,
  # linkers keep the first, which any processor must be able to run.
  foreach(set_and_flag IN ITEMS sse2=x86-64 avx2=x86-64-v3 avx512=x86-64-v4)
    string(REPLACE "=" ";" set_and_flag "${set_and_flag}")
    list(GET set_and_flag 0 set)
    list(GET set_and_flag 1 architecture)
    set(objects ${target}_${set})
    add_library(${objects} OBJECT ${ARGN})
    foreach(property IN ITEMS COMPILE_DEFINITIONS COMPILE_OPTIONS COMPILE_FEATURES
                              INCLUDE_DIRECTORIES LINK_LIBRARIES CXX_EXTENSIONS UNITY_BUILD
                              UNITY_BUILD_MODE UNITY_BUILD_BATCH_SIZE)
      get_target_property(value ${target} ${property})
      if(NOT value MATCHES "-NOTFOUND$")
        set_target_properties(${objects} PROPERTIES ${property} "${value}")
      endif()
    endforeach()
    target_compile_definitions(${objects} PRIVATE EBM_INSTRUCTION_SET=${set})
    target_compile_options(${objects} PRIVATE -march=${architecture})
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:${objects}>)
  endforeach()
endfunction()
