# SPDX-License-Identifier: MIT
# What `cmake --install` puts where: headers, the CMake package `ebm` and its documents.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(package_dir "${CMAKE_INSTALL_DATADIR}/cmake/ebm")

install(
  DIRECTORY "${PROJECT_SOURCE_DIR}/include/ebm"
  DESTINATION include
  FILES_MATCHING
  PATTERN "*.hpp"
  PATTERN "io" EXCLUDE
  PATTERN "simt" EXCLUDE
  PATTERN "cuda" EXCLUDE)
install(TARGETS ebm EXPORT ebm-targets)
install(EXPORT ebm-targets NAMESPACE ebm:: DESTINATION "${package_dir}")

if(EBM_IO)
  install(
    DIRECTORY "${PROJECT_SOURCE_DIR}/include/ebm/io"
    DESTINATION include/ebm
    FILES_MATCHING
    PATTERN "*.hpp")
  install(TARGETS ebm_io EXPORT ebm-io-targets)
  install(EXPORT ebm-io-targets NAMESPACE ebm:: DESTINATION "${package_dir}")
  install(FILES "${PROJECT_SOURCE_DIR}/cmake/FindJansson.cmake"
                "${PROJECT_SOURCE_DIR}/cmake/FindProtozero.cmake"
          DESTINATION "${package_dir}")
endif()

if(EBM_CUDA)
  install(
    DIRECTORY "${PROJECT_SOURCE_DIR}/include/ebm/simt" "${PROJECT_SOURCE_DIR}/include/ebm/cuda"
    DESTINATION include/ebm
    FILES_MATCHING
    PATTERN "*.hpp"
    PATTERN "README.md")
  install(TARGETS ebm_cuda EXPORT ebm-cuda-targets)
  install(EXPORT ebm-cuda-targets NAMESPACE ebm:: DESTINATION "${package_dir}")
endif()

configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/cmake/ebm-config.cmake.in" "${PROJECT_BINARY_DIR}/ebm-config.cmake"
  INSTALL_DESTINATION "${package_dir}" NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(
  "${PROJECT_BINARY_DIR}/ebm-config-version.cmake" COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES "${PROJECT_BINARY_DIR}/ebm-config.cmake"
              "${PROJECT_BINARY_DIR}/ebm-config-version.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/EbmDependencies.cmake"
        DESTINATION "${package_dir}")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" "${PROJECT_SOURCE_DIR}/README.md"
              "${PROJECT_SOURCE_DIR}/CHANGELOG.md"
        DESTINATION "${CMAKE_INSTALL_DOCDIR}")
