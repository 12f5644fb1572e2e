# SPDX-License-Identifier: MIT
# What ebm's targets depend on and how a dependency is found, for ebm's own build and for the
# installed package alike.

# One line a dependency:
#   the package for find_package; the target that the package brings;
#   the versions that ebm works with, "any" if none are known to fail;
#   the module of pkg-config, "none" if a compiler finds the headers by itself;
#   where to get the package.
# cmake/install_dependencies, cmake/packaging/, README.md and docs/building.md name the
# dependencies too.
set(ebm_dependencies
    Threads       Threads::Threads             any       none          "Debian: libc6-dev"
    Eigen3        Eigen3::Eigen                3.4...<6  eigen3        "Debian: libeigen3-dev"
    xsimd         xsimd                        8.1...<15 xsimd         "Debian: libxsimd-dev")
set(ebm_io_dependencies
    Jansson       Jansson::Jansson             any       jansson       "Debian: libjansson-dev"
    ZLIB          ZLIB::ZLIB                   any       zlib          "Debian: zlib1g-dev"
    PNG           PNG::PNG                     any       libpng        "Debian: libpng-dev"
    Protozero     Protozero::Protozero         any       none          "Debian: libprotozero-dev")
set(ebm_mpi_dependencies
    MPI           MPI::MPI_CXX                 any       none          "Debian: libopenmpi-dev openmpi-bin")
set(ebm_cuda_dependencies
    CUDAToolkit   CUDA::cudart                 any       none          "the CUDA toolkit, from NVIDIA")

# Sets ebm_packages, ebm_targets, ebm_versions, ebm_modules and ebm_sources to the columns of `table`.
function(ebm_columns table)
  set(columns ebm_packages ebm_targets ebm_versions ebm_modules ebm_sources)
  foreach(column IN LISTS columns)
    set(${column} "")
  endforeach()
  while(${table})
    foreach(column IN LISTS columns)
      list(POP_FRONT ${table} cell)
      list(APPEND ${column} "${cell}")
    endforeach()
  endwhile()
  foreach(column IN LISTS columns)
    set(${column} "${${column}}" PARENT_SCOPE)
  endforeach()
endfunction()

# Splits versions like 3.4...<6 into `lowest` and `beyond`, which are empty for "any".
function(ebm_version_bounds versions lowest beyond)
  string(REGEX MATCH "^(.+)\\.\\.\\.<(.+)$" range "${versions}")
  set(${lowest} "${CMAKE_MATCH_1}" PARENT_SCOPE)
  set(${beyond} "${CMAKE_MATCH_2}" PARENT_SCOPE)
endfunction()

# Sets ebm_complaint to a sentence, less its full stop, if `found` is not among `versions`. The
# version files of Eigen and xsimd accept only the major version that the caller names, while ebm
# works with several: so packages are found without a version, which is compared here.
function(ebm_compare_version user package versions found)
  ebm_version_bounds("${versions}" lowest beyond)
  if(lowest AND found AND (found VERSION_LESS lowest OR NOT found VERSION_LESS beyond))
    set(ebm_complaint
        "${user} needs ${package} of at least ${lowest} and below ${beyond}, but found ${found}"
        PARENT_SCOPE)
  endif()
endfunction()

# Finds `package`, unless its `target` exists: what a parent project brings is taken. Its version is
# compared if the parent project found it as a package too. Sets ebm_complaint to a sentence, less
# its full stop, or to the empty string. A macro, since find_package sets variables of its caller.
macro(ebm_find user package target versions source)
  set(ebm_complaint "")
  if(NOT TARGET ${target})
    find_package(${package} QUIET)
  endif()
  if(TARGET ${target})
    ebm_compare_version("${user}" ${package} ${versions} "${${package}_VERSION}")
  else()
    set(ebm_complaint "${user} needs ${package}, which was not found: install it (${source})")
  endif()
endmacro()

# Finds all packages of `table`, up to the first that there is a complaint about.
macro(ebm_find_all user table)
  ebm_columns(${table})
  set(ebm_complaint "")
  foreach(ebm_row IN ZIP_LISTS ebm_packages ebm_targets ebm_versions ebm_sources)
    if(NOT ebm_complaint)
      ebm_find("${user}" ${ebm_row_0} ${ebm_row_1} ${ebm_row_2} "${ebm_row_3}")
    endif()
  endforeach()
endmacro()

# Debian's target xsimd links xtl, which the package doesn't bring and which, being nothing but
# headers, no linker would find.
function(ebm_unlink_missing_xtl)
  get_target_property(libraries xsimd INTERFACE_LINK_LIBRARIES)
  if("xtl" IN_LIST libraries AND NOT TARGET xtl)
    list(REMOVE_ITEM libraries xtl)
    set_target_properties(xsimd PROPERTIES INTERFACE_LINK_LIBRARIES "${libraries}")
  endif()
endfunction()
