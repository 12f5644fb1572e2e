# SPDX-License-Identifier: MIT
# What Doxygen reads of a header: awk -f header.awk FILE. Lines keep their numbers.

FNR == 1 {
  folder = FILENAME
  sub(/.*\/include\/ebm\//, "", folder)
  sub(/\/.*|[^\/]*\.hpp/, "", folder)
}

/^#pragma once/ { $0 = "/// \\file" }

/^namespace ebm/ {
  # The docstring before a namespace is that of the file: the blank line before it says so.
  if (held > 1) line[1] = "/// \\file"
  # Which instruction set a header is compiled for is not part of a name.
  sub(/::inline EBM_ABI/, "")
  # The names of a folder are a group.
  if (folder) sub(/{/, "{ /** \\addtogroup " folder " */ /**@{*/")
}
/^}  \/\/ namespace ebm/ && folder { $0 = "/**@}*/ " $0 }

function release(i) {
  for (i = 1; i <= held; ++i) print line[i]
  held = 0
}
!/^\/\/\// || !held { release() }
/^$/ || held { line[++held] = $0 }
!held { print }
END { release() }
