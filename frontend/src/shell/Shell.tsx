import type { JSX } from "solid-js";
import { useSession } from "../session/SessionProvider";
import { createSignOut } from "./AccountMenu";
import { Frame } from "./Frame";
import { GROUPS } from "./places";

/** The frame around the pages of administrators. */
export function Shell(props: { children?: JSX.Element }) {
  const { session } = useSession();
  const signOut = createSignOut();
  return (
    <Frame
      groups={GROUPS}
      name={session()?.admin.username}
      rank={session()?.admin.role.toLowerCase()}
      onSignOut={() => void signOut()}
    >
      {props.children}
    </Frame>
  );
}
