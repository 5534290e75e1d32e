"""Run speedtest-cli within a limit of bytes and print what it measured as JSON; started by `probes.load.ookla` alone.

    python speedtest_program.py MAX_BYTES

speedtest-cli knows a limit of time only (ten seconds in each direction), so what it would ask for is cut down before:
each direction gets the requests that fit into half of the bytes, smallest first.
"""

import importlib
import json
import sys
from itertools import accumulate

NOT_INSTALLED_STATUS = 4
NO_RESULT_STATUS = 5

IMAGE_BYTES = {
    350: 245_388,
    500: 505_544,
    750: 1_118_012,
    1000: 1_986_284,
    1500: 4_468_241,
    2000: 7_907_740,
    2500: 12_407_926,
    3000: 17_816_816,
    3500: 24_262_167,
    4000: 31_625_365,
}
"""What the files of the service's servers weigh, by the side of the image in their names."""


def fitting(sizes: list[int], limit: int) -> int:
    """How many of the sizes, from the first on, stay within the limit together."""
    return sum(total <= limit for total in accumulate(sizes))


def main(max_bytes: int) -> int:
    """Measure, print, and give the exit status."""
    try:
        speedtest = importlib.import_module("speedtest")
    except ModuleNotFoundError:
        return NOT_INSTALLED_STATUS
    try:
        client = speedtest.Speedtest(secure=True)
        client.get_best_server()
        config = client.config
        sides = sorted(side for side in config["sizes"]["download"] if side in IMAGE_BYTES)
        images = [side for side in sides for _ in range(config["counts"]["download"])]
        downloads = [IMAGE_BYTES[side] for side in images]
        uploads = [size for size in config["sizes"]["upload"] for _ in range(config["counts"]["upload"])]
        uploads = uploads[: config["upload_max"]]
        down_count = fitting(downloads, max_bytes // 2)
        up_count = fitting(uploads, max_bytes // 2)
        config["sizes"]["download"], config["counts"]["download"] = images[:down_count], 1
        config["upload_max"] = up_count
        client.download()
        client.upload(pre_allocate=False)
    except speedtest.SpeedtestException:
        return NO_RESULT_STATUS
    results = client.results.dict()
    answer = {name: results[name] for name in ("download", "upload", "bytes_received", "bytes_sent")}
    answer["host"] = results["server"]["host"]
    # Cut off by the limit of bytes, not by that of time: it asked for less than it would have, and got (nearly: the
    # weights are those of other servers) all of it.
    answer["down_capped"] = down_count < len(downloads) and answer["bytes_received"] >= 0.9 * sum(
        downloads[:down_count]
    )
    answer["up_capped"] = up_count < len(uploads) and answer["bytes_sent"] >= 0.9 * sum(uploads[:up_count])
    sys.stdout.write(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
