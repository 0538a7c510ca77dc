//! How large an operation may be, by the caller's role.

use entity::admin::Role;

use crate::domain::Viewer;

/// The limits of one operation. They apply to POST, event streams and WebSockets alike.
#[derive(Clone, Copy, Debug)]
pub(in crate::graphql) struct DocumentLimits {
    /// Bytes of the whole body, or of one WebSocket message.
    pub(in crate::graphql) body: usize,
    /// Bytes of the variables as JSON.
    pub(in crate::graphql) variables_json: usize,
    /// Names, numbers, strings and punctuators.
    pub(super) tokens: usize,
    /// The nesting depth of `{`, `[` and `(`. The parser recurses for each; a release build overflows its
    /// stack at about 1,400.
    pub(super) brackets: usize,
    /// The nesting depth of JSON lists and objects in the variables.
    pub(super) nested_variables: usize,
    pub(super) fragments: usize,
    pub(super) aliases: usize,
    pub(super) directives: usize,
    pub(super) variables: usize,
    /// Arguments of one field.
    pub(super) arguments: usize,
    /// Selections with every fragment expanded, those of unused fragments included.
    pub(super) selections: u64,
    /// The most arguments of a field times the expanded selections: the errors that a library rule, which
    /// compares fields of one name, can report.
    pub(super) comparisons: u64,
    /// Bytes of argument values with every fragment expanded and every variable substituted.
    pub(super) values: u64,
    /// The nesting depth of fields with every fragment expanded.
    pub(super) depth: u64,
    pub(super) root_queries: u64,
    pub(super) root_mutations: u64,
    /// The estimated nodes of an introspection response.
    pub(super) introspection: u64,
    /// The library's complexity: fields of the response, plus the costs of database queries.
    pub(in crate::graphql) complexity: usize,
}

impl DocumentLimits {
    /// Anonymous clients, which sign in or query who they are.
    const ANONYMOUS: Self = Self {
        body: 16 * 1024,
        variables_json: 4 * 1024,
        tokens: 600,
        brackets: 20,
        nested_variables: 8,
        fragments: 8,
        aliases: 10,
        directives: 10,
        variables: 20,
        arguments: 16,
        selections: 200,
        comparisons: 1_000,
        values: 32 * 1024,
        depth: 10,
        root_queries: 10,
        root_mutations: 2,
        introspection: 0,
        complexity: 2_000,
    };

    /// End users with a key, who query their own usage.
    pub(in crate::graphql) const KEY_HOLDER: Self = Self {
        body: 32 * 1024,
        variables_json: 8 * 1024,
        tokens: 1_000,
        brackets: 24,
        fragments: 32,
        aliases: 50,
        directives: 32,
        variables: 50,
        arguments: 16,
        selections: 600,
        comparisons: 4_000,
        values: 128 * 1024,
        depth: 16,
        root_queries: 20,
        complexity: 7_500,
        ..Self::ANONYMOUS
    };

    /// Administrators and tokens with the role of a viewer.
    pub(in crate::graphql) const VIEWER: Self = Self {
        body: 64 * 1024,
        variables_json: 64 * 1024,
        tokens: 6_000,
        brackets: 32,
        nested_variables: 32,
        fragments: 64,
        aliases: 200,
        directives: 64,
        variables: 100,
        arguments: 32,
        selections: 4_000,
        comparisons: 40_000,
        values: 1024 * 1024,
        root_queries: 50,
        root_mutations: 20,
        introspection: 500_000,
        complexity: 20_000,
        ..Self::KEY_HOLDER
    };

    /// Administrators who change data, and import files.
    pub(in crate::graphql) const ADMIN: Self = Self {
        body: 1024 * 1024,
        variables_json: 1024 * 1024,
        tokens: 20_000,
        values: 8 * 1024 * 1024,
        ..Self::VIEWER
    };

    /// Levels of selection sets with every fragment expanded: what the library's own walk allows.
    pub(super) const LEVELS: u64 = 32;
    /// Bytes of one name or number.
    pub(super) const NAME: usize = 128;

    /// Half of all limits, to test that operations have a margin of two.
    #[cfg(test)]
    pub(in crate::graphql) fn halved(&self) -> Self {
        Self {
            tokens: self.tokens / 2,
            brackets: self.brackets / 2,
            nested_variables: self.nested_variables / 2,
            fragments: self.fragments / 2,
            aliases: self.aliases / 2,
            directives: self.directives / 2,
            variables: self.variables / 2,
            arguments: self.arguments / 2,
            selections: self.selections / 2,
            comparisons: self.comparisons / 2,
            values: self.values / 2,
            root_queries: self.root_queries / 2,
            root_mutations: self.root_mutations / 2,
            ..*self
        }
    }

    /// The limits of a caller.
    pub(in crate::graphql) fn of(viewer: &Viewer) -> &'static Self {
        match viewer.role() {
            Some(Role::Owner | Role::Admin) => &Self::ADMIN,
            Some(Role::Viewer) => &Self::VIEWER,
            None => match viewer {
                Viewer::KeyHolder { .. } => &Self::KEY_HOLDER,
                Viewer::Anonymous | Viewer::Session(_) | Viewer::ApiToken(_) => &Self::ANONYMOUS,
            },
        }
    }
}
