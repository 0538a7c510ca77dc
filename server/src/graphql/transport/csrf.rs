//! Which operations of a browser must bring its session's CSRF token.
//!
//! All except queries and sign-ins. Queries change nothing, and other origins cannot read the responses (there is
//! no CORS here, and the origin is checked), so a page that lost its token can query it with
//! `{ session { csrfToken } }`. Signing in does not use an existing session.

use async_graphql::{
    Request, ServerError,
    parser::types::{OperationDefinition, OperationType, Selection},
};

const SIGNING_IN: [&str; 3] = ["login", "completeSetup", "__typename"];

/// Whether the request needs the token. All operations of the document count, not only the selected one.
pub(super) fn needs_token(request: &mut Request) -> Result<bool, ServerError> {
    let document = request.parsed_query()?;
    let mut operations = document.operations.iter();
    Ok(operations.any(|(_, operation)| acts_for_session(&operation.node)))
}

/// Whether one of its operations is a mutation.
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
    fn operations_that_act_for_a_session_need_its_token() {
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
