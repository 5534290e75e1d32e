"""A real LibreSpeed server (github.com/librespeed/speedtest, backend/): `garbage.php` and `empty.php`.

    python tests/lab/servers/librespeed.py --bind ADDRESS --port PORT [--tls CERT KEY]

As PHP behind a web server answers: a download in chunks without a length, `ckSize` mebibytes, 4 where it is no number,
at most 1024; `empty.php` swallows a post and answers everything with nothing.
"""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import load_server

MEBIBYTE = 1 << 20


class Handler(load_server.Handler):
    """The two pages."""

    def answer(self, method, target, length):
        path, _, query = target.partition("?")
        if path.endswith("/garbage.php") and method == "GET":
            wanted = re.search(r"(?:^|&)ckSize=(\d+)", query)
            count = min(int(wanted[1]) or 4, 1024) if wanted else 4
            self.send_payload(count * MEBIBYTE, "?chunked=1")
        elif path.endswith("/empty.php"):
            self.swallow(length)
            self.send_text(200, "")
        else:
            self.send_text(404, "not here")


if __name__ == "__main__":
    load_server.main(Handler)
