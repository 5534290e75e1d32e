"""On the lab's client: `nexkit diagnose` on a terminal of its own, a network that is mended when it asks, and Enter.

    python tests/lab/heal.py MEND -- COMMAND ...

MEND is a shell script that runs with power over the network; the command runs as an ordinary user. Everything that the
terminal showed comes out on stdout, and the exit status is the command's.
"""

import os
import pty
import subprocess
import sys

QUESTION = b"Press Enter"
USER = ("unshare", "--user", "--map-user=1000", "--map-group=1000", "--")


def main() -> int:
    """Run the command, and mend the network at its first question."""
    mend, command = sys.argv[1], sys.argv[sys.argv.index("--") + 1 :]
    child, terminal = pty.fork()
    if child == 0:
        os.execvp(USER[0], [*USER, *command])
    shown, answered = b"", 0
    while True:
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # Linux says so when the other end has closed
            break
        if not piece:
            break
        shown += piece
        if shown.count(QUESTION) > answered:
            if not answered:
                subprocess.run(["sh", "-ec", mend], check=True, stdout=subprocess.DEVNULL)
            os.write(terminal, b"q\n" if answered else b"\n")
            answered += 1
    sys.stdout.buffer.write(shown.replace(b"\r\n", b"\n"))
    sys.stdout.flush()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    sys.exit(main())
