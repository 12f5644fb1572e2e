# SPDX-License-Identifier: MIT
"""ebm as a package of Conan 2, from the clone that holds this recipe."""

import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.files import copy, load

required_conan_version = ">=2"

# What ebm::io needs: a range of versions, and the component of Conan that it links.
IO_DEPENDENCIES = {
    "jansson/[>=2.14 <3]": "jansson::jansson",
    "zlib/[>=1.2.13 <2]": "zlib::zlib",
    "libpng/[>=1.6.39 <2]": "libpng::libpng",
    "protozero/[>=1.7 <2]": "protozero::protozero",
}


class Ebm(ConanFile):
    name = "ebm"
    description = "Deep energy-based models: contrastive divergence and Langevin sampling"
    license = "MIT"
    topics = ("energy-based-models", "langevin", "machine-learning", "header-only")

    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"io": [True, False]}
    default_options = {"io": False}
    no_copy_source = True

    @property
    def _clone(self):
        return os.path.join(self.recipe_folder, "..", "..", "..")

    def set_version(self):
        header = load(self, os.path.join(self._clone, "include", "ebm", "core", "version.hpp"))
        self.version = re.search(r'string_view version = "(.*)"', header)[1]

    def export_sources(self):
        copy(self, "LICENSE", self._clone, self.export_sources_folder)
        copy(self, "include/*.hpp", self._clone, self.export_sources_folder)

    def requirements(self):
        self.requires("eigen/[>=3.4 <6]")
        self.requires("xsimd/[>=8.1 <15]")
        if self.options.io:
            for dependency in IO_DEPENDENCIES:
                self.requires(dependency)

    def validate(self):
        check_min_cppstd(self, 20)

    def package_id(self):
        # The option chooses dependencies, not files: all packages are the same.
        self.info.clear()

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        copy(self, "include/*.hpp", self.source_folder, self.package_folder)

    def package_info(self):
        self.cpp_info.set_property("cmake_target_name", "ebm::all")

        core = self.cpp_info.components["core"]
        core.set_property("cmake_target_name", "ebm::ebm")
        core.set_property("pkg_config_name", "ebm")
        core.requires = ["eigen::eigen", "xsimd::xsimd"]
        # As in CMakeLists.txt: the same seed gives the same bits with each compiler.
        core.cxxflags = ["-ffp-contract=off"]
        if self.settings.os in ("Linux", "FreeBSD"):
            core.system_libs = ["pthread"]

        if self.options.io:
            io = self.cpp_info.components["io"]
            io.set_property("cmake_target_name", "ebm::io")
            io.set_property("pkg_config_name", "ebm-io")
            io.requires = ["core", *IO_DEPENDENCIES.values()]

        for component in self.cpp_info.components.values():
            component.bindirs = []
            component.libdirs = []
