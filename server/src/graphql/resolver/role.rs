//! The roles in the schema, and the directives by which each field declares what it requires.

use async_graphql::{Enum, TypeDirective};

/// The permissions of an administrator or an API token. Each role includes the permissions of those below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::admin::Role")]
pub(crate) enum Role {
    /// Can do everything.
    Owner,
    /// Can change everything except administrators, API tokens, encryption and backups, and cannot export
    /// secrets.
    Admin,
    /// Can read everything except secrets, and change nothing.
    Viewer,
}

/// The field requires an administrator or API token of at least this role; others get FORBIDDEN, anonymous
/// callers UNAUTHENTICATED. A root field without a directive is open to users' API keys or to all.
#[TypeDirective(location = "FieldDefinition", name = "requiresRole")]
pub(crate) fn requires_role(role: Role) {}

/// The field requires a user's API key; administrators and API tokens get FORBIDDEN, anonymous callers
/// UNAUTHENTICATED.
#[TypeDirective(location = "FieldDefinition", name = "requiresApiKey")]
pub(crate) fn requires_api_key() {}

/// The field requires an administrator who signed in with a browser session; API tokens get FORBIDDEN.
#[TypeDirective(location = "FieldDefinition", name = "requiresSession")]
pub(crate) fn requires_session() {}
