import { createContext, type JSX, Show, useContext } from "solid-js";
import type { Role } from "./generated/graphql";
import { type GuardedMutation, isAllowed } from "./roles";

/** The role of the signed-in administrator. */
export const RoleContext = createContext<() => Role | undefined>(() => undefined);

/** Whether the signed-in administrator may send a mutation; updated when the role changes. */
export function useMay(): (mutation: GuardedMutation) => boolean {
  const role = useContext(RoleContext);
  return (mutation) => isAllowed(role(), mutation);
}

/** Content in which nothing can be changed while a condition holds, as for a viewer: it is about something archived. */
export function ReadOnly(props: { when: boolean; children: JSX.Element }) {
  const role = useContext(RoleContext);
  const roleWithin = () => (props.when ? "VIEWER" : role());
  return <RoleContext.Provider value={roleWithin}>{props.children}</RoleContext.Provider>;
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
