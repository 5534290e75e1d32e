"""Words about profiles: whose it is, what it is worth, and why one is not used."""

from nexkit.profile import LoadedProfile, Recipient, in_language
from nexkit.profile_refusal import ProfileError, ProfileRefusedError, Refusal
from nexkit.run_record import ProfileTrust
from nexkit.texts import Texts
from nexkit.texts.moments import day


def profile_problem(error: ProfileError, texts: Texts) -> str:
    """One line on why a profile is not used; what is wrong inside the file is told in English, to its writers."""
    return refusal_text(error, texts) if isinstance(error, ProfileRefusedError) else str(error)


def refusal_text(error: ProfileRefusedError, texts: Texts) -> str:
    """One line: the file, why it is not used, and what helps."""
    _ = texts.gettext
    contact = error.contact or (_("your IT department") if error.managed else _("whoever gave it to you"))
    begins, ends, now = (day(moment, texts) for moment in error.moments) if error.moments else ("", "", "")
    serial, highest = error.serials or (0, 0)
    sentences = {
        Refusal.EXPIRED: _(
            "valid until {ends} only, and this computer believes that today is {now}: ask {contact} for a new one, or "
            "set the computer's date"
        ),
        Refusal.NOT_YET: _(
            "valid from {begins} on, and this computer believes that today is {now}: set the computer's date, or ask "
            "{contact}"
        ),
        Refusal.OLDER: _(
            "its serial is {serial}, but serial {highest} of this profile was used here before: ask {contact} for the "
            "current one"
        ),
        Refusal.SAME_SERIAL: _(
            "another profile with the same id and serial {serial} was used here before: ask {contact}; who writes the "
            "profile has to raise its serial with every change"
        ),
        Refusal.BAD_SIGNATURE: _signature_sentence(error.detail, texts),
        Refusal.NOT_SIGNED: _(
            "your organisation's profile is not signed and is not used: ask your IT department (they sign it with: "
            "nexkit profile sign)"
        ),
        Refusal.NO_SIGNERS: _(
            "your organisation's profile is not used, because there is no list of signers (org_signers) beside it: ask "
            "your IT department"
        ),
        Refusal.UNKNOWN_SIGNER: _(
            "your organisation's profile is not used, because its signer {detail} does not stand in org_signers for "
            "the namespace profile: ask your IT department"
        ),
        Refusal.BAD_SIGNERS: _("the list of signers cannot be read ({detail}): ask your IT department"),
        Refusal.OPEN_TO_OTHERS: _(
            "your organisation's settings are not used, because users without administrator rights may change this "
            "place: ask your IT department"
        ),
        Refusal.CLOSED_TO_USERS: _(
            "your organisation's settings are not used, because you may not read this file: ask your IT department "
            "(all users have to be able to read it)"
        ),
        Refusal.BORROWED_ID: _(
            "it has the id of another profile of this computer and is not signed by the same organisation: it is not "
            "used; ask {contact}"
        ),
    }
    sentence = sentences[error.refusal].format(
        begins=begins, ends=ends, now=now, serial=serial, highest=highest, detail=error.detail, contact=contact
    )
    return f"{error.file}: {sentence}"


def _signature_sentence(word: str, texts: Texts) -> str:
    """What is wrong with a signature, by the word of its check, and what helps."""
    _ = texts.gettext
    sentences = {
        "wrong": _("it was changed after it was signed, or the signature beside it is another file's: ask {contact}"),
        "namespace": _(
            "the signature beside it is not one of a profile: ask {contact} (they sign it with: nexkit profile sign)"
        ),
        "key_type": _("it is signed by a key of another type than Ed25519 or ECDSA P-256: ask {contact}"),
        "certificate": _("it is signed by way of a certificate, and has to be by a listed key itself: ask {contact}"),
        "format": _("the signature beside it is damaged: ask {contact} for both files"),
    }
    # Other words are those of a certificate that cannot count.
    return sentences.get(word, sentences["certificate"])


def whose_text(loaded: LoadedProfile, texts: Texts) -> str:
    """Whose profile is in force and what that is worth: one or two sentences; "" for the built-in one."""
    _ = texts.gettext
    name = in_language(loaded.profile.name, texts.language)
    match loaded.reference.trust:
        case ProfileTrust.BUILT_IN:
            return ""
        case ProfileTrust.SIGNED:
            return _("Profile of {organisation}, signed").format(organisation=name)
        case ProfileTrust.NAMED:
            signer = loaded.reference.signer
            sign = _("its key is {fingerprint}").format(fingerprint=signer) if signer else _("it is not signed")
            return _(
                "Unknown organisation: the profile calls itself “{organisation}”, and nobody on this computer vouches "
                "for it ({sign}). A report contains only what is harmless for anyone to see."
            ).format(organisation=name, sign=sign)


def recipient_lines(recipient: Recipient, texts: Texts) -> tuple[str, ...]:
    """Who gets a report, line by line."""
    _ = texts.gettext
    people = ", ".join(text for text in (recipient.name, recipient.email, recipient.url) if text)
    keys = (_("encrypted for {key}").format(key=key) for key in recipient.recipients)
    controller = (
        [_("Responsible: {controller}").format(controller=recipient.controller)] if recipient.controller else []
    )
    return (people or _("nobody by name"), *controller, *keys)
