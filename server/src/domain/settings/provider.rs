//! The settings of one provider.

use std::collections::BTreeSet;

use entity::provider_account::ProviderKind;
use serde::{Deserialize, Serialize};

use super::{Error, Result};
use crate::{
    domain::text,
    providers::{self, ProviderOption},
};

const MAX_EXCLUDED: usize = 200;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProviderSettings {
    /// Models that accounts of the provider do not serve: names or patterns with `*`, in lower case.
    pub excluded_models: Vec<String>,
    /// Claude: whether requests of other clients are made to look like Claude Code's, as subscriptions require.
    pub cloaking: bool,
    /// ChatGPT: whether each account has its own identity when a session moves between accounts.
    pub identity_per_account: bool,
}

impl Default for ProviderSettings {
    fn default() -> Self {
        Self {
            excluded_models: Vec::new(),
            cloaking: true,
            identity_per_account: false,
        }
    }
}

impl ProviderSettings {
    /// Validates the settings and normalises them to the engine's spelling.
    pub(super) fn checked(mut self, kind: ProviderKind) -> Result<Self> {
        if self.excluded_models.len() > MAX_EXCLUDED {
            return Err(Error::BadInput(format!(
                "excludedModels can have at most {MAX_EXCLUDED} models"
            )));
        }
        let excluded = self.excluded_models.iter();
        let excluded: Result<BTreeSet<String>> = excluded
            .map(|model| Ok(text::required("excludedModels", model, 200)?.to_lowercase()))
            .collect();
        self.excluded_models = excluded?.into_iter().collect();
        let spec = providers::spec(kind);
        let default = Self::default();
        for option in ProviderOption::ALL {
            let is_changed = self.is_on(option) != default.is_on(option);
            if is_changed && spec.options.iter().all(|each| each.option != option) {
                let (name, provider) = (option.name(), spec.display_name);
                return Err(Error::BadInput(format!(
                    "{name} is not a setting of {provider}; omit it"
                )));
            }
        }
        Ok(self)
    }
    /// Whether an option is on.
    pub fn is_on(&self, option: ProviderOption) -> bool {
        match option {
            ProviderOption::Cloaking => self.cloaking,
            ProviderOption::IdentityPerAccount => self.identity_per_account,
        }
    }
}
