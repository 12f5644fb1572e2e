# SPDX-License-Identifier: MIT
# Configures ebm in `folder`/build, without a component, installs it to `folder`/prefix, and looks
# for its headers in `headers`, which is absolute or in the prefix.

cmake_path(ABSOLUTE_PATH headers BASE_DIRECTORY "${folder}/prefix" OUTPUT_VARIABLE installed_headers)
file(REMOVE_RECURSE "${folder}" "${installed_headers}")
# Folders below a project's sources are refused unless they are below the prefix, too.
cmake_path(GET folder PARENT_PATH tree_of_all)
execute_process(
  COMMAND
    "${CMAKE_COMMAND}" -S "${source}" -B "${folder}/build" -G "${generator}" -D EBM_IO=OFF
    -D EBM_BUILD_TESTS=OFF -D EBM_BUILD_EXAMPLES=OFF -D EBM_BUILD_BENCHMARKS=OFF
    -D "CMAKE_INSTALL_PREFIX=${tree_of_all}"
    -D "CMAKE_INSTALL_INCLUDEDIR=${headers}" -D "CMAKE_INSTALL_DATADIR=${data}"
    COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${CMAKE_COMMAND}" --install "${folder}/build" --prefix "${folder}/prefix"
                OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
if(NOT EXISTS "${installed_headers}/ebm/ebm.hpp")
  message(FATAL_ERROR "ebm.hpp was not installed to ${installed_headers}/ebm")
endif()
