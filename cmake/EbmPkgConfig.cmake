# SPDX-License-Identifier: MIT
# The files ebm.pc and ebm-io.pc, for programs that are built without CMake.

# Sets `result` to the dependencies in `table` as pkg-config's field Requires writes them.
function(ebm_pkg_config_requires table result)
  ebm_columns(${table})
  set(requires "")
  foreach(row IN ZIP_LISTS ebm_modules ebm_versions)
    ebm_version_bounds("${row_1}" lowest beyond)
    if(row_0 STREQUAL "none")
      continue()
    elseif(lowest)
      list(APPEND requires "${row_0} >= ${lowest}" "${row_0} < ${beyond}")
    else()
      list(APPEND requires "${row_0}")
    endif()
  endforeach()
  list(JOIN requires ", " requires)
  set(${result} "${requires}" PARENT_SCOPE)
endfunction()

# Installs `name`.pc, whose dependencies are in `table`. Its paths start where the file lies, so that
# `cmake --install` may choose another prefix than the build knew; a packager's absolute paths stay.
function(ebm_install_pkg_config name table)
  set(folder "${CMAKE_INSTALL_DATADIR}/pkgconfig")
  if(IS_ABSOLUTE "${folder}")
    set(prefix "${CMAKE_INSTALL_PREFIX}")
  else()
    set(prefix "/")
    cmake_path(RELATIVE_PATH prefix BASE_DIRECTORY "/${folder}")
    string(PREPEND prefix "\${pcfiledir}/")
  endif()
  set(includedir "\${prefix}")
  cmake_path(APPEND includedir "${CMAKE_INSTALL_INCLUDEDIR}")
  ebm_pkg_config_requires(${table} requires)
  configure_file("${PROJECT_SOURCE_DIR}/cmake/${name}.pc.in" "${PROJECT_BINARY_DIR}/${name}.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/${name}.pc" DESTINATION "${folder}")
endfunction()
