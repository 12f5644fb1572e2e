# SPDX-License-Identifier: MIT
# Which versions of its dependencies ebm works with, for its own build and for the installed
# package alike.
#
# The version files of Eigen and xsimd accept only the major version that the caller names, while
# ebm works with several: so both are found without a version, which is compared here.

# Sets `result` to a sentence if `version` is not in [lowest, beyond), else to the empty string. A
# package that a parent project brought as targets has no version to compare.
function(ebm_version_complaint package version lowest beyond result)
  set(complaint "")
  if(version AND (version VERSION_LESS lowest OR NOT version VERSION_LESS beyond))
    set(complaint
        "ebm needs ${package} of at least ${lowest} and below ${beyond}, but found ${version}")
  endif()
  set(${result} "${complaint}" PARENT_SCOPE)
endfunction()

# Sets `result` to a sentence if the Eigen or the xsimd that was found is none that ebm works with.
function(ebm_core_versions_complaint result)
  ebm_version_complaint(Eigen "${Eigen3_VERSION}" 3.4 6 complaint)
  if(NOT complaint)
    ebm_version_complaint(xsimd "${xsimd_VERSION}" 8.1 15 complaint)
  endif()
  set(${result} "${complaint}" PARENT_SCOPE)
endfunction()

# Debian's target xsimd links xtl, which the package doesn't bring and which, being nothing but
# headers, no linker would find.
function(ebm_unlink_missing_xtl)
  get_target_property(libraries xsimd INTERFACE_LINK_LIBRARIES)
  if(libraries AND NOT TARGET xtl)
    list(REMOVE_ITEM libraries xtl)
    set_target_properties(xsimd PROPERTIES INTERFACE_LINK_LIBRARIES "${libraries}")
  endif()
endfunction()
