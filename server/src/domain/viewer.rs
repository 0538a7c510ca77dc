//! The caller of the control plane. Each kind of caller has its own variant.

use entity::admin::Role;
use uuid::Uuid;

use super::sessions::AdminSession;

/// The caller of a GraphQL request.
#[derive(Clone, Debug, Default)]
pub enum Viewer {
    /// Not authenticated.
    #[default]
    Anonymous,
    /// An administrator in a browser.
    Session(Box<AdminSession>),
    /// A script.
    ApiToken(entity::api_token::Model),
    /// An end user, who has access to their own data only.
    KeyHolder { user_id: Uuid, api_key_id: Uuid },
}

impl Viewer {
    /// The role of an administrator or API token; `None` for anonymous callers and end users.
    pub fn role(&self) -> Option<Role> {
        match self {
            Self::Session(session) => Some(session.admin.role),
            Self::ApiToken(token) => Some(token.role),
            Self::Anonymous | Self::KeyHolder { .. } => None,
        }
    }
}
