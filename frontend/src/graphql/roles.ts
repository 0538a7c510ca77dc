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

/** Dispatched on the document for each mutation that the page offers; `detail` is the GraphQL document. */
export const OFFERED = "proxypal:mutation-offered";
