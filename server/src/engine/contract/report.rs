//! The outcome of the checks.

/// Characters of what was found; the rest of a longer text is cut.
const MAX_FOUND: usize = 300;

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ContractCheck {
    /// The checked behaviour, in a few words.
    pub name: String,
    pub expected: String,
    /// The observed behaviour; at most 300 characters.
    pub found: String,
    pub passed: bool,
}

/// The outcome of all checks, in the order in which they were made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContractReport {
    /// The version that the program reports.
    pub version: Option<String>,
    pub checks: Vec<ContractCheck>,
}

impl ContractReport {
    /// Whether every check passed.
    pub fn is_kept(&self) -> bool {
        !self.checks.is_empty() && self.failed().next().is_none()
    }

    /// The checks that did not pass.
    pub fn failed(&self) -> impl Iterator<Item = &ContractCheck> {
        self.checks.iter().filter(|check| !check.passed)
    }

    /// Adds a check; an error is what was found instead.
    pub(super) fn note(&mut self, name: &str, expected: &str, found: Result<String, String>) {
        let passed = found.is_ok();
        let (Ok(found) | Err(found)) = found;
        self.checks.push(ContractCheck {
            name: name.to_owned(),
            expected: expected.to_owned(),
            found: found.chars().take(MAX_FOUND).collect(),
            passed,
        });
    }

    /// Adds a check that did not pass.
    pub(super) fn fail(&mut self, name: &str, expected: &str, found: &str) {
        self.note(name, expected, Err(found.to_owned()));
    }
}
