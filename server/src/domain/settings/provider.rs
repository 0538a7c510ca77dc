//! The settings of one provider.

use std::collections::BTreeSet;

use entity::provider_account::ProviderKind;
use serde::{Deserialize, Serialize};

use super::{Error, Result};
use crate::{
    domain::text,
    providers::{self, ProviderOption, ProviderSpec},
};

const MAX_EXCLUDED: usize = 200;
const MAX_ADDITIONAL: usize = 50;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProviderSettings {
    /// Models that accounts of the provider do not serve: names or patterns with `*`, in lower case.
    pub excluded_models: Vec<String>,
    /// Models that accounts of the provider serve although the engine's catalogue lacks them, for accounts without a model
    /// list of their own. Only for providers with [`EngineNames::model_rules`](providers::EngineNames::model_rules).
    pub additional_models: Vec<String>,
    /// Claude: whether requests of other clients are made to look like Claude Code's, as subscriptions require.
    pub cloaking: bool,
    /// ChatGPT: whether each account has its own identity when a session moves between accounts.
    pub identity_per_account: bool,
}

impl Default for ProviderSettings {
    fn default() -> Self {
        Self {
            excluded_models: Vec::new(),
            additional_models: Vec::new(),
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
        self.additional_models = checked_additions(&self.additional_models, spec)?;
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

fn checked_additions(models: &[String], spec: &ProviderSpec) -> Result<Vec<String>> {
    if models.is_empty() {
        return Ok(Vec::new());
    }
    if spec.engine.model_rules.is_none() {
        return Err(Error::BadInput(format!(
            "additionalModels is not a setting of {}: the engine refuses names outside its catalogue for its signed-in \
             accounts; turn refreshModelCatalogue on or update the engine. Accounts with API keys list such models \
             themselves",
            spec.display_name
        )));
    }
    if models.len() > MAX_ADDITIONAL {
        return Err(Error::BadInput(format!(
            "additionalModels can have at most {MAX_ADDITIONAL} models"
        )));
    }
    let mut checked: Vec<String> = Vec::new();
    for model in models {
        let model = text::required("additionalModels", model, 200)?;
        let is_plain = model
            .chars()
            .all(|c| c.is_ascii_graphic() && !"*?()/,\"'\\#".contains(c));
        if !is_plain {
            return Err(Error::BadInput(format!(
                "additionalModels must be the provider's names of models, such as claude-opus-5, and {model:?} is not one"
            )));
        }
        if !checked
            .iter()
            .any(|known| known.eq_ignore_ascii_case(&model))
        {
            checked.push(model);
        }
    }
    Ok(checked)
}
