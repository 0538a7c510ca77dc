import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { createMutation as createUrqlMutation } from "@urql/solid";
import { type DocumentNode, Kind } from "graphql";
import { createMemo } from "solid-js";
import { type GuardedMutation, useMay } from "./may";

/** Dispatched on the document for each mutation that the page offers; `detail` holds the names of its fields. */
export const OFFERED = "proxypal:mutation-offered";

/** The mutations that a document sends, as `createUser`. */
export function fieldsOf(document: DocumentNode): string[] {
  return document.definitions.flatMap((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION
      ? definition.selectionSet.selections.flatMap((selection) =>
          selection.kind === Kind.FIELD ? [selection.name.value] : [],
        )
      : [],
  );
}

/**
 * `createMutation` of urql, for all components. A component that creates a mutation offers it, so it must be
 * rendered only for those who may send it (`May`). The event lets the browser tests see what each role is offered.
 */
export function createMutation<Data, Variables extends Record<string, unknown>>(
  mutation: TypedDocumentNode<Data, Variables>,
) {
  document.dispatchEvent(new CustomEvent(OFFERED, { detail: fieldsOf(mutation) }));
  return createUrqlMutation<Data, Variables>(mutation);
}

/** The same where a component has more to do: undefined while the signed-in administrator may not send it. */
export function createAllowedMutation<Data, Variables extends Record<string, unknown>>(
  name: GuardedMutation,
  mutation: TypedDocumentNode<Data, Variables>,
) {
  const may = useMay();
  const created = createMemo(() => (may(name) ? createMutation(mutation) : undefined));
  return created;
}
