"""`nexkit show`, `verify`, `profile check`, `key show`: reading what others, or an earlier run, have made."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from nexkit.diagnosis.engine import diagnose
from nexkit.profile_file import load_profile
from nexkit.texts import Texts
from nexkit.texts.verdicts import verdict_sentence
from report.codec import encode_diagnosis
from report.encryption import EncryptionError
from report.files import write_whole
from report.html import report_html
from report.keys import KeyFileError, key_path, load_or_create_key
from report.load import InvalidBundleError, LoadedReport, load_report, read_bundle
from report.problems import problem_text
from report.public_keys import public_key
from report.signers import SignersError
from report.trust import Tier
from report.verify import Verification, verify
from report.visible import visible
from ui.cli.diagnose import status_of
from ui.cli.errors import CommandError, ExitStatus
from ui.cli.output import verdict_text
from ui.cli.streams import write_json


def show(arguments: argparse.Namespace, texts: Texts) -> int:
    """Print verdict, findings and evidence of a report; `--html` writes the page anew from its data."""
    report = read_report_of(arguments.bundle, arguments, texts)
    if arguments.html:
        page = report_html(report.record, report.diagnosis, None, texts, report_id=report.report_id)
        write_whole(Path(arguments.html), page.encode())
    if arguments.json:
        write_json(encode_diagnosis(report.diagnosis), arguments.json)
    if arguments.json != "-":
        _ = texts.gettext
        system = report.record.system
        print(
            _("Report {id}, made {when:%Y-%m-%d %H:%M} UTC").format(id=report.report_id, when=report.record.started_at)
        )
        print(
            _("System: {system} {release}; kit {kit}; profile {profile} ({serial})").format(
                system=visible(system.system),
                release=visible(system.release),
                kit=visible(report.record.kit_version),
                profile=visible(report.record.profile.id),
                serial=report.record.profile.serial,
            )
        )
        if report.record.request.ticket:
            print(_("Ticket: {ticket}").format(ticket=visible(report.record.request.ticket)))
        if report.record.request.note:
            print(_("Note: {note}").format(note=visible(report.record.request.note)))
        print(
            _("Signed by: {signer} ({tier})").format(
                signer=_signer(report.verification), tier=report.verification.tier.value
            )
        )
        print()
        print(verdict_text(report.diagnosis, report.record, texts))
    return status_of(report.diagnosis.verdict.state)


def diagnose_again(arguments: argparse.Namespace, texts: Texts) -> int:
    """Print what today's rules say of what was measured then."""
    report = read_report_of(arguments.bundle, arguments, texts)
    then, now = report.diagnosis, diagnose(report.record)
    if arguments.json:
        write_json(encode_diagnosis(now), arguments.json)
    if arguments.json != "-":
        _ = texts.gettext
        print(
            _("Report {id}: diagnosed then with rules {then}, now with {now}").format(
                id=report.report_id, then=visible(then.rules_version), now=now.rules_version
            )
        )
        if then.verdict.cause != now.verdict.cause or then.verdict.segment is not now.verdict.segment:
            print(_("The answer has changed. It was: {sentence}").format(sentence=verdict_sentence(then, texts)))
        print()
        print(verdict_text(now, report.record, texts))
    return status_of(now.verdict.state)


def bundle_bytes(name: str, arguments: argparse.Namespace) -> bytes:
    """The bytes of a bundle, decrypted with `--identity` where they are encrypted; CommandError where that fails."""
    try:
        return read_bundle(Path(name), Path(arguments.identity) if arguments.identity else None)
    except EncryptionError as error:
        raise CommandError(str(error)) from None


def read_report_of(name: str, arguments: argparse.Namespace, texts: Texts) -> LoadedReport:
    """The report of a bundle; CommandError where it is none."""
    try:
        return load_report(bundle_bytes(name, arguments))
    except InvalidBundleError as error:
        raise CommandError(_invalid(name, error.verification, texts)) from None


def verify_command(arguments: argparse.Namespace, texts: Texts) -> int:
    """Check a bundle and say what it is worth."""
    _ = texts.gettext
    tiers = {tier.value: tier for tier in Tier if tier is not Tier.INVALID}
    if arguments.require not in tiers:
        raise CommandError(
            _("--require: {word!r} is no tier; there are: {words}").format(
                word=arguments.require, words=", ".join(tiers)
            )
        )
    try:
        verification = verify(
            bundle_bytes(arguments.bundle, arguments),
            Path(arguments.signers) if arguments.signers else None,
            tiers[arguments.require],
            revoked=Path(arguments.revoked) if arguments.revoked else None,
        )
    except SignersError as error:
        raise CommandError(str(error)) from None
    if arguments.json:
        write_json(_verification_document(verification), arguments.json)
    if arguments.json != "-":
        print(_verification_text(arguments.bundle, verification, texts))
    if verification.tier is Tier.INVALID:
        return ExitStatus.FAULT
    if verification.accepted:
        return ExitStatus.HEALTHY
    return ExitStatus.REPACKED if verification.tier is Tier.REPACKED else ExitStatus.BELOW_TIER


def _verification_document(verification: Verification) -> dict[str, object]:
    return {
        "tier": verification.tier.value,
        "required": verification.required.value,
        "accepted": verification.accepted,
        "report_id": verification.report_id,
        "signer": verification.signer.install_id if verification.signer else None,
        "problems": [{"kind": item.kind.value, "place": item.place} for item in verification.problems],
    }


def _verification_text(name: str, verification: Verification, texts: Texts) -> str:
    _ = texts.gettext
    lines = [f"{name}: {verification.tier.value}"]
    if verification.report_id:
        lines.append(_("Report: {id}").format(id=visible(verification.report_id)))
    if verification.signer:
        lines.append(_("Signed by: {signer}").format(signer=_signer(verification)))
    lines += [f"- {visible(problem_text(problem, texts))}" for problem in verification.problems]
    if verification.tier is not Tier.INVALID:
        lines.append(
            _(
                "These bytes are what this installation wrote and its user released. That does not prove that the "
                "computer told the truth."
            )
        )
    return "\n".join(lines)


def _signer(verification: Verification) -> str:
    return verification.signer.install_id if verification.signer else "-"


def _invalid(name: str, verification: Verification, texts: Texts) -> str:
    problems = " ".join(visible(problem_text(problem, texts)) for problem in verification.problems)
    return texts.gettext("{file}: this is no valid report: {problems}").format(file=name, problems=problems)


def check_profile(arguments: argparse.Namespace, texts: Texts) -> int:
    """Say whether a profile can be used today, and what it holds."""
    loaded = load_profile(Path(arguments.file), datetime.now(UTC))
    profile = loaded.profile
    print(
        texts.gettext(
            "{file}: profile {id}, serial {serial}, valid until {until:%Y-%m-%d}: {services} services, "
            "{anchors} anchors, {names} names"
        ).format(
            file=arguments.file,
            id=profile.id,
            serial=profile.serial,
            until=profile.not_after,
            services=len(profile.services),
            anchors=len(profile.internet.anchors),
            names=len(profile.internet.names),
        )
    )
    return ExitStatus.HEALTHY


def show_key(_arguments: argparse.Namespace, texts: Texts) -> int:
    """Print the installation's name and the line that a desk puts into its list of known devices."""
    try:
        key = public_key(load_or_create_key())
    except KeyFileError as error:
        raise CommandError(str(error)) from None
    print(key.install_id)
    print(f'{key.install_id} namespaces="report" {key.line}')
    print(texts.gettext("Kept in {file}").format(file=key_path()), file=sys.stderr)
    return ExitStatus.HEALTHY
