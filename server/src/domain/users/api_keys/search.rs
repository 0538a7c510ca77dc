//! Finds keys among all: a whole key that leaked, or what people remember of one.

use entity::{
    api_key::{self, Entity as ApiKey},
    user::{self, Entity as User},
};
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _,
    sea_query::{Expr, ExprTrait as _, Func, LikeExpr},
};
use secrecy::{ExposeSecret as _, SecretString};

use super::ApiKeys;
use crate::{
    crypto::token,
    domain::{Error, Result},
};

const LAST: usize = 4;
/// So many characters of a key identify it by its beginning: `sk-`, one letter, `-` and four random ones.
const MIN_PREFIX: usize = 9;
/// Longer than every stored prefix.
const MAX_PREFIX: usize = 40;
/// Longer text is compared as a whole key only.
const MAX_TEXT: usize = 200;
/// Longer than every key: `sk-`, the user's name, 38 characters.
const MAX_KEY: usize = 100;

impl ApiKeys {
    /// Finds a key in any state by its whole text, which is compared by its digest. Text that is no key of this
    /// server is refused by its shape, without a query.
    pub async fn find_by_secret(&self, secret: &SecretString) -> Result<Option<api_key::Model>> {
        let secret = secret.expose_secret().trim();
        if !is_whole_key(secret) {
            return Err(Error::bad_input(
                "secret must be a whole API key of this server: it begins with sk- and ends with a checksum",
            ));
        }
        let digest = self.digester.digest(secret.as_bytes()).to_vec();
        let found = ApiKey::find().filter(api_key::Column::Digest.eq(digest));
        Ok(found.one(self.db.reader()).await?)
    }

    /// The condition of a search: a whole key is compared by its digest alone; other text with the name, the
    /// owner's name, the beginning (`sk-ada-…`), the last four characters, or both ends as they are shown
    /// (`sk-ada-73yM…7Jnt`).
    pub(super) fn matches(&self, text: &str) -> Condition {
        let digest = self.digester.digest(text.as_bytes()).to_vec();
        let exact = Condition::any().add(api_key::Column::Digest.eq(digest));
        if is_whole_key(text) || text.chars().count() > MAX_TEXT {
            return exact;
        }
        exact.add(resembles(text))
    }
}

/// Whether this could be a key that the server has issued.
fn is_whole_key(text: &str) -> bool {
    text.len() <= MAX_KEY && text.starts_with("sk-") && token::is_well_formed(text)
}

/// Matches a text that is not a whole key.
fn resembles(text: &str) -> Condition {
    if let Some((head, tail)) = text.split_once('…').or_else(|| text.split_once("...")) {
        return Condition::all()
            .add(api_key::Column::Prefix.like(starting_with(head)))
            .add(
                api_key::Column::LastFour
                    .like(LikeExpr::new(format!("%{}", escaped(tail))).escape('\\')),
            );
    }
    let name = Expr::expr(Func::lower(Expr::col((ApiKey, api_key::Column::Name))));
    let inside = LikeExpr::new(format!("%{}%", escaped(&text.to_lowercase()))).escape('\\');
    let owner = Expr::expr(Func::lower(Expr::col((User, user::Column::Name))));
    let any = Condition::any()
        .add(name.like(inside.clone()))
        .add(owner.like(inside))
        .add(api_key::Column::Prefix.like(starting_with(text)))
        .add(api_key::Column::Prefix.is_in(beginnings(text)));
    match last_four(text) {
        Some(end) => any.add(api_key::Column::LastFour.eq(end)),
        None => any,
    }
}

fn starting_with(text: &str) -> LikeExpr {
    LikeExpr::new(format!("{}%", escaped(text))).escape('\\')
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_")
}

/// All stored prefixes that the text could begin with.
fn beginnings(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    (MIN_PREFIX..=MAX_PREFIX.min(chars.len()))
        .map(|length| chars[..length].iter().collect())
        .collect()
}

/// The end of what may be the end of a key.
fn last_four(text: &str) -> Option<String> {
    let chars: Vec<char> = text.chars().collect();
    let is_part = chars
        .iter()
        .all(|c| c.is_ascii_alphanumeric() || "-_".contains(*c));
    (is_part && chars.len() >= LAST).then(|| chars[chars.len() - LAST..].iter().collect())
}
