//! Validation of aliases.

use entity::model_alias;

use super::{AliasTable, NewModelAlias};
use crate::domain::{Error, Result, engine_models::EngineModels, model_name, text};

const LONGEST: usize = 200;

/// The alias with its parts as they are kept, or why it cannot be.
pub(super) fn check(
    new: &NewModelAlias,
    table: &AliasTable,
    models: &EngineModels,
) -> Result<NewModelAlias> {
    let alias = text::required("alias", &new.alias, LONGEST)?;
    let model = text::required("model", &new.model, LONGEST)?;
    name("alias", &alias)?;
    name("model", &model)?;
    if model_name::is_any_model(&alias.to_lowercase()) {
        return Err(Error::bad_input(
            "the engine takes the name auto for any model; choose another alias",
        ));
    }
    let same = |one: &str, other: &str| one.to_lowercase() == other.to_lowercase();
    if same(&alias, &model) {
        return Err(Error::bad_input("an alias cannot stand for itself"));
    }
    let living = table.living();
    let named = |name: &str| living.iter().find(|row| same(&row.alias, name));
    if let Some(other) = named(&model) {
        return Err(Error::Conflict(chain(&model, other)));
    }
    if let Some(other) = living.iter().find(|row| same(&row.model, &alias)) {
        return Err(Error::Conflict(format!(
            "the alias {:?} stands for {alias:?}, which therefore cannot be an alias itself",
            other.alias
        )));
    }
    if named(&alias).is_none() && models.lists(&alias) {
        return Err(Error::Conflict(format!(
            "{alias:?} is a model that is served already; choose a name that no model has"
        )));
    }
    let Some(model) = models.spelling(&model) else {
        return Err(Error::BadInput(format!(
            "no account serves the model {model:?}; the query models lists those that are served"
        )));
    };
    Ok(NewModelAlias {
        alias,
        model: model.to_owned(),
        provider: new.provider,
    })
}

fn chain(model: &str, other: &model_alias::Model) -> String {
    format!(
        "{model:?} is an alias itself; name the model that it stands for, {:?}",
        other.model
    )
}

/// Names that the engine would take apart are no names: a prefix, a suffix for thinking, a cloak.
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
        "{field} is one word of letters, digits and -._:@ (such as gpt-4), without stars and brackets"
    )))
}
