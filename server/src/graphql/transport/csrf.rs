//! Which operations of a browser must bring its session's CSRF token.
//!
//! All but two sorts. Queries change nothing, and answers cannot be read by a stranger's page (there
//! is no CORS here, and the origin is checked), so a page that lost its token can ask for it with
//! `{ session { csrfToken } }`. Signing in uses nothing of a session that is already there.

use async_graphql::{
    Request, ServerError,
    parser::types::{OperationDefinition, OperationType, Selection},
};

const SIGNING_IN: [&str; 3] = ["login", "completeSetup", "__typename"];

/// Whether the request needs the token. All of a document's operations count, not only the one that
/// is asked for.
pub(super) fn needs_token(request: &mut Request) -> Result<bool, ServerError> {
    let document = request.parsed_query()?;
    let mut operations = document.operations.iter();
    Ok(operations.any(|(_, operation)| acts_for_session(&operation.node)))
}

/// Whether one of its operations changes something.
pub(super) fn changes(request: &mut Request) -> bool {
    let document = request.parsed_query();
    document.is_ok_and(|document| {
        let mut operations = document.operations.iter();
        operations.any(|(_, operation)| operation.node.ty == OperationType::Mutation)
    })
}

fn acts_for_session(operation: &OperationDefinition) -> bool {
    match operation.ty {
        OperationType::Query => false,
        OperationType::Subscription => true,
        OperationType::Mutation => !is_sign_in(operation),
    }
}

fn is_sign_in(operation: &OperationDefinition) -> bool {
    let mut fields = operation.selection_set.node.items.iter();
    fields.all(|selection| match &selection.node {
        Selection::Field(field) => SIGNING_IN.contains(&field.node.name.node.as_str()),
        Selection::FragmentSpread(_) | Selection::InlineFragment(_) => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(query: &str) -> bool {
        needs_token(&mut Request::new(query)).unwrap()
    }

    #[test]
    fn whatever_acts_for_the_session_needs_its_token() {
        assert!(needs("mutation { logout { signedOut } }"));
        assert!(needs(
            "mutation { login(password: \"\") { x } logout { signedOut } }"
        ));
        assert!(needs(
            "mutation { ...on Mutation { login(password: \"\") { x } } }"
        ));
        assert!(needs("subscription { engineChanged { state } }"));
        assert!(needs(
            "query A { viewer } mutation B { logout { signedOut } }"
        ));

        assert!(!needs("{ session { csrfToken } }"));
        assert!(!needs(
            "mutation { login(password: \"\") { session { id } } }"
        ));
    }
}
