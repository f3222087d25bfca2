"""A `yosys` command on top of the library of the wheel `pyosys`, as far as the tests use it: -V, -q, -Q, -T, -p COMMANDS.

The wheel holds libyosys and no program. As with Yosys' own, `-q` leaves warnings and errors alone, on stderr, and the exit
status is 1 if a command fails.
"""

import subprocess
import sys

LIBRARY = """
import sys
from pyosys import libyosys
design = libyosys.Design()
for command in sys.argv[1:]:
    libyosys.run_pass(command, design)
"""


def main(arguments):
    if arguments == ["-V"]:
        from importlib.metadata import version

        print(f"Yosys {version('pyosys')} (pyosys)")
        return 0
    quiet = False
    commands = []
    words = iter(arguments)
    for word in words:
        if word == "-q":
            quiet = True
        elif word == "-p":
            commands.append(next(words, ""))
        elif word not in ("-Q", "-T"):
            print(f"yosys (pyosys): `{word}` is not known here", file=sys.stderr)
            return 2
    # The library ends the process when a command fails, so it runs in one of its own.
    program = [sys.executable, "-c", LIBRARY, *commands]
    done = subprocess.run(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if quiet:
        said = [line for line in done.stdout.splitlines() if line.startswith(("Warning:", "ERROR:"))]
        print("\n".join(said), end="\n" if said else "", file=sys.stderr)
    else:
        print(done.stdout, end="", flush=True)
    print(done.stderr, end="", file=sys.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
