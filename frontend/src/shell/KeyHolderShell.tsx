import type { JSX } from "solid-js";
import { useSession } from "../session/SessionProvider";
import { signOutKeyHolder } from "./createSignOut";
import { Frame } from "./Frame";
import { OWN_GROUPS } from "./places";

/** The layout of the pages for an end user, who has access to their own data only. */
export function KeyHolderShell(props: { children?: JSX.Element }) {
  const { keyHolder } = useSession();
  return (
    <Frame
      groups={OWN_GROUPS}
      name={keyHolder()?.user.name}
      rank={keyHolder()?.apiKey.name}
      onSignOut={signOutKeyHolder}
    >
      {props.children}
    </Frame>
  );
}
