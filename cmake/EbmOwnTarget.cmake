# SPDX-License-Identifier: MIT
# How ebm builds what is its own: tests, examples and benchmarks. Nothing here reaches users.

# Stops if there is an ebm_complaint, and names the option that does without, if there is one.
function(ebm_stop_at_complaint option)
  if(ebm_complaint AND option)
    message(FATAL_ERROR "${ebm_complaint}, or configure with -D${option}=OFF.")
  elseif(ebm_complaint)
    message(FATAL_ERROR "${ebm_complaint}.")
  endif()
endfunction()

# Finds the dependencies in `table` (ebm_dependencies, ...) for `user`, or stops. Macros, since
# find_package sets variables of its caller.
macro(ebm_need_all user table option)
  ebm_find_all("${user}" ${table})
  ebm_stop_at_complaint("${option}")
endmacro()

# Finds one package, of any version, that brings `target`, or stops.
macro(ebm_need user package target debian option)
  ebm_find("${user}" ${package} ${target} any "Debian: ${debian}")
  ebm_stop_at_complaint("${option}")
endmacro()

# Reads other people's headers once for all sources of a target of our own.
function(ebm_precompile_headers target)
  target_precompile_headers(${target} ${ARGN})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13
     AND NOT CMAKE_DISABLE_PRECOMPILE_HEADERS)
    # Precompiled, a header loses its pragmas, and with them those of core/intrinsics.hpp.
    target_compile_options(${target} PRIVATE -Wno-uninitialized -Wno-maybe-uninitialized)
  endif()
endfunction()

# Warnings, sanitizers and processor of a target of our own: this machine's with EBM_NATIVE, unless
# ANY_PROCESSOR is given.
function(ebm_own_target target)
  cmake_parse_arguments(PARSE_ARGV 1 own ANY_PROCESSOR "" "")
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
  target_compile_options(
    ${target}
    PRIVATE # Kernels say themselves what is unrolled: more than -O2 is slower to compile, not faster.
            $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CONFIG:Release>>:-O2>
            $<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wpedantic;-Wshadow;-Wconversion;-Wsign-conversion;-Wold-style-cast>
            $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<BOOL:${EBM_WERROR}>>:-Werror>
            # Eigen marks defaulted functions for the device.
            $<$<COMPILE_LANGUAGE:CUDA>:-diag-suppress=20012>)
  if(EBM_NATIVE AND NOT own_ANY_PROCESSOR)
    # The host's part of a CUDA source must see the same registers as other sources.
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-march=native>
                                             $<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-march=native>)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 19)
    # With -march=native clang names features of some processors that it then warns of itself.
    target_compile_options(${target} PRIVATE -Wno-invalid-feature-combination)
  endif()
  if(EBM_SANITIZE)
    set(sanitizers -fsanitize=${EBM_SANITIZE} -fno-sanitize-recover=all)
    if(EBM_SANITIZE MATCHES "address")
      # A wrong pointer that is used is found without them, in two thirds of the compiler's time.
      list(APPEND sanitizers -fno-sanitize=null,object-size,pointer-overflow)
    endif()
    target_compile_options(${target} PRIVATE ${sanitizers} -fno-omit-frame-pointer)
    target_link_options(${target} PRIVATE ${sanitizers})
  endif()
endfunction()
