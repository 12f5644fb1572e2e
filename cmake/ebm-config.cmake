# SPDX-License-Identifier: MIT
# find_package(ebm) gives ebm::ebm; find_package(ebm COMPONENTS io cuda mpi) gives ebm::io,
# ebm::cuda and ebm::mpi as well, if they were installed; ebm::cuda is for a project that has enabled
# CUDA.
include("${CMAKE_CURRENT_LIST_DIR}/EbmDependencies.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/EbmInstructionSets.cmake")

# Finds what `target` depends on, also by the Find modules that were installed beside this file.
macro(ebm_find_dependencies target table)
  list(PREPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_LIST_DIR}")
  ebm_find_all("${target}" ${table})
  list(POP_FRONT CMAKE_MODULE_PATH)
endmacro()

# Ends find_package(ebm) without success, for the reason in ebm_complaint.
macro(ebm_refuse)
  set(ebm_FOUND FALSE)
  set(ebm_NOT_FOUND_MESSAGE "${ebm_complaint}.")
  return()
endmacro()

ebm_find_dependencies(ebm ebm_dependencies)
if(ebm_complaint)
  ebm_refuse()
endif()
ebm_unlink_missing_xtl()
include("${CMAKE_CURRENT_LIST_DIR}/ebm-targets.cmake")

foreach(ebm_component IN LISTS ebm_FIND_COMPONENTS)
  set(ebm_component_targets "${CMAKE_CURRENT_LIST_DIR}/ebm-${ebm_component}-targets.cmake")
  if(NOT ebm_component MATCHES "^(io|cuda|mpi)$")
    set(ebm_complaint "ebm has no component ${ebm_component}: its components are io, cuda and mpi")
  elseif(NOT EXISTS "${ebm_component_targets}")
    string(TOUPPER "EBM_${ebm_component}" ebm_option)
    set(ebm_complaint "ebm was installed without its component ${ebm_component}: configure ebm \
with -D${ebm_option}=ON and install it again")
  else()
    ebm_find_dependencies(ebm::${ebm_component} ebm_${ebm_component}_dependencies)
  endif()
  if(NOT ebm_complaint)
    include("${ebm_component_targets}")
    set(ebm_${ebm_component}_FOUND TRUE)
  elseif(ebm_FIND_REQUIRED_${ebm_component})
    ebm_refuse()
  endif()
endforeach()
