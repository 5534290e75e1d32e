"""`nexkit show`, `verify`, `key show`: reading what others, or an earlier run, have made."""

import argparse
import re
from datetime import UTC, datetime
from pathlib import Path

from nexkit.diagnosis.engine import diagnose
from nexkit.platform.managed import ManagedPlace, OpenToOthersError
from nexkit.platform.owner import data_folder
from nexkit.texts import Texts
from nexkit.texts.verdicts import verdict_sentence
from nexkit.texts.words import complaint_text
from report.certificates import Certificate
from report.codec import encode_diagnosis
from report.consent_check import Expected, note_seen, read_seen
from report.encryption import EncryptionError, public_keys
from report.files import write_whole
from report.html import report_html
from report.key_store import key_storage_text
from report.load import InvalidBundleError, LoadedReport, load_report, read_bundle
from report.notices import read_notices
from report.plain import moment
from report.problems import problem_text
from report.signers import Signer
from report.ssh_lists import SignersError
from report.summary import watch_lines
from report.terms import key_fingerprint
from report.trust import KNOWN_DEVICES_FILE, Tier, pinned_signers, remember
from report.verify import Verification, verify
from report.visible import visible
from ui.cli.diagnose import status_of
from ui.cli.errors import CommandError, ExitStatus
from ui.cli.output import verdict_text
from ui.cli.streams import write_json
from ui.cli.wrap import say

_LONGEST_KEY_ID = 200


def show(arguments: argparse.Namespace, texts: Texts) -> int:
    """Print verdict, findings and evidence of a report; `--html` and `--pdf` write it anew from its data."""
    report = read_report_of(arguments.bundle, arguments, texts)
    if arguments.html:
        page = report_html(report.record, report.diagnosis, None, texts, report_id=report.report_id)
        write_whole(Path(arguments.html), page.encode())
    if arguments.pdf:
        from ui.gui.pdf import write_pdf

        path = Path(arguments.pdf)
        write_pdf(path, report.record, report.diagnosis, None, texts, report_id=report.report_id)
    if arguments.json:
        write_json(encode_diagnosis(report.diagnosis), arguments.json)
    if arguments.json != "-":
        _ = texts.gettext
        system = report.record.system
        say(_("Report {id}, made {when:%Y-%m-%d %H:%M} UTC").format(id=report.report_id, when=report.record.started_at))
        say(
            _("System: {system} {release}; kit {kit}; profile {profile} ({serial})").format(
                system=visible(system.system),
                release=visible(system.release),
                kit=visible(report.record.kit_version),
                profile=visible(report.record.profile.id),
                serial=report.record.profile.serial,
            )
        )
        say(_("Reported: {symptom}").format(symptom=complaint_text(report.record.request, texts)))
        if report.record.request.ticket:
            say(_("Ticket: {ticket}").format(ticket=visible(report.record.request.ticket)))
        if report.record.request.note:
            say(_("Note: {note}").format(note=visible(report.record.request.note)))
        say(
            _("Signed by: {signer} ({tier})").format(
                signer=_signer(report.verification), tier=report.verification.tier.value
            )
        )
        if report.key_storage is not None:
            say(key_storage_text(report.key_storage, texts))
        say("")
        say(verdict_text(report.diagnosis, report.record, texts))
        if report.record.watch is not None:
            say("\n".join(["", *watch_lines(report.record, texts)]))
    return status_of(report.diagnosis.verdict.state)


def diagnose_again(arguments: argparse.Namespace, texts: Texts) -> int:
    """Print what today's rules say of what was measured then."""
    report = read_report_of(arguments.bundle, arguments, texts)
    then, now = report.diagnosis, diagnose(report.record)
    if arguments.json:
        write_json(encode_diagnosis(now), arguments.json)
    if arguments.json != "-":
        _ = texts.gettext
        say(
            _("Report {id}: diagnosed then with rules {then}, now with {now}").format(
                id=report.report_id, then=visible(then.rules_version), now=now.rules_version
            )
        )
        if then.verdict.cause != now.verdict.cause or then.verdict.segment is not now.verdict.segment:
            say(_("The answer has changed. It was: {sentence}").format(sentence=verdict_sentence(then, texts)))
        say("")
        say(verdict_text(now, report.record, texts))
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
        signers = pinned_signers(ManagedPlace())
    except (OpenToOthersError, SignersError):
        signers = ()  # to read a report needs no list; `verify` says what is wrong with this one
    try:
        return load_report(bundle_bytes(name, arguments), signers, known=_known_devices())
    except SignersError as error:
        raise CommandError(str(error)) from None
    except InvalidBundleError as error:
        raise CommandError(_invalid(name, error.verification, texts)) from None


def _known_devices() -> Path:
    return data_folder() / KNOWN_DEVICES_FILE


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
    received_at = _moment(arguments.received_at, texts)
    known = _known_devices()
    try:
        verification = verify(
            bundle_bytes(arguments.bundle, arguments),
            signers_for(arguments, texts),
            tiers[arguments.require],
            revoked=Path(arguments.revoked) if arguments.revoked else None,
            known=known,
            received_at=received_at,
            least_profile_serial=arguments.profile_serial,
            expected=_expected(arguments, texts),
        )
    except (SignersError, EncryptionError) as error:
        raise CommandError(str(error)) from None
    if arguments.seen and verification.accepted and verification.content is not None:
        note_seen(Path(arguments.seen), verification.content.consent)
    if arguments.remember and verification.signature is not None and verification.tier >= Tier.INTEGRITY_ONLY:
        remember(known, verification.signature.key, received_at or datetime.now(UTC))
    if arguments.json:
        write_json(_verification_document(verification), arguments.json)
    if arguments.json != "-":
        print(_verification_text(arguments.bundle, verification, texts))
    if verification.tier is Tier.INVALID:
        return ExitStatus.FAULT
    if verification.accepted:
        return ExitStatus.HEALTHY
    return ExitStatus.REPACKED if verification.tier is Tier.REPACKED else ExitStatus.BELOW_TIER


def signers_for(arguments: argparse.Namespace, texts: Texts) -> Path | tuple[Signer, ...]:
    """The list of `--signers`, else the organisation's own on this computer; CommandError, SignersError, OSError."""
    if arguments.signers:
        return Path(arguments.signers)
    try:
        return pinned_signers(ManagedPlace())
    except OpenToOthersError as error:
        raise CommandError(
            texts.gettext(
                "{file}: ordinary users may change this, so it is not used: take their rights away, or name a list "
                "with --signers"
            ).format(file=error.path)
        ) from None


def _expected(arguments: argparse.Namespace, texts: Texts) -> Expected:
    """What the desk says of the report that should come, and of itself."""
    keys = [_desk_key(word, texts) for word in arguments.desk]
    if arguments.identity:
        keys += map(key_fingerprint, public_keys(Path(arguments.identity)))
    return Expected(
        keys=keys,
        ticket=arguments.ticket,
        notices=read_notices(Path(arguments.consent_texts)) if arguments.consent_texts else (),
        seen=read_seen(Path(arguments.seen)) if arguments.seen else {},
    )


def _desk_key(word: str, texts: Texts) -> str:
    """The SHA-256 of a public key of age that is given by itself or by that."""
    if word.startswith("age1"):
        return key_fingerprint(word)
    if re.fullmatch("[0-9a-f]{64}", word):
        return word
    raise CommandError(
        texts.gettext("--desk: {word!r} is neither a public key of age (age1...) nor its SHA-256").format(word=word)
    )


def _verification_document(verification: Verification) -> dict[str, object]:
    return {
        "tier": verification.tier.value,
        "required": verification.required.value,
        "accepted": verification.accepted,
        "report_id": verification.report_id,
        "signer": verification.signer.install_id if verification.signer else None,
        "public_key": verification.signer.line if verification.signer else None,
        "certificate": _certificate_document(verification.certificate),
        "problems": [{"kind": item.kind.value, "place": item.place} for item in verification.problems],
    }


def _certificate_document(certificate: Certificate | None) -> dict[str, object] | None:
    if certificate is None:
        return None
    return {
        "principal": certificate.principal,
        "authority": certificate.authority.fingerprint,
        "serial": certificate.serial,
        "key_id": visible(certificate.key_id.decode("utf-8", "replace"), limit=_LONGEST_KEY_ID),
        "ends_at": None if certificate.ends_at is None else moment(certificate.ends_at),
    }


def _moment(text: str | None, texts: Texts) -> datetime | None:
    """A moment that was typed; local time where no zone stands in it."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise CommandError(
            texts.gettext("--received-at: {text!r} is no time such as 2026-11-21T09:00Z").format(text=text)
        ) from None


def _verification_text(name: str, verification: Verification, texts: Texts) -> str:
    _ = texts.gettext
    lines = [f"{name}: {verification.tier.value}"]
    if verification.report_id:
        lines.append(_("Report: {id}").format(id=visible(verification.report_id)))
    if verification.signer:
        lines.append(_("Signed by: {signer}").format(signer=_signer(verification)))
    # A bundle that was zipped again deviates in several ways, which are one thing to say.
    lines += dict.fromkeys(f"- {visible(problem_text(problem, texts))}" for problem in verification.problems)
    if verification.tier is not Tier.INVALID:
        lines.append(
            _(
                "These bytes are what this installation wrote and its user released. That does not prove that the "
                "computer told the truth."
            )
        )
    return "\n".join(lines)


def _signer(verification: Verification) -> str:
    return verification.signature.signer if verification.signature else "-"


def _invalid(name: str, verification: Verification, texts: Texts) -> str:
    problems = texts.joined(visible(problem_text(problem, texts)) for problem in verification.problems)
    return texts.gettext("{file}: this is no valid report: {problems}").format(file=name, problems=problems)
