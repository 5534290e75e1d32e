"""On the lab's client: a command on a terminal of its own, and things that happen to it and to its network meanwhile.

    python tests/lab/disturb.py EVENTS -- COMMAND ...

EVENTS is a JSON array of `[what, how]`, done one after the other: `["wait", seconds]`, `["until", text]` (the terminal
has shown it since the last `until`), `["sh", script]` (with power over the network), `["type", text]`, `["signal",
name]` (to the command), `["again", null]` (wait until the command has ended, and start it once more). The command runs
as an ordinary user. Everything that the terminals showed comes out on stdout, and the exit status is the last one's.
"""

import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time

USER = ("unshare", "--user", "--map-user=1000", "--map-group=1000", "--")
PATIENCE_S = 40.0


class Terminal:
    """The command, and what it has shown."""

    def __init__(self, command):
        self.shown, self._seen = b"", 0
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.execvp(USER[0], [*USER, *command])
        self._changed = threading.Condition()
        self._ended = False
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        while True:
            try:
                piece = os.read(self._terminal, 4096)
            except OSError:  # Linux says so when the other end has closed
                piece = b""
            with self._changed:
                self.shown += piece
                self._ended = not piece
                self._changed.notify_all()
            if not piece:
                return

    def until(self, text):
        """Wait for what is to be shown; False where it does not come."""
        wanted, end_s = text.encode(), time.monotonic() + PATIENCE_S
        with self._changed:
            while (found := self.shown.find(wanted, self._seen)) < 0:
                left_s = end_s - time.monotonic()
                if self._ended or left_s <= 0:
                    return False
                self._changed.wait(left_s)
            self._seen = found + len(wanted)
        return True

    def type(self, text):
        os.write(self._terminal, text.encode())

    def leave(self):
        """Wait for its end; its exit status."""
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        self._reader.join()
        return status


def main() -> int:
    events, command = json.loads(sys.argv[1]), sys.argv[sys.argv.index("--") + 1 :]
    terminals = [Terminal(command)]
    for what, how in events:
        now = terminals[-1]
        if what == "wait":
            time.sleep(how)
        elif what == "sh":
            subprocess.run(["sh", "-ec", how], check=True, stdout=subprocess.DEVNULL)
        elif what == "type":
            now.type(how)
        elif what == "signal":
            os.kill(now.pid, getattr(signal, how))
        elif what == "again":
            now.leave()
            terminals.append(Terminal(command))
        elif not now.until(how):
            sys.stdout.write(f"[never shown: {how}]\n")
            now.type("\x03\x03\x03")
            break
    status = terminals[-1].leave()
    for each in terminals:
        sys.stdout.buffer.write(each.shown.replace(b"\r\n", b"\n"))
    sys.stdout.flush()
    return status


if __name__ == "__main__":
    sys.exit(main())
