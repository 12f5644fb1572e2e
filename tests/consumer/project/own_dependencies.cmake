# SPDX-License-Identifier: MIT
# Targets of this project under the names that ebm links, as FetchContent would make them, while
# find_package would find none of these packages.

# Makes `target`, whose headers lie where `header` is found.
function(own_dependency package target header)
  set(CMAKE_DISABLE_FIND_PACKAGE_${package} ON PARENT_SCOPE)
  find_path(${package}_headers "${header}" PATH_SUFFIXES eigen3 REQUIRED)
  add_library(own_${package} INTERFACE)
  target_include_directories(own_${package} SYSTEM INTERFACE "${${package}_headers}")
  target_link_libraries(own_${package} INTERFACE ${ARGN})
  add_library(${target} ALIAS own_${package})
endfunction()

own_dependency(Threads Threads::Threads pthread.h -pthread)
own_dependency(Eigen3 Eigen3::Eigen Eigen/Core)
own_dependency(xsimd xsimd xsimd/xsimd.hpp)
own_dependency(Jansson Jansson::Jansson jansson.h jansson)
own_dependency(ZLIB ZLIB::ZLIB zlib.h z)
own_dependency(PNG PNG::PNG png.h png)
own_dependency(Protozero Protozero::Protozero protozero/pbf_builder.hpp)
