import { createRequest } from "@urql/core";
import { type DocumentNode, Kind } from "graphql";
import type { Role } from "./generated/graphql";
import { REQUIRED_ROLES } from "./generated/roles";

/** The roles, the least first. Each may do what those before it may. */
export const ROLES: readonly Role[] = ["VIEWER", "ADMIN", "OWNER"];

/** A mutation that requires a role. */
export type GuardedMutation = keyof typeof REQUIRED_ROLES;

/** The least role that a mutation requires; undefined if everybody with a session may send it. */
export function requiredRole(mutation: string): Role | undefined {
  return (REQUIRED_ROLES as Record<string, Role>)[mutation];
}

/** Whether a role may send a mutation. Without a role, nothing that requires one. */
export function isAllowed(role: Role | undefined, mutation: string): boolean {
  const required = requiredRole(mutation);
  if (!required) return true;
  return role !== undefined && ROLES.indexOf(role) >= ROLES.indexOf(required);
}

/** Dispatched on the document for each mutation that the page offers; `detail` holds the names of its fields. */
export const OFFERED = "proxypal:mutation-offered";

/** The mutations that a document sends, as `createUser`. */
export function fieldsOf(document: DocumentNode): string[] {
  // The build puts the text of a document where its type says that it is parsed.
  return createRequest(document, {}).query.definitions.flatMap((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION
      ? definition.selectionSet.selections.flatMap((selection) =>
          selection.kind === Kind.FIELD ? [selection.name.value] : [],
        )
      : [],
  );
}
