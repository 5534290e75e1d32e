-- What wixl 0.101 has no element for, in SQL of Windows Installer: a statement ends with a semicolon at the end of a line.
-- In braces: the code that all versions have in common, and this version.

-- Another package of the same version (one with an organisation's profile) takes the place of this one too (0x200 includes
-- it, 0x1 keeps the choice of features); a newer one is only found (0x2), and refused below.
INSERT INTO `Upgrade` (`UpgradeCode`, `VersionMax`, `Attributes`, `ActionProperty`)
  VALUES ('{upgrade_code}', '{version}', 513, 'OTHERFOUND');
INSERT INTO `Upgrade` (`UpgradeCode`, `VersionMin`, `Attributes`, `ActionProperty`)
  VALUES ('{upgrade_code}', '{version}', 2, 'NEWERFOUND');
INSERT INTO `InstallExecuteSequence` (`Action`, `Sequence`) VALUES ('FindRelatedProducts', 25);
INSERT INTO `InstallExecuteSequence` (`Action`, `Sequence`) VALUES ('MigrateFeatureStates', 1200);
-- In the same transaction as what follows: an upgrade that fails leaves the version that was there.
INSERT INTO `InstallExecuteSequence` (`Action`, `Sequence`) VALUES ('RemoveExistingProducts', 1501);

INSERT INTO `LaunchCondition` (`Condition`, `Description`) VALUES ('Installed OR NOT NEWERFOUND',
  'A newer version of nexkit is installed already. To go back, uninstall it first. / nexkit の新しいバージョンがすでにインストールされています。前のバージョンに戻すには、先にアンインストールしてください。');
INSERT INTO `LaunchCondition` (`Condition`, `Description`) VALUES ('REMOVE~="ALL" OR NOT LANG OR LANG~="ja" OR LANG~="en"',
  'LANG has to be ja or en, and not [LANG]. / LANG には ja または en を指定してください。[LANG] は使えません。');
INSERT INTO `LaunchCondition` (`Condition`, `Description`) VALUES ('Installed OR VersionNT64',
  'nexkit needs a 64-bit Windows. / nexkit には 64 ビット版の Windows が必要です。');
INSERT INTO `InstallExecuteSequence` (`Action`, `Sequence`) VALUES ('LaunchConditions', 100);

-- What was said at an earlier installation is looked up where this one runs, not where somebody clicked.
DELETE FROM `InstallUISequence` WHERE `Action` = 'AppSearch';
UPDATE `Component` SET `Condition` = 'LANG' WHERE `Component` = 'Language';
-- PROFILE is not among them: it brings the list of whose signature counts, so users who install or repair by way of an
-- elevation that IT permits must not set it. Windows Installer takes it from administrators alone.
INSERT INTO `Property` (`Property`, `Value`) VALUES ('SecureCustomProperties', 'LANG;NEWERFOUND;OTHERFOUND');

-- The system's search path (*), written at the installation (=), taken away with the program (-), behind the others.
CREATE TABLE `Environment` (`Environment` CHAR(72) NOT NULL, `Name` CHAR(255) NOT NULL LOCALIZABLE,
  `Value` CHAR(255) LOCALIZABLE, `Component_` CHAR(72) NOT NULL PRIMARY KEY `Environment`);
INSERT INTO `Environment` (`Environment`, `Name`, `Value`, `Component_`)
  VALUES ('Path', '=-*PATH', '[~];[INSTALLDIR]', 'Settings');
INSERT INTO `InstallExecuteSequence` (`Action`, `Sequence`) VALUES ('RemoveEnvironmentStrings', 3300);
INSERT INTO `InstallExecuteSequence` (`Action`, `Sequence`) VALUES ('WriteEnvironmentStrings', 5200);

-- The managed place goes with the program (2: on uninstall). Its properties are empty, and these rows mean nothing, where a
-- later version takes the program's place. By name too, as Wine has no `*` here.
INSERT INTO `RemoveFile` (`FileKey`, `Component_`, `FileName`, `DirProperty`, `InstallMode`)
  VALUES ('ManagedProfile', 'Settings', 'PROFILE.TML|profile.toml', 'FORGOTTENPROFILE', 2);
INSERT INTO `RemoveFile` (`FileKey`, `Component_`, `FileName`, `DirProperty`, `InstallMode`)
  VALUES ('ManagedSignature', 'Settings', 'PROFILE.SIG|profile.toml.sig', 'FORGOTTENPROFILE', 2);
INSERT INTO `RemoveFile` (`FileKey`, `Component_`, `FileName`, `DirProperty`, `InstallMode`)
  VALUES ('ManagedSigners', 'Settings', 'SIGNERS|org_signers', 'FORGOTTENPROFILE', 2);
INSERT INTO `RemoveFile` (`FileKey`, `Component_`, `FileName`, `DirProperty`, `InstallMode`)
  VALUES ('ManagedAccepted', 'Settings', 'ACCEPTED|licence_accepted', 'FORGOTTENPROFILE', 2);
INSERT INTO `RemoveFile` (`FileKey`, `Component_`, `FileName`, `DirProperty`, `InstallMode`)
  VALUES ('ManagedFiles', 'Settings', '*', 'FORGOTTENPROFILE', 2);
INSERT INTO `RemoveFile` (`FileKey`, `Component_`, `FileName`, `DirProperty`, `InstallMode`)
  VALUES ('ManagedCertificates', 'Settings', '*', 'FORGOTTENCERTIFICATES', 2);
INSERT INTO `RemoveFile` (`FileKey`, `Component_`, `DirProperty`, `InstallMode`)
  VALUES ('ManagedCertificatesFolder', 'Settings', 'FORGOTTENCERTIFICATES', 2);
INSERT INTO `RemoveFile` (`FileKey`, `Component_`, `DirProperty`, `InstallMode`)
  VALUES ('ManagedFolder', 'Settings', 'FORGOTTENPROFILE', 2);
INSERT INTO `RemoveFile` (`FileKey`, `Component_`, `DirProperty`, `InstallMode`)
  VALUES ('ManagedHome', 'Settings', 'FORGOTTENHOME', 2);
