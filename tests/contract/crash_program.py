"""The program with a recorded run in place of the measuring, in processes that are killed or refused what they write.

Started once, it reads jobs as lines of JSON and does each in a child of its own (a fork, so that nothing is imported
anew): `words` of the command line, or `wizard` for what the window does with a run. `kill_after_s`, `kill_at` and
`kill_right_after` (the number of a file operation), or `refuse_at` with `error` say what happens to it. It answers with
the exit status, the number of file operations, and how long it took.
"""

import json
import os
import random
import signal
import sys
import threading
import time
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit" / "report"))

from sample_report import OWN_NAMES, busy_line_diagnosis, home_record

import report.draft
import ui.cli.diagnose
from nexkit.profile_file import built_in_profile
from nexkit.texts import Texts
from report.consent import DEFAULT_CATEGORIES
from report.unfinished import Keeper
from ui.bootstrap import Run
from ui.cli import main
from ui.handover import consent_asked, draft_report, save_report

_OPERATIONS = {"open", "os.link", "os.rename", "os.remove", "os.mkdir", "os.utime"}
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def say(line):
    """Write the line at once: a kill may be next."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def recorded(loaded):
    """A run full of private values, measured with the profile."""
    record = home_record(profile=loaded.reference, started_at=datetime.now(UTC).replace(microsecond=0))
    return Run(record=record, diagnosis=busy_line_diagnosis())


async def _measure(loaded, request, _texts):
    run = recorded(loaded)
    return replace(run, record=replace(run.record, request=replace(run.record.request, symptom=request.symptom)))


def wizard(out):
    """What the window does from the end of the run to the saved file, in its order."""
    loaded, texts = built_in_profile(datetime.now(UTC)), Texts("en")
    run, kept = recorded(loaded), Keeper(loaded)
    kept.keep(lambda: run.record)
    say(f"the result is on the screen {kept.problem}")
    draft = draft_report(run, loaded, DEFAULT_CATEGORIES, texts)
    save_report(draft, consent_asked(draft, texts, method="wizard"), texts, Path(out), kept=kept)
    return 0


def die(*_event):
    """As by a kill from outside: nothing more is done."""
    os.kill(os.getpid(), signal.SIGKILL)


def watch(job, folder):
    """Count what is done to files below the folder; kill or refuse where the job says so."""
    done = 0

    def hook(event, arguments):
        nonlocal done
        if event not in _OPERATIONS or not any(
            folder in str(each) or "/proc/self/fd" in str(each) for each in arguments[:2]
        ):
            return
        if event == "open" and not arguments[2] & _WRITES:
            return
        done += 1
        if done == job.get("kill_at"):
            die()
        if done == job.get("kill_right_after"):
            sys.setprofile(die)  # called when the operation returns
        if done == job.get("refuse_at"):
            raise OSError(job["error"], os.strerror(job["error"]), str(arguments[0]))

    sys.addaudithook(hook)
    return lambda: done


def child(job, answer):
    """Do the job; does not return."""
    os.environ |= {"NEXKIT_HOME": job["home"], "TMPDIR": job["temp"]}
    said = os.open(job["said"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(said, 1)
    os.dup2(said, 2)
    done = watch(job, job["folder"])
    random.seed()
    try:
        status = wizard(job["wizard"]) if "wizard" in job else main(["--lang", "en", *job["words"]])
    except OSError as error:  # what the window's thread hands to `problem_text`
        say(f"nexkit: {error}")
        status = 2
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    os.write(answer, json.dumps({"status": int(status), "operations": done()}).encode())
    os._exit(0)


def do(job):
    """What came of the job."""
    read, answer = os.pipe()
    began = time.monotonic()
    process = os.fork()
    if not process:
        os.close(read)
        try:
            child(job, answer)
        finally:
            os._exit(99)
    os.close(answer)
    if "kill_after_s" in job:
        time.sleep(job["kill_after_s"])
        os.kill(process, signal.SIGKILL)
    _, ended = os.waitpid(process, 0)
    took_s = time.monotonic() - began
    with os.fdopen(read, "rb") as pipe:
        told = pipe.read()
    return {"killed": os.WIFSIGNALED(ended), "crashed": os.WIFEXITED(ended) and os.WEXITSTATUS(ended) != 0} | {
        "took_s": took_s,
        **(json.loads(told) if told else {}),
    }


def warm_up():
    """Import all that the jobs take: their time is to be that of the work."""
    with (
        TemporaryDirectory() as folder,
        Path(os.devnull).open("w") as nowhere,
        redirect_stdout(nowhere),
        redirect_stderr(nowhere),
    ):
        os.environ["NEXKIT_HOME"] = folder
        wizard(f"{folder}/w.zip")
        assert main(["diagnose", "--agree", "all", "--out", f"{folder}/r.zip"]) == 1
        main(["verify", f"{folder}/r.zip"])
        main(["report", "resume", "--agree", "all", "--out", f"{folder}/r.zip"])


def serve():
    """Answer jobs until there are no more."""
    ui.cli.diagnose._measure = _measure
    report.draft.system_own_names = lambda: OWN_NAMES
    warm_up()
    assert threading.active_count() == 1, "a fork copies one thread"
    for line in sys.stdin:
        say(json.dumps(do(json.loads(line))))


if __name__ == "__main__":
    serve()
