"""What the tests of all kinds of installer share."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from company import ar, tar, write_company

from ui.pack import organisation

CONTROL = "Package: nexkit\nVersion: 0.1.0\nArchitecture: amd64\nInstalled-Size: 100\nDescription: test\n"


@pytest.fixture
def company(tmp_path):
    """The files of an organisation."""
    folder = tmp_path / "company"
    folder.mkdir()
    write_company(folder)
    return folder


@pytest.fixture
def made_for(company):
    """The organisation that an installer is made for."""
    return organisation(
        company / "profile.toml",
        company / "org_signers",
        None,
        datetime.now(UTC),
        lambda profile: profile.name["ja"],
    )


@pytest.fixture
def vendor(tmp_path):
    """The vendor's installers, as small as they can be."""
    deb = tmp_path / "nexkit_0.1.0_amd64.deb"
    deb.write_bytes(
        ar(
            {
                "debian-binary": b"2.0\n",
                "control.tar.xz": tar({"./control": CONTROL.encode(), "./md5sums": b"0  opt/nexkit/nexkit\n"}),
                "data.tar.xz": tar({"./": None, "./opt/nexkit/nexkit": b"program"}),
            }
        )
    )
    archive = tmp_path / "nexkit-0.1.0-linux-x86_64.tar.xz"
    archive.write_bytes(tar({"nexkit-0.1.0": None, "nexkit-0.1.0/nexkit": b"program"}))
    return SimpleNamespace(deb=deb, archive=archive)
