import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { createMutation as createUrqlMutation } from "@urql/solid";
import { createMemo } from "solid-js";
import { useMay } from "./may";
import { type GuardedMutation, OFFERED } from "./roles";

/**
 * `createMutation` of urql, for all components. A component that creates a mutation offers it, so it must be
 * rendered only for those who may send it (`May`). The event lets the browser tests see what each role is offered.
 */
export function createMutation<Data, Variables extends Record<string, unknown>>(
  mutation: TypedDocumentNode<Data, Variables>,
) {
  document.dispatchEvent(new CustomEvent(OFFERED, { detail: mutation }));
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
