import { createContext, type JSX, Show, useContext } from "solid-js";
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

/** The role of the signed-in administrator. */
export const RoleContext = createContext<() => Role | undefined>(() => undefined);

/** Tells whether the signed-in administrator may send a mutation. The answer follows changes of the role. */
export function useMay(): (mutation: GuardedMutation) => boolean {
  const role = useContext(RoleContext);
  return (mutation) => isAllowed(role(), mutation);
}

type MayProps = {
  /** The mutation that the content sends. */
  do: GuardedMutation;
  /** Shown to those who may not: the value itself, where its absence would puzzle. */
  fallback?: JSX.Element;
  children: JSX.Element;
};

/** Shows its content, and creates what is in it, only if the signed-in administrator may send the mutation. */
export function May(props: MayProps) {
  const may = useMay();
  return (
    <Show when={may(props.do)} fallback={props.fallback}>
      {props.children}
    </Show>
  );
}
