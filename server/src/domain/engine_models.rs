//! The models that the engine reports.

use std::collections::{BTreeMap, HashMap};

use entity::provider_account::ProviderKind;

/// The models that a running engine reported last.
#[derive(Clone, Debug, Default)]
pub struct EngineModels {
    /// Everything that a request may name, as the engine spells it, and who owns it in its words.
    pub listed: BTreeMap<String, Option<String>>,
    /// The models that the engine knows for a provider's API, if an account lists none.
    pub known: HashMap<ProviderKind, Vec<String>>,
    /// The models of each auth file.
    pub by_file: HashMap<String, Vec<String>>,
}

impl EngineModels {
    /// Whether a request may name this model, in any case.
    pub fn lists(&self, name: &str) -> bool {
        self.spelling(name).is_some()
    }

    /// A model's name as the engine spells it.
    pub fn spelling(&self, name: &str) -> Option<&str> {
        if let Some((exact, _)) = self.listed.get_key_value(name) {
            return Some(exact);
        }
        let wanted = name.to_lowercase();
        let mut names = self.listed.keys();
        names
            .find(|listed| listed.to_lowercase() == wanted)
            .map(String::as_str)
    }
}
