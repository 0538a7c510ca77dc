//! Finds keys among all: a whole key that leaked, or what people remember of one.

use entity::{
    api_key::{self, Entity as ApiKey},
    user::Entity as User,
};
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, Order, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
    sea_query::{Expr, ExprTrait as _, Func, LikeExpr},
};

use super::ApiKeys;
use crate::domain::Result;

const LAST: usize = 4;
/// So many characters of a key identify it by its beginning: `sk-`, one letter, `-` and four random ones.
const SHORTEST_PREFIX: usize = 9;
/// Longer than every stored prefix.
const LONGEST_PREFIX: usize = 40;
/// Longer text is compared as a whole key only.
const LONGEST_TEXT: usize = 200;

impl ApiKeys {
    /// Keys of all users in every state. A whole key is found by its digest, and then alone; other text by name,
    /// beginning (`sk-ada-…`), last four characters, or both ends as they are shown (`sk-ada-73yM…7Jnt`). Keys
    /// that are not revoked come first, then those used last.
    pub async fn search(&self, text: &str, limit: u64) -> Result<Vec<api_key::Model>> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let digest = self.digester.digest(text.as_bytes()).to_vec();
        let exact = ApiKey::find()
            .filter(api_key::Column::Digest.eq(digest))
            .one(self.db.reader())
            .await?;
        if let Some(key) = exact {
            return Ok(vec![key]);
        }
        if text.chars().count() > LONGEST_TEXT {
            return Ok(Vec::new());
        }
        let keys = ApiKey::find()
            .inner_join(User)
            .filter(resembles(text))
            .order_by(api_key::Column::RevokedAt.is_not_null(), Order::Asc)
            .order_by_desc(Func::coalesce([
                Expr::col((ApiKey, api_key::Column::LastUsedAt)),
                Expr::col((ApiKey, api_key::Column::CreatedAt)),
            ]))
            .order_by_desc(api_key::Column::Id)
            .limit(limit);
        Ok(keys.all(self.db.reader()).await?)
    }
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
    let any = Condition::any()
        .add(name.like(inside))
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
    (SHORTEST_PREFIX..=LONGEST_PREFIX.min(chars.len()))
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
