# SPDX-License-Identifier: MIT
# What Doxygen reads of a program: awk -f program.awk FILE. The names of programs are not the
# library's: there is only what the first docstring says of the program, and its source to read.

FNR == 1 { print "/// \\file" }
/^\/\/\// {
  print
  has_docstring = 1
}
!/^(\/\/|#|using|namespace|$)/ || (has_docstring && !/^\/\/\//) { exit }
END { print "///\n/// \\include " FILENAME }
