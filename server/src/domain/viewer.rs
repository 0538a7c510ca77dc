//! The caller of the control plane. Each kind of caller is a type of its own.

use entity::admin::Role;
use uuid::Uuid;

use super::sessions::AdminSession;

/// The sender of a GraphQL request.
#[derive(Clone, Debug, Default)]
pub enum Viewer {
    /// A client that is not authenticated.
    #[default]
    Anonymous,
    /// An administrator's browser.
    Session(Box<AdminSession>),
    /// A script.
    ApiToken(entity::api_token::Model),
    /// An end user, who sees only their own data.
    KeyHolder { user_id: Uuid, api_key_id: Uuid },
}

impl Viewer {
    /// The caller's role; `None` for anonymous clients and end users.
    pub fn role(&self) -> Option<Role> {
        match self {
            Self::Session(session) => Some(session.admin.role),
            Self::ApiToken(token) => Some(token.role),
            Self::Anonymous | Self::KeyHolder { .. } => None,
        }
    }
}
