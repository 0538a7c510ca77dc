import { createSignal, type JSX } from "solid-js";
import { createAlertCount } from "../alerts/createAlertCount";
import { t } from "../i18n";
import { useSession } from "../session/SessionProvider";
import { AlertBell } from "./AlertBell";
import { createSignOut } from "./createSignOut";
import { Frame } from "./Frame";
import { PaletteHost } from "./palette/PaletteHost";
import { GROUPS } from "./places";

/** The layout of the pages for administrators. */
export function Shell(props: { children?: JSX.Element }) {
  const { session } = useSession();
  const signOut = createSignOut();
  const rank = () => {
    const role = session()?.admin.role;
    return role && t(`roles.${role}.label`);
  };
  const [isSearching, setSearching] = createSignal(false);
  const alerts = createAlertCount();
  return (
    <>
      <Frame
        groups={GROUPS}
        name={session()?.admin.username}
        rank={rank()}
        onSignOut={() => void signOut()}
        bell={() => <AlertBell count={alerts()} />}
        onSearch={() => setSearching(true)}
      >
        {props.children}
      </Frame>
      <PaletteHost
        open={isSearching()}
        onOpen={() => setSearching(true)}
        onClose={() => setSearching(false)}
      />
    </>
  );
}
