//! The models that the engine reports.

use std::collections::{BTreeMap, HashMap};

use entity::provider_account::ProviderKind;
pub use entity::seen_model::ModelOrigin;

/// A listed model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenModel {
    /// The name in the engine's spelling.
    pub name: String,
    pub origin: ModelOrigin,
}

/// The latest report of a running engine.
#[derive(Clone, Debug, Default)]
pub struct EngineModels {
    /// The names that requests may use, in the engine's spelling, with the owner that the engine reports.
    pub listed: BTreeMap<String, Option<String>>,
    /// Models of a provider's API, for accounts without a model list.
    pub known: HashMap<ProviderKind, Vec<String>>,
    /// Models of each auth file.
    pub by_file: HashMap<String, Vec<String>>,
}

impl EngineModels {
    /// Adds the models of another engine.
    pub fn add(&mut self, other: &Self) {
        let listed = other.listed.iter();
        self.listed
            .extend(listed.map(|(name, owner)| (name.clone(), owner.clone())));
        self.by_file.extend(other.by_file.clone());
        for (kind, models) in &other.known {
            let known = self.known.entry(*kind).or_default();
            let new = models.iter().filter(|model| !known.contains(model));
            let new: Vec<_> = new.cloned().collect();
            known.extend(new);
        }
    }

    /// Whether requests may use this name; ignores case.
    pub fn lists(&self, name: &str) -> bool {
        self.spelling(name).is_some()
    }

    /// The name in the engine's spelling.
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
