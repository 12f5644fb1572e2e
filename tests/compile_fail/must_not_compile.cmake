# SPDX-License-Identifier: MIT
# Runs the compiler's command line that follows "--" and stops with a sentence unless the compiler
# refuses `source` and prints what the source's line "// expect: REGEX" asks for.
cmake_minimum_required(VERSION 3.22)

file(STRINGS "${source}" expectation REGEX "^// expect: " LIMIT_COUNT 1)
if(NOT expectation MATCHES "^// expect: (.+)$")
  message(FATAL_ERROR "${source} has no line '// expect: REGEX'")
endif()
set(regex "${CMAKE_MATCH_1}")

set(command)
set(seen FALSE)
foreach(index RANGE ${CMAKE_ARGC})
  if(seen)
    list(APPEND command "${CMAKE_ARGV${index}}")
  elseif("${CMAKE_ARGV${index}}" STREQUAL "--")
    set(seen TRUE)
  endif()
endforeach()

set(ENV{LC_ALL} C)
execute_process(COMMAND ${command} RESULT_VARIABLE result OUTPUT_VARIABLE output
                ERROR_VARIABLE output)
if(result EQUAL 0)
  message(FATAL_ERROR "It compiles, but must not: ${source}")
endif()
if(NOT output MATCHES "${regex}")
  message("${output}")
  message(FATAL_ERROR "The output above is not '${regex}', which was expected of ${source}")
endif()
