//! Limits the unknown names of a document. The library searches similar names for each, by the edit distance to
//! every name of the type, which is expensive: a document of unknown names would take seconds.

use async_graphql::{
    Positioned, ServerError, ServerResult,
    parser::types::{ExecutableDocument, Field, OperationType, Selection, SelectionSet},
    registry::{MetaType, Registry},
};

/// The unknown fields and arguments that a document may have.
const MAX_UNKNOWN: usize = 10;

/// Rejects a document with more unknown names than typing errors explain.
pub(super) fn are_known(document: &ExecutableDocument, registry: &Registry) -> ServerResult<()> {
    let mut walk = Walk {
        registry,
        unknown: 0,
    };
    for (_, operation) in document.operations.iter() {
        let root = match operation.node.ty {
            OperationType::Query => Some(&registry.query_type),
            OperationType::Mutation => registry.mutation_type.as_ref(),
            OperationType::Subscription => registry.subscription_type.as_ref(),
        };
        let root = root.and_then(|name| registry.types.get(name));
        walk.set(root, &operation.node.selection_set);
    }
    for fragment in document.fragments.values() {
        let on = fragment.node.type_condition.node.on.node.as_str();
        walk.set(registry.types.get(on), &fragment.node.selection_set);
    }
    if walk.unknown > MAX_UNKNOWN {
        let message = format!("more than {MAX_UNKNOWN} fields and arguments are unknown");
        return Err(ServerError::new(message, None));
    }
    Ok(())
}

/// Visits each selection once. The depth is bounded before.
struct Walk<'a> {
    registry: &'a Registry,
    unknown: usize,
}

impl Walk<'_> {
    fn set(&mut self, kind: Option<&MetaType>, set: &Positioned<SelectionSet>) {
        for selection in &set.node.items {
            match &selection.node {
                Selection::Field(field) => self.field(kind, &field.node),
                Selection::InlineFragment(inline) => {
                    let condition = inline.node.type_condition.as_ref();
                    let kind = condition.map_or(kind, |condition| {
                        self.registry.types.get(condition.node.on.node.as_str())
                    });
                    self.set(kind, &inline.node.selection_set);
                }
                Selection::FragmentSpread(_) => {}
            }
        }
    }

    fn field(&mut self, kind: Option<&MetaType>, field: &Field) {
        // Fields below an unknown one are not counted.
        let Some(kind) = kind else { return };
        if field.name.node == "__typename" {
            return;
        }
        let Some(known) = kind.field_by_name(&field.name.node) else {
            self.unknown += 1;
            return;
        };
        let arguments = field.arguments.iter();
        let unknown = arguments.filter(|(name, _)| !known.args.contains_key(name.node.as_str()));
        self.unknown += unknown.count();
        let inner = self.registry.concrete_type_by_name(&known.ty);
        self.set(inner, &field.selection_set);
    }
}
