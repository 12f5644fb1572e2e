# SPDX-License-Identifier: MIT
# What `cmake --install` puts where: headers, the CMake package `ebm`, files for pkg-config and
# documents. All of it is the same on every processor: nothing goes to CMAKE_INSTALL_LIBDIR.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)
include(EbmPkgConfig)

set(package_dir "${CMAKE_INSTALL_DATADIR}/cmake/ebm")
set(header_dir "${CMAKE_INSTALL_INCLUDEDIR}/ebm")

install(
  DIRECTORY "${PROJECT_SOURCE_DIR}/include/ebm/"
  DESTINATION "${header_dir}"
  FILES_MATCHING
  PATTERN "*.hpp"
  PATTERN "io" EXCLUDE
  PATTERN "log" EXCLUDE
  PATTERN "simt" EXCLUDE
  PATTERN "mpi" EXCLUDE
  PATTERN "cuda" EXCLUDE)
install(TARGETS ebm EXPORT ebm-targets INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(EXPORT ebm-targets NAMESPACE ebm:: DESTINATION "${package_dir}")
ebm_install_pkg_config(ebm ebm_dependencies)

# Installs the component `name` of the package: its target, and the headers in folders of include/ebm.
function(ebm_install_component name)
  list(TRANSFORM ARGN PREPEND "${PROJECT_SOURCE_DIR}/include/ebm/" OUTPUT_VARIABLE folders)
  install(
    DIRECTORY ${folders}
    DESTINATION "${header_dir}"
    FILES_MATCHING
    PATTERN "*.hpp"
    PATTERN "README.md")
  install(TARGETS ebm_${name} EXPORT ebm-${name}-targets)
  install(EXPORT ebm-${name}-targets NAMESPACE ebm:: DESTINATION "${package_dir}")
endfunction()

if(EBM_IO)
  ebm_install_component(io io log)
  ebm_install_pkg_config(ebm-io ebm_io_dependencies)
  install(
    DIRECTORY "${PROJECT_SOURCE_DIR}/cmake/"
    DESTINATION "${package_dir}"
    FILES_MATCHING
    PATTERN "Find*.cmake"
    PATTERN "packaging" EXCLUDE)
endif()
if(EBM_CUDA)
  ebm_install_component(cuda simt cuda)
endif()
if(EBM_MPI)
  ebm_install_component(mpi mpi)
endif()

write_basic_package_version_file(
  "${PROJECT_BINARY_DIR}/ebm-config-version.cmake" COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES "${PROJECT_SOURCE_DIR}/cmake/ebm-config.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/EbmDependencies.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/EbmInstructionSets.cmake"
              "${PROJECT_BINARY_DIR}/ebm-config-version.cmake"
        DESTINATION "${package_dir}")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" "${PROJECT_SOURCE_DIR}/README.md"
              "${PROJECT_SOURCE_DIR}/CHANGELOG.md"
        DESTINATION "${CMAKE_INSTALL_DOCDIR}")
