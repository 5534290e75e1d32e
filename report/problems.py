"""What can be wrong with a bundle: stable words for programs, sentences for people."""

from dataclasses import dataclass
from enum import Enum

from nexkit.texts import Texts


class ProblemKind(Enum):
    """One kind of problem; public for ever."""

    TOO_LARGE = "too_large"
    CONTAINER = "container"
    """The zip is not one that an honest program makes; the place is the word of the container check."""
    SYSTEM_FILES = "system_files"
    """Zipped again by a system that added files of its own (`.DS_Store`, `__MACOSX`, `desktop.ini`)."""
    REPACKED = "repacked"
    """Somebody unpacked and zipped it again; the content is untouched."""
    FILE_MISSING = "file_missing"
    FILE_UNEXPECTED = "file_unexpected"
    SIGNATURE_MISSING = "signature_missing"
    SIGNATURE_INVALID = "signature_invalid"
    SIGNER_MISMATCH = "signer_mismatch"
    """The bundle names another signer than the key that signed it."""
    SIGNER_REVOKED = "signer_revoked"
    """The key is in the list of revoked ones."""
    CERTIFICATE_REVOKED = "certificate_revoked"
    """The certificate is, by its serial or its key id; its key is not."""
    CERTIFICATE_INVALID = "certificate_invalid"
    """A certificate that cannot count, whoever issued it; the place is the word of the check."""
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_NOT_YET_VALID = "certificate_not_yet_valid"
    AUTHORITY_REVOKED = "authority_revoked"
    """Who issued the certificate counts no more, and so does the certificate."""
    UNKNOWN_AUTHORITY = "unknown_authority"
    """Intact, but who issued the certificate is in no list that was given, or not for this."""
    MANIFEST_MALFORMED = "manifest_malformed"
    HASH_MISMATCH = "hash_mismatch"
    BAG_MALFORMED = "bag_malformed"
    REPORT_ID_MISMATCH = "report_id_mismatch"
    CONTENT_MALFORMED = "content_malformed"
    """Signed, but not of the documented form."""
    UNKNOWN_VERSION = "unknown_version"
    """A document of a form that this version of the kit does not know."""
    FROM_THE_FUTURE = "from_the_future"
    """Made after it was received, by a clock whose error the report does not tell."""
    PROFILE_SIGNATURE_INVALID = "profile_signature_invalid"
    """The profile in the report is not the one that its signer signed; the place is the word of the check."""
    PROFILE_MISMATCH = "profile_mismatch"
    """The profile in the report is not the one that it says was in force."""
    PROFILE_TOO_OLD = "profile_too_old"
    """The profile that was in force is older than the desk wants; the place is its serial."""
    CONSENT_MISMATCH = "consent_mismatch"
    """The consent is not to this content."""
    UNKNOWN_NOTICE = "unknown_notice"
    """The consent was asked in words that are not this program's; the place is their SHA-256."""
    NEWER_NOTICE = "newer_notice"
    """The same, by a newer version of the program."""
    OTHER_RECIPIENT = "other_recipient"
    """The user agreed to another desk's having it; the place is that desk's name."""
    OTHER_TICKET = "other_ticket"
    """The user agreed to it for another ticket; the place is that ticket."""
    SEEN_BEFORE = "seen_before"
    """A report of this number came before: `same`, or with `other_content`."""
    UNKNOWN_SIGNER = "unknown_signer"
    """Intact, but the key is in no list that was given."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and where."""

    kind: ProblemKind
    place: str = ""
    """A path of the bundle or a stable word; "" for the whole of it."""


def problem_text(problem: Problem, texts: Texts) -> str:
    """One sentence for people."""
    _ = texts.gettext
    sentences = {
        ProblemKind.TOO_LARGE: _("The file is larger than a report can be."),
        ProblemKind.CONTAINER: _("The zip file is not in the form that reports have ({place})."),
        ProblemKind.SYSTEM_FILES: _(
            "The file was unpacked and zipped again on its way, and the system has put files of its own into it. Ask "
            "for the original file."
        ),
        ProblemKind.REPACKED: _(
            "The file was unpacked and zipped again on its way. The content is untouched; ask for the original file."
        ),
        ProblemKind.FILE_MISSING: _("A file is missing: {place}."),
        ProblemKind.FILE_UNEXPECTED: _("A file was added: {place}."),
        ProblemKind.SIGNATURE_MISSING: _("The signature is missing."),
        ProblemKind.SIGNATURE_INVALID: _("The signature does not fit the content ({place})."),
        ProblemKind.SIGNER_MISMATCH: _("The report names another signer than the one who signed it."),
        ProblemKind.SIGNER_REVOKED: _("The key that signed it was revoked."),
        ProblemKind.CERTIFICATE_REVOKED: _("The certificate of {place} was revoked."),
        ProblemKind.CERTIFICATE_INVALID: _("The certificate in the signature is not one that counts ({place})."),
        ProblemKind.CERTIFICATE_EXPIRED: _(
            "The certificate of {place} has expired. If the report was received before that, give the time with "
            "--received-at."
        ),
        ProblemKind.CERTIFICATE_NOT_YET_VALID: _("The certificate of {place} is not valid yet."),
        ProblemKind.AUTHORITY_REVOKED: _("The key that issued the certificate was revoked ({place})."),
        ProblemKind.UNKNOWN_AUTHORITY: _("Who issued the certificate is not in the list of signers ({place})."),
        ProblemKind.MANIFEST_MALFORMED: _("The list of files cannot be read: {place}."),
        ProblemKind.HASH_MISMATCH: _("A file was changed: {place}."),
        ProblemKind.BAG_MALFORMED: _("The description of the package is wrong: {place}."),
        ProblemKind.REPORT_ID_MISMATCH: _("The report number differs inside the file: {place}."),
        ProblemKind.CONTENT_MALFORMED: _("A file is not in the documented form: {place}."),
        ProblemKind.UNKNOWN_VERSION: _(
            "A file is of a form that this version of nexkit does not know: {place}. Use the newest version."
        ),
        ProblemKind.FROM_THE_FUTURE: _(
            "The report says that it was made at {place}, which is after it was received. A clock was wrong: if it was "
            "this computer's, give the time of receipt with --received-at."
        ),
        ProblemKind.PROFILE_SIGNATURE_INVALID: _("The signature of the profile in the report is wrong ({place})."),
        ProblemKind.PROFILE_MISMATCH: _("The profile in the report is not the one that was in force: {place}."),
        ProblemKind.PROFILE_TOO_OLD: _("The report was made with an older profile than is wanted (serial {place})."),
        ProblemKind.CONSENT_MISMATCH: _("The consent was not given to this content ({place})."),
        ProblemKind.UNKNOWN_NOTICE: _("The consent was asked for in words that are not known ({place})."),
        ProblemKind.NEWER_NOTICE: _(
            "The consent was asked for by a newer version of the program, whose words are not known here ({place})."
        ),
        ProblemKind.OTHER_RECIPIENT: _("The user agreed that somebody else gets it: {place}."),
        ProblemKind.OTHER_TICKET: _("The user agreed to it for another ticket: {place}."),
        ProblemKind.SEEN_BEFORE: _("A report of this number came in before ({place})."),
        ProblemKind.UNKNOWN_SIGNER: _("The signer is not in the list of known devices."),
    }
    return sentences[problem.kind].format(place=problem.place)
