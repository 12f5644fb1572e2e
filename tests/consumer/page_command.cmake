# SPDX-License-Identifier: MIT
# Runs the one command line of docs/building.md that matches `line`, where the reader would: in
# `folder`, where `ebm` is a clone and app.cpp the reader's program, here `program`. Then runs the
# result.

file(STRINGS "${source}/docs/building.md" command REGEX "^\\$ g\\+\\+ .*${line}")
list(LENGTH command count)
if(NOT count EQUAL 1)
  message(FATAL_ERROR "${count} command lines of docs/building.md match '${line}' instead of one")
endif()
string(REGEX REPLACE "^\\$ g\\+\\+" "'${compiler}'" command "${command}")

file(REMOVE_RECURSE "${folder}")
file(MAKE_DIRECTORY "${folder}")
file(CREATE_LINK "${source}" "${folder}/ebm" SYMBOLIC)
configure_file("${program}" "${folder}/app.cpp" COPYONLY)
message(STATUS "${command}")
execute_process(COMMAND sh -c "${command} && ./app" WORKING_DIRECTORY "${folder}"
                COMMAND_ERROR_IS_FATAL ANY)
