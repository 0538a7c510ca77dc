//! Validation of aliases.

use entity::model_alias;

use super::{AliasTable, NewModelAlias};
use crate::domain::{Error, Result, engine_models::EngineModels, model_name, text};

const MAX_NAME: usize = 200;

/// The alias as it is stored, or why it is invalid.
pub(super) fn check(
    new: &NewModelAlias,
    table: &AliasTable,
    models: &EngineModels,
) -> Result<NewModelAlias> {
    let alias = text::required("alias", &new.alias, MAX_NAME)?;
    let model = text::required("model", &new.model, MAX_NAME)?;
    name("alias", &alias)?;
    name("model", &model)?;
    if model_name::is_any_model(&alias.to_lowercase()) {
        return Err(Error::bad_input(
            "the engine reserves the name auto for any model; choose another alias",
        ));
    }
    let same = |one: &str, other: &str| one.to_lowercase() == other.to_lowercase();
    if same(&alias, &model) {
        return Err(Error::bad_input("an alias must not point to itself"));
    }
    let active = table.active();
    let named = |name: &str| active.iter().find(|row| same(&row.alias, name));
    if let Some(other) = named(&model) {
        return Err(Error::Conflict(chain(&model, other)));
    }
    if let Some(other) = active.iter().find(|row| same(&row.model, &alias)) {
        return Err(Error::Conflict(format!(
            "the alias {:?} points to {alias:?}, so {alias:?} cannot be an alias",
            other.alias
        )));
    }
    if named(&alias).is_none() && models.lists(&alias) {
        return Err(Error::Conflict(format!(
            "a model named {alias:?} exists; choose another alias"
        )));
    }
    let Some(model) = models.spelling(&model) else {
        return Err(Error::BadInput(format!(
            "no account serves the model {model:?}; the query models lists the available ones"
        )));
    };
    Ok(NewModelAlias {
        alias,
        model: model.to_owned(),
        provider: new.provider,
    })
}

fn chain(model: &str, other: &model_alias::Model) -> String {
    format!("{model:?} is an alias; use its target {:?}", other.model)
}

/// Rejects names that the engine would parse: with a prefix, a suffix for thinking, or cloaked.
fn name(field: &str, name: &str) -> Result<()> {
    let is_plain = name
        .chars()
        .all(|c| c.is_ascii_graphic() && !"*()\"'\\,?#".contains(c));
    let is_own = model_name::routed_as(model_name::NameRule::Cloaked, name) == name;
    let is_unprefixed = field != "alias" || !name.contains('/');
    if is_plain && is_own && is_unprefixed {
        return Ok(());
    }
    Err(Error::BadInput(format!(
        "{field} must be one word of letters, digits and -._:@ (such as gpt-4), without wildcards and brackets"
    )))
}
