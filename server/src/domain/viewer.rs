//! Who is asking the control plane. Each sort of caller is a type of its own.

use entity::admin::Role;
use uuid::Uuid;

use super::sessions::AdminSession;

/// Whoever sends a GraphQL request.
#[derive(Clone, Debug, Default)]
pub enum Viewer {
    /// A stranger.
    #[default]
    Anonymous,
    /// An administrator's browser.
    Session(Box<AdminSession>),
    /// A script.
    ApiToken(entity::api_token::Model),
    /// An end user, who sees their own things only.
    KeyHolder { user_id: Uuid, api_key_id: Uuid },
}

impl Viewer {
    /// What the caller may do as an administrator; nothing for strangers and end users.
    pub fn role(&self) -> Option<Role> {
        match self {
            Self::Session(session) => Some(session.admin.role),
            Self::ApiToken(token) => Some(token.role),
            Self::Anonymous | Self::KeyHolder { .. } => None,
        }
    }
}
