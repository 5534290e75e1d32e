"""The words of the command line and where each leads."""

import argparse
import errno
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NoReturn

from nexkit import __version__
from nexkit.platform.managed_settings import managed_language
from nexkit.request import Affected, Depth, Occurrence, Since, Symptom
from nexkit.texts import LANGUAGES, Texts
from nexkit.trial import Trial
from ui.cli.errors import CommandError, ExitStatus


class _Parser(argparse.ArgumentParser):
    """Errors in one line, without the usage in front of them."""

    def error(self, message: str) -> NoReturn:
        raise CommandError(f"{message} (see: {self.prog} --help)")


if TYPE_CHECKING:
    _Commands = argparse._SubParsersAction[_Parser]  # noqa: SLF001  the type of what `add_subparsers` gives has no other name
else:
    _Commands = object


def _language_of(words: Sequence[str]) -> str | None:
    """The value of --lang, needed before the help texts are made."""
    for index, word in enumerate(words):
        if word.startswith("--lang="):
            return word.partition("=")[2]
        if word == "--lang" and index + 1 < len(words):
            return words[index + 1]
    return None


def build_parser(texts: Texts, command: str | None = None) -> argparse.ArgumentParser:
    """The parser of every command, with its help in the language of the texts; of one alone where that is known."""
    _ = texts.gettext
    common = _Parser(add_help=False)
    common.add_argument("--lang", choices=LANGUAGES, help=_("language of the output (default: the system's)"))
    parser = _Parser(
        prog="nexkit",
        description=_("Finds out where a network fault is, and writes a signed report for the support desk."),
        parents=[common],
    )
    parser.add_argument("--version", action="version", version=f"nexkit {__version__}")
    commands = parser.add_subparsers(dest="command", metavar=_("COMMAND"), parser_class=_Parser)
    for name, add in _COMMANDS.items():
        if command in (None, name):
            add(commands, common, texts)
    return parser


def _profile_option(texts: Texts) -> _Parser:
    _ = texts.gettext
    profile = _Parser(add_help=False)
    profile.add_argument(
        "--profile",
        metavar="FILE",
        help=_("organisation profile (default: the one of the IT department, else the built-in one)"),
    )
    return profile


def _json_option(texts: Texts) -> _Parser:
    _ = texts.gettext
    json = _Parser(add_help=False)
    json.add_argument("--json", metavar="FILE", help=_("write the result as JSON to FILE, or to standard output: -"))
    return json


def _report_options(texts: Texts) -> _Parser:
    _ = texts.gettext
    report = _Parser(add_help=False)
    report.add_argument(
        "--agree",
        metavar="LIST",
        default="",
        help=_("consent without a dialogue: categories with commas between, or: all"),
    )
    report.add_argument(
        "--release",
        metavar="VALUE",
        action="append",
        default=[],
        help=_("let this value into the report although the last check holds it back (can be repeated)"),
    )
    report.add_argument("--out", metavar="FILE", help=_("write the signed report (needs --agree)"))
    report.add_argument(
        "--encrypt", action="store_true", help=_("encrypt the report to the support desk of the profile (age)")
    )
    report.add_argument(
        "--confirm-recipients",
        action="store_true",
        help=_("agree that the profile names another recipient of reports than before"),
    )
    return report


def _add_wizard(commands: _Commands, common: _Parser, texts: Texts) -> None:
    _ = texts.gettext
    wizard = commands.add_parser("wizard", parents=[common, _profile_option(texts)], help=_("open the wizard window"))
    wizard.add_argument("--watching", action="store_true", help=_("go on with an interrupted watch, in the background"))


def _request_options(texts: Texts) -> _Parser:
    """What is measured for, and what the report is told of it."""
    _ = texts.gettext
    request = _Parser(add_help=False)
    request.add_argument("--symptom", choices=[word.value for word in Symptom], default=Symptom.CHECK_UP.value)
    request.add_argument(
        "--since", choices=[word.value for word in Since], help=_("how long it has been so; for the report")
    )
    request.add_argument(
        "--occurs", choices=[word.value for word in Occurrence], help=_("how often it happens; for the report")
    )
    request.add_argument("--affects", choices=[word.value for word in Affected], help=_("whom it hits; for the report"))
    request.add_argument("--service", metavar="ID", help=_("test this service of the profile only"))
    request.add_argument("--url", help=_("test this web address as well"))
    request.add_argument(
        "--accept-licence",
        metavar="SHA256",
        help=_("accept the licence text of the profile by its SHA-256 (see: nexkit profile show), or its first digits"),
    )
    request.add_argument("--ticket", metavar="ID", help=_("ticket number for the report"))
    request.add_argument("--note", metavar="TEXT", help=_("a note for the support desk"))
    return request


def _add_diagnose(commands: _Commands, common: _Parser, texts: Texts) -> None:
    _ = texts.gettext
    diagnose = commands.add_parser(
        "diagnose",
        parents=[common, _profile_option(texts), _json_option(texts), _report_options(texts), _request_options(texts)],
        help=_("do the wizard's work without a window"),
    )
    diagnose.add_argument("--depth", choices=[word.value for word in Depth], default=Depth.STANDARD.value)
    diagnose.add_argument(
        "--keep",
        choices=["yes", "no"],
        help=_("keep the result on this computer until its report is saved (default: yes with --out, else no)"),
    )
    diagnose.add_argument(
        "--time-limit", metavar="S", type=float, help=_("stop measuring after S seconds and diagnose what is there")
    )
    diagnose.add_argument(
        "--again",
        metavar="ask|no|STEP",
        default="ask",
        help=_(
            "after a fault, offer a change and test again (on a terminal: ask), or just these steps: {steps}"
        ).format(steps=", ".join(trial.value for trial in Trial)),
    )


def _add_watch(commands: _Commands, common: _Parser, texts: Texts) -> None:
    _ = texts.gettext
    watch = commands.add_parser(
        "watch",
        parents=[common, _profile_option(texts), _json_option(texts), _report_options(texts), _request_options(texts)],
        help=_("measure lightly until the trouble comes, and tell what broke when"),
        description=_(
            "Measures lightly until you stop it (Ctrl-C). On a terminal, Enter says that it is happening now; what "
            "you type before it goes into the report."
        ),
    )
    watch.add_argument("--for", dest="duration", metavar="DURATION", help=_("stop after so long: 90s, 30m, 2h, 1h30m"))
    watch.add_argument(
        "--resume",
        choices=["yes", "no"],
        help=_("go on with an interrupted watch, or begin a new one (default: ask on a terminal, else no)"),
    )
    watch.add_argument(
        "--keep",
        choices=["yes", "no"],
        default="yes",
        help=_("keep the result on this computer until its report is saved (default: yes)"),
    )
    watch.set_defaults(depth=Depth.QUICK.value, time_limit=None)


def _add_probe(commands: _Commands, common: _Parser, texts: Texts) -> None:
    _ = texts.gettext
    json = _json_option(texts)
    probe = commands.add_parser("probe", help=_("list the probes, or run one by itself"))
    probes = probe.add_subparsers(dest="action", metavar="list|run", required=True, parser_class=_Parser)
    others = _Parser(add_help=False)
    others.add_argument(
        "--with",
        metavar="NAME",
        dest="others",
        action="append",
        default=[],
        help=_("switch on a probe of another installed package (entry points nexkit.probes)"),
    )
    probes.add_parser(
        "list", parents=[common, json, others], help=_("what each probe sends, to whom, at most how much")
    )
    probe_run = probes.add_parser("run", parents=[common, json, others], help=_("run one probe and print its fact"))
    probe_run.add_argument("id", metavar="ID")
    probe_run.add_argument("words", metavar="TARGET|KEY=VALUE", nargs="*")


def _add_check(commands: _Commands, common: _Parser, texts: Texts) -> None:
    _ = texts.gettext
    commands.add_parser("check", parents=[common, _json_option(texts)], help=_("what this system lets the kit measure"))


def _identity_option(texts: Texts) -> _Parser:
    _ = texts.gettext
    parser = _Parser(add_help=False)
    parser.add_argument(
        "--identity", metavar="FILE", help=_("the secret key for encrypted reports, as age-keygen writes it")
    )
    return parser


def _add_show(commands: _Commands, common: _Parser, texts: Texts) -> None:
    _ = texts.gettext
    parents = [common, _json_option(texts), _identity_option(texts)]
    show = commands.add_parser("show", parents=parents, help=_("verdict, findings and evidence of a report"))
    show.add_argument("bundle", metavar="BUNDLE")
    show.add_argument("--html", metavar="FILE", help=_("write the report as a web page"))
    show.add_argument("--pdf", metavar="FILE", help=_("write the report as a PDF, to be printed or filed"))


def _add_diagnose_again(commands: _Commands, common: _Parser, texts: Texts) -> None:
    _ = texts.gettext
    again = commands.add_parser(
        "diagnose-again",
        parents=[common, _json_option(texts), _identity_option(texts)],
        help=_("what today's rules say of an earlier report"),
    )
    again.add_argument("bundle", metavar="BUNDLE")


def _add_compare(commands: _Commands, common: _Parser, texts: Texts) -> None:
    _ = texts.gettext
    parents = [common, _json_option(texts), _identity_option(texts)]
    compare = commands.add_parser("compare", parents=parents, help=_("what changed between two reports"))
    compare.add_argument("before", metavar="A")
    compare.add_argument("after", metavar="B")


def _add_verify(commands: _Commands, common: _Parser, texts: Texts) -> None:
    _ = texts.gettext
    parents = [common, _json_option(texts), _identity_option(texts)]
    verify = commands.add_parser("verify", parents=parents, help=_("check a report: signature, hashes, consent"))
    verify.add_argument("bundle", metavar="BUNDLE")
    verify.add_argument("--signers", metavar="FILE", help=_("trusted keys, in OpenSSH's allowed_signers format"))
    verify.add_argument(
        "--revoked", metavar="FILE", help=_("what counts no more: public keys, one a line, or a file of ssh-keygen -k")
    )
    verify.add_argument(
        "--received-at",
        "--verify-time",
        metavar="TIME",
        help=_("when the report came in, as 2026-11-21T09:00Z: certificates have to be valid then (default: now)"),
    )
    verify.add_argument(
        "--profile-serial",
        metavar="N",
        type=int,
        default=0,
        help=_("the least serial of the profile with which the report may have been made"),
    )
    verify.add_argument("--ticket", metavar="ID", help=_("the ticket that the report has to be for"))
    verify.add_argument(
        "--desk",
        metavar="KEY",
        action="append",
        default=[],
        help=_("this desk's public key of age or its SHA-256: the user has to have agreed to it (can be repeated)"),
    )
    verify.add_argument(
        "--consent-texts", metavar="FILE", help=_("SHA-256 of more consent texts that are accepted, one a line")
    )
    verify.add_argument(
        "--seen", metavar="FILE", help=_("list of the reports that came before; an accepted one is added to it")
    )
    verify.add_argument("--remember", action="store_true", help=_("take the signer for a known device from now on"))
    verify.add_argument("--require", metavar="TIER", default="integrity-only", help=_("the least tier to accept"))


def _add_profile(commands: _Commands, common: _Parser, texts: Texts) -> None:
    _ = texts.gettext
    profiles = commands.add_parser("profile", help=_("check, sign, show or install an organisation profile"))
    actions = profiles.add_subparsers(
        dest="action", metavar="check|sign|show|install", required=True, parser_class=_Parser
    )
    check = actions.add_parser("check", parents=[common], help=_("whether a profile can be used, and who signed it"))
    check.add_argument("file", metavar="FILE")
    check.add_argument(
        "--signers", metavar="FILE", help=_("trusted signers, in OpenSSH's allowed_signers format (default: pinned)")
    )
    sign = actions.add_parser("sign", parents=[common], help=_("sign a profile; writes FILE.sig"))
    sign.add_argument("file", metavar="FILE")
    sign.add_argument("--key", metavar="KEYFILE", required=True, help=_("private Ed25519 key of OpenSSH"))
    show = actions.add_parser("show", parents=[common, _json_option(texts)], help=_("the profile in force, or FILE"))
    show.add_argument("file", metavar="FILE", nargs="?")
    install = actions.add_parser(
        "install",
        parents=[common],
        help=_("for IT: put a signed profile where it holds for all users of this computer, or check the one there"),
    )
    install.add_argument(
        "file",
        metavar="FILE|FOLDER",
        nargs="?",
        help=_("profile.toml with profile.toml.sig and org_signers beside it (default: check what is installed)"),
    )


def _add_pack(commands: _Commands, common: _Parser, texts: Texts) -> None:
    _ = texts.gettext
    pack = commands.add_parser(
        "pack", parents=[common], help=_("for IT: an installer with your profile inside (also called nexkit-pack)")
    )
    pack.add_argument(
        "--profile", metavar="FILE", required=True, help=_("the profile; its signature FILE.sig stands beside it")
    )
    pack.add_argument(
        "--signers",
        metavar="FILE",
        required=True,
        help=_("whose signature counts, in OpenSSH's allowed_signers format (org_signers)"),
    )
    pack.add_argument(
        "--installer",
        metavar="FILE",
        help=_("the vendor's .msi, .deb, .tar.xz or .pkg (default: the only one in this folder)"),
    )
    pack.add_argument(
        "--licence-accepted",
        metavar="FILE",
        help=_("SHA-256 of the profile's licence texts that you accept for all users, one a line"),
    )
    pack.add_argument(
        "--name",
        metavar="TEXT",
        help=_("your name in the list of installed programs (default: the profile's, in the language of --lang)"),
    )
    pack.add_argument("--force", action="store_true", help=_("replace what is there"))
    pack.add_argument("out", metavar="OUT", help=_("file to write, or a folder for one that is named after you"))


def _add_key(commands: _Commands, common: _Parser, texts: Texts) -> None:
    _ = texts.gettext
    key = commands.add_parser("key", help=_("the key that signs this installation's reports"))
    key_actions = key.add_subparsers(dest="action", metavar="show|enrol|rotate", required=True, parser_class=_Parser)
    whose = _Parser(add_help=False)
    whose.add_argument(
        "--profile", metavar="FILE", help=_("the key for the organisation of this profile (there is one for each)")
    )
    key_actions.add_parser(
        "show",
        parents=[common, whose, _json_option(texts)],
        help=_("its public half, where it is kept, and who vouches for it"),
    )
    enrol = key_actions.add_parser(
        "enrol",
        parents=[common, whose],
        help=_("have it signed by the IT department: write it out, take the certificate"),
    )
    enrol.add_argument("--out", metavar="PATH", help=_("file or folder for the public key (default: this folder)"))
    enrol.add_argument("--certificate", metavar="FILE", help=_("the certificate that came back"))
    rotate = key_actions.add_parser("rotate", parents=[common, whose], help=_("make a new key"))
    rotate.add_argument("--yes", action="store_true", help=_("without asking"))


def _add_report(commands: _Commands, common: _Parser, texts: Texts) -> None:
    _ = texts.gettext
    report = commands.add_parser("report", help=_("own reports: finish one, what pseudonyms stand for"))
    actions = report.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=_Parser)
    actions.add_parser("list", parents=[common], help=_("results that are kept because their report was not saved"))
    actions.add_parser(
        "saved", parents=[common, _json_option(texts)], help=_("reports that were saved on this computer")
    )
    delete = actions.add_parser("delete", parents=[common], help=_("delete a report that was saved on this computer"))
    delete.add_argument("report", metavar="REPORT", help=_("number of the report"))
    delete.add_argument("--receipt", action="store_true", help=_("the receipt of what you agreed to as well"))
    resume = actions.add_parser(
        "resume", parents=[common, _report_options(texts)], help=_("make the report of a result that is kept")
    )
    resume.add_argument("id", metavar="ID", nargs="?", help=_("number of the result (default: the latest)"))
    discard = actions.add_parser("discard", parents=[common], help=_("delete a result that is kept"))
    which = discard.add_mutually_exclusive_group(required=True)
    which.add_argument("id", metavar="ID", nargs="?", help=_("number of the result"))
    which.add_argument("--all", action="store_true", help=_("all that are kept"))
    whose = _Parser(add_help=False)
    whose.add_argument("report", metavar="REPORT", help=_("number or file of the report"))
    lookup = actions.add_parser(
        "lookup", parents=[common, whose, _json_option(texts)], help=_("what a pseudonym stands for, or the reverse")
    )
    lookup.add_argument("word", metavar="TOKEN|VALUE")
    actions.add_parser(
        "forget", parents=[common, whose], help=_("delete the list of what the pseudonyms of a report stand for")
    )
    actions.add_parser(
        "terms", parents=[common, _profile_option(texts)], help=_("what is agreed to with --agree, word for word")
    )
    actions.add_parser("receipt", parents=[common, whose, _json_option(texts)], help=_("what was agreed to"))
    withdraw = actions.add_parser(
        "withdraw", parents=[common, whose], help=_("take the consent back: writes a signed note")
    )
    withdraw.add_argument("--out", metavar="PATH", help=_("file or folder for the note (default: this folder)"))
    check = actions.add_parser(
        "check-deletion",
        parents=[common, _signers_options(texts), _json_option(texts)],
        help=_("whether a desk's certificate of deletion is good"),
    )
    check.add_argument("note", metavar="CERTIFICATE")


def _signers_options(texts: Texts) -> _Parser:
    _ = texts.gettext
    parser = _Parser(add_help=False)
    parser.add_argument("--signers", metavar="FILE", help=_("trusted keys, in OpenSSH's allowed_signers format"))
    parser.add_argument(
        "--revoked", metavar="FILE", help=_("what counts no more: public keys, one a line, or a file of ssh-keygen -k")
    )
    return parser


def _add_desk(commands: _Commands, common: _Parser, texts: Texts) -> None:
    _ = texts.gettext
    desk = commands.add_parser("desk", help=_("for support desks: withdrawals, and deleting reports"))
    actions = desk.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=_Parser)
    check = actions.add_parser(
        "check-withdrawal",
        parents=[common, _signers_options(texts), _identity_option(texts), _json_option(texts)],
        help=_("whether a user's withdrawal is good"),
    )
    check.add_argument("note", metavar="NOTE")
    check.add_argument("--report", metavar="BUNDLE", help=_("the report that it should be about"))
    purge = actions.add_parser(
        "purge",
        parents=[common, _identity_option(texts)],
        help=_("delete reports, and write a signed certificate of it"),
    )
    purge.add_argument("reports", metavar="BUNDLE|FOLDER", nargs="+")
    purge.add_argument("--certificate", metavar="OUT", required=True, help=_("file or folder for the certificates"))
    purge.add_argument("--key", metavar="KEYFILE", required=True, help=_("private Ed25519 key of OpenSSH"))
    purge.add_argument("--reason", choices=("withdrawal", "retention", "request"), default="request")
    purge.add_argument(
        "--name", metavar="TEXT", default="", help=_("who deletes, as it is to stand in the certificate")
    )
    purge.add_argument("--yes", action="store_true", help=_("without asking"))


_COMMANDS: Mapping[str, Callable[[_Commands, _Parser, Texts], None]] = {
    "wizard": _add_wizard,
    "diagnose": _add_diagnose,
    "watch": _add_watch,
    "probe": _add_probe,
    "check": _add_check,
    "show": _add_show,
    "diagnose-again": _add_diagnose_again,
    "compare": _add_compare,
    "verify": _add_verify,
    "profile": _add_profile,
    "pack": _add_pack,
    "key": _add_key,
    "report": _add_report,
    "desk": _add_desk,
}


def run_command(words: list[str]) -> int:
    """Run one command; what goes wrong becomes one line on stderr and an exit status."""
    texts = Texts(_language_of(words) or managed_language())
    try:
        # The other commands are not needed to read this one, and making their parsers takes longer than reading it.
        parser = build_parser(texts, words[0] if words and words[0] in _COMMANDS else None)
        arguments = parser.parse_args(words)
        if arguments.command is None:
            if _has_screen():
                arguments = parser.parse_args(["wizard", *words])
            else:
                parser.print_help()
                return ExitStatus.HEALTHY
        return _dispatch(arguments, texts)
    except CommandError as error:
        print(f"nexkit: {error}", file=sys.stderr)
        return error.status
    except ValueError as error:
        from nexkit.profile_refusal import ProfileError
        from nexkit.texts.profiles import profile_problem

        if not isinstance(error, ProfileError):
            raise
        print(f"nexkit: {profile_problem(error, texts)}", file=sys.stderr)
        return ExitStatus.WRONG_USE
    except BrokenPipeError:
        raise
    except OSError as error:
        print(f"nexkit: {_system_error(error, texts)}", file=sys.stderr)
        return ExitStatus.WRONG_USE
    except KeyboardInterrupt:
        return ExitStatus.STOPPED


def _system_error(error: OSError, texts: Texts) -> str:
    """A file's trouble in one line: place, reason, mend."""
    from nexkit.platform.owner import NoHomeError

    _ = texts.gettext
    if isinstance(error, NoHomeError):
        return _("this user has no home folder: set NEXKIT_HOME to a folder for keys and settings")
    reasons = {
        errno.ENOSPC: _("the disk is full: free some space and try again"),
        errno.EDQUOT: _("the disk quota is used up: free some space and try again"),
        errno.EROFS: _("this place is read-only: choose another"),
        errno.EACCES: _("no permission: choose a place you may write to, or a file you may read"),
        errno.ENOENT: _("there is no such file or folder"),
        errno.EISDIR: _("this is a folder: name a file"),
        errno.ENOTDIR: _("a part of this path is not a folder"),
    }
    reason = reasons.get(error.errno or 0, error.strerror or type(error).__name__)
    return f"{error.filename}: {reason}" if error.filename else reason


def _has_screen() -> bool:
    from nexkit.platform import has_screen

    return has_screen()


def _dispatch(arguments: argparse.Namespace, texts: Texts) -> int:
    match arguments.command, getattr(arguments, "action", None):
        case "wizard", _:
            from ui.cli.wizard import wizard

            return wizard(arguments, texts)
        case "diagnose" | "watch", _:
            return _measure(arguments, texts)
        case "probe", "list":
            from ui.cli.probe import list_probes

            return list_probes(arguments, texts)
        case "probe", "run":
            from ui.cli.run_probe import run_probe

            return run_probe(arguments, texts)
        case "check", _:
            from ui.cli.probe import check

            return check(arguments, texts)
        case "show" | "diagnose-again" | "compare" | "verify", _:
            return _read(arguments, texts)
        case "profile" | "pack", action:
            return _about_profiles(action, arguments, texts)
        case "report" | "desk", action:
            return _about_reports(str(action), arguments, texts)
        case _, action:
            from ui.cli.key import enrol_key, rotate_key, show_key

            return {"show": show_key, "enrol": enrol_key, "rotate": rotate_key}[str(action)](arguments, texts)


def _measure(arguments: argparse.Namespace, texts: Texts) -> int:
    """The commands that do the wizard's work."""
    if arguments.command == "watch":
        from ui.cli.watch import watch_command

        return watch_command(arguments, texts)
    from ui.cli.diagnose import diagnose_command

    return diagnose_command(arguments, texts)


def _about_profiles(action: str | None, arguments: argparse.Namespace, texts: Texts) -> int:
    """The commands of whoever writes and hands out profiles."""
    if action is None:
        from ui.cli.pack import pack_command

        return pack_command(arguments, texts)
    from ui.cli.profile import check_profile, install_profile_command, show_profile, sign_profile_command

    actions = {
        "check": check_profile,
        "sign": sign_profile_command,
        "show": show_profile,
        "install": install_profile_command,
    }
    return actions[action](arguments, texts)


def _about_reports(action: str, arguments: argparse.Namespace, texts: Texts) -> int:
    """The commands about one's own reports, and those of a desk."""
    if action in {"lookup", "forget"}:
        from ui.cli.decoder import forget_command, look_up_command

        return {"lookup": look_up_command, "forget": forget_command}[action](arguments, texts)
    if action in {"check-withdrawal", "purge"}:
        from ui.cli.desk import check_withdrawal_command, purge_command

        return {"check-withdrawal": check_withdrawal_command, "purge": purge_command}[action](arguments, texts)
    if action in {"terms", "receipt", "withdraw", "check-deletion"}:
        from ui.cli.own_consent import check_deletion_command, receipt_command, terms_command, withdraw_command

        commands = {"terms": terms_command, "receipt": receipt_command, "withdraw": withdraw_command}
        return commands.get(action, check_deletion_command)(arguments, texts)
    if action in {"saved", "delete"}:
        from ui.cli.saved import delete_command, saved_command

        return (saved_command if action == "saved" else delete_command)(arguments, texts)
    from ui.cli.unfinished import discard_command, list_command, resume_command

    return {"list": list_command, "resume": resume_command, "discard": discard_command}[action](arguments, texts)


def _read(arguments: argparse.Namespace, texts: Texts) -> int:
    """The commands that read reports."""
    match arguments.command:
        case "show":
            from ui.cli.bundle import show

            return show(arguments, texts)
        case "diagnose-again":
            from ui.cli.bundle import diagnose_again

            return diagnose_again(arguments, texts)
        case "compare":
            from ui.cli.compare import compare_command

            return compare_command(arguments, texts)
        case _:
            from ui.cli.bundle import verify_command

            return verify_command(arguments, texts)
