//! The archive to install.

use url::Url;

use super::error::InstallError;

/// The release of the engine that this version was tested with.
pub const VERSION: &str = "7.2.140";
/// The SHA-256 of its archives, by the platform in their file names.
const CHECKSUMS: [(&str, &str); 2] = [
    (
        "amd64",
        "334b8417f0c24d2744700d63c10023c5b5d7c7c5b43b1609456432813ce713bf",
    ),
    (
        "aarch64",
        "f6a95b34be658f69e327113a342170beb0b400b726dbf0bc52b6758feb8081d1",
    ),
];

/// An archive and its checksum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// The version of the engine.
    pub version: String,
    /// The URL of the archive.
    pub url: String,
    /// The file name of the archive.
    pub file: String,
    /// The SHA-256 of the archive; lower-case hexadecimal.
    pub sha256: String,
}

impl Release {
    /// The pinned release for this platform, or another one: from a mirror, or of another version, which requires a
    /// checksum.
    pub fn choose(
        from: Option<&Url>,
        version: Option<&str>,
        sha256: Option<&str>,
    ) -> Result<Self, InstallError> {
        let version = version
            .unwrap_or(VERSION)
            .trim_start_matches('v')
            .to_owned();
        let machine = machine(std::env::consts::ARCH);
        let sha256 = match sha256 {
            Some(sha256) => checked(sha256)?,
            None if version == VERSION => pinned(machine)?,
            None => return Err(InstallError::ChecksumNeeded(version)),
        };
        let from = from.map_or_else(
            || format!("https://github.com/router-for-me/CLIProxyAPI/releases/download/v{version}"),
            |from| from.as_str().trim_end_matches('/').to_owned(),
        );
        let file = format!("CLIProxyAPI_{version}_linux_{machine}.tar.gz");
        Ok(Self {
            url: format!("{from}/{file}"),
            file,
            version,
            sha256,
        })
    }

    /// A release of a feed, with the checksum from the feed. That of the pinned release must be the pinned one.
    pub(in crate::engine) fn from_feed(
        version: &str,
        url: &str,
        file: &str,
        sha256: &str,
    ) -> Result<Self, InstallError> {
        let sha256 = checked(sha256)?;
        if version == VERSION
            && let Ok(pinned) = pinned(machine(std::env::consts::ARCH))
            && pinned != sha256
        {
            return Err(InstallError::Checksum {
                expected: pinned,
                actual: sha256,
            });
        }
        Ok(Self {
            version: version.to_owned(),
            url: url.to_owned(),
            file: file.to_owned(),
            sha256,
        })
    }
}

/// The platform in the file names of releases.
pub(in crate::engine) fn machine(architecture: &str) -> &str {
    if architecture == "x86_64" {
        "amd64"
    } else {
        architecture
    }
}

fn pinned(machine: &str) -> Result<String, InstallError> {
    let checksum = CHECKSUMS.iter().find(|(name, _)| *name == machine);
    checksum
        .map(|(_, sha256)| (*sha256).to_owned())
        .ok_or_else(|| InstallError::UnsupportedMachine(machine.to_owned()))
}

fn checked(sha256: &str) -> Result<String, InstallError> {
    let sha256 = sha256.trim().to_lowercase();
    match hex::decode(&sha256) {
        Ok(bytes) if bytes.len() == 32 => Ok(sha256),
        _ => Err(InstallError::NotAChecksum(sha256)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pinned_release_needs_no_words() {
        let release = Release::choose(None, None, None).unwrap();

        assert!(release.url.starts_with(
            "https://github.com/router-for-me/CLIProxyAPI/releases/download/v7.2.140/CLIProxyAPI_7.2.140_linux_"
        ));
        assert_eq!(release.sha256.len(), 64);
    }

    #[test]
    fn another_version_needs_a_checksum() {
        let refused = Release::choose(None, Some("8.0.0"), None);

        assert!(matches!(refused, Err(InstallError::ChecksumNeeded(_))));
        assert!(Release::choose(None, Some("v8.0.0"), Some(&"AB".repeat(32))).is_ok());
        assert!(Release::choose(None, None, Some("abc")).is_err());
    }

    #[test]
    fn a_mirror_may_have_the_pinned_release() {
        let mirror = Url::parse("http://mirror.example/engine/").unwrap();

        let release = Release::choose(Some(&mirror), None, None).unwrap();

        assert!(
            release
                .url
                .starts_with("http://mirror.example/engine/CLIProxyAPI_7.2.140_linux_")
        );
    }
}
