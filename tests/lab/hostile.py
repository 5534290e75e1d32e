"""What a hostile profile would have the kit reach, as real servers on the client: `hostile.py -- COMMAND ...`.

On loopback and on the client's own address stands a web server on the ports 80, 443 and 8080. Runs the command, and
prints what `watched.py` prints with `visits` besides: the addresses at which somebody connected.
"""

import json
import socket
import subprocess
import sys
import threading
from pathlib import Path

PLACES = [
    (address, port) for address in ("127.0.0.1", "127.0.0.9", "::1", "192.168.10.100") for port in (80, 443, 8080)
]
visits = []


def serve(address, port):
    server = socket.create_server((address, port), family=socket.AF_INET6 if ":" in address else socket.AF_INET)

    def accept():
        while True:
            connection, _ = server.accept()
            visits.append([address, port])
            connection.close()

    threading.Thread(target=accept, daemon=True).start()


for place in PLACES:
    serve(*place)
done = subprocess.run(
    [sys.executable, str(Path(__file__).with_name("watched.py")), *sys.argv[1:]], stdout=subprocess.PIPE, check=True
)
json.dump({**json.loads(done.stdout), "visits": visits}, sys.stdout)
