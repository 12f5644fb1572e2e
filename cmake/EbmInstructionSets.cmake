# SPDX-License-Identifier: MIT
# One program for all x86-64 processors: its hot sources, compiled for each instruction set.

# Compiles sources of the executable or library `target` three times, for SSE2, AVX2 and AVX-512,
# with what `target` itself is compiled and linked with so far. EBM_INSTRUCTION_SET is sse2, avx2 or
# avx512 in them. They must have no objects that are initialised when the program starts, nor
# headers with such (CLI11's, say): a program initialises those of all instruction sets. Called once
# for a target, which has no -march or -m... of its own: it must start on any processor.
function(ebm_target_sources_for_instruction_sets target)
  set(complaint "ebm_target_sources_for_instruction_sets(${target} ...)")
  if(NOT TARGET ${target})
    message(FATAL_ERROR "${complaint}: there is no target of that name.")
  endif()
  get_target_property(type ${target} TYPE)
  get_target_property(alias ${target} ALIASED_TARGET)
  if(alias OR NOT type MATCHES "EXECUTABLE|STATIC_LIBRARY|SHARED_LIBRARY|MODULE_LIBRARY")
    message(FATAL_ERROR "${complaint}: expected an executable, or a static or shared library.")
  elseif(NOT ARGN)
    message(FATAL_ERROR "${complaint}: name at least one source after the target.")
  elseif(TARGET ${target}_sse2)
    message(FATAL_ERROR "${complaint} was called before: name all sources in one call.")
  endif()
  get_target_property(options ${target} COMPILE_OPTIONS)
  if(options MATCHES "(-m(arch=|cpu=|avx|fma|bmi|sse|xop)[^;>]*)")
    message(FATAL_ERROR "${complaint}: ${target} is compiled with ${CMAKE_MATCH_1}, so that its other\
 sources do not run on any processor: take that option away.")
  endif()
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
    foreach(property IN ITEMS COMPILE_DEFINITIONS COMPILE_OPTIONS COMPILE_FLAGS COMPILE_FEATURES
                              COMPILE_WARNING_AS_ERROR INCLUDE_DIRECTORIES LINK_LIBRARIES
                              CXX_STANDARD CXX_STANDARD_REQUIRED CXX_EXTENSIONS
                              CXX_VISIBILITY_PRESET VISIBILITY_INLINES_HIDDEN
                              INTERPROCEDURAL_OPTIMIZATION POSITION_INDEPENDENT_CODE UNITY_BUILD
                              UNITY_BUILD_MODE UNITY_BUILD_BATCH_SIZE)
      get_target_property(value ${target} ${property})
      if(NOT value MATCHES "-NOTFOUND$")
        set_target_properties(${objects} PROPERTIES ${property} "${value}")
      endif()
    endforeach()
    if(type MATCHES "SHARED|MODULE")
      set_target_properties(${objects} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    endif()
    get_target_property(dependencies ${target} MANUALLY_ADDED_DEPENDENCIES)
    if(dependencies)
      add_dependencies(${objects} ${dependencies})
    endif()
    target_compile_definitions(${objects} PRIVATE EBM_INSTRUCTION_SET=${set})
    target_compile_options(${objects} PRIVATE -march=${architecture})
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:${objects}>)
  endforeach()
endfunction()
