import LogOut from "lucide-solid/icons/log-out";
import type { JSX } from "solid-js";
import { chooseTheme, type Theme, theme } from "../lib/theme";
import { chooseLanguage, LANGUAGES, language } from "../lib/words";
import { Menu, MenuChoice, MenuItem, MenuLine } from "../ui/Menu";
import { words } from "./words";

const THEMES: Theme[] = ["system", "light", "dark"];

/** Who is signed in, how the pages look and speak, and the way out. */
export function AccountMenu(props: {
  trigger: JSX.Element;
  triggerClass: string;
  placement: "bottom-end" | "top-start";
  onSignOut: () => void;
}) {
  const themes = () => THEMES.map((value) => ({ value, label: words().themes[value] }));
  return (
    <Menu
      label={words().account}
      placement={props.placement}
      trigger={props.trigger}
      triggerClass={props.triggerClass}
    >
      <MenuChoice
        label={words().language}
        value={language()}
        options={LANGUAGES}
        onChoose={chooseLanguage}
      />
      <MenuLine />
      <MenuChoice label={words().theme} value={theme()} options={themes()} onChoose={chooseTheme} />
      <MenuLine />
      <MenuItem onSelect={props.onSignOut}>
        <LogOut class="size-4 text-muted" aria-hidden="true" />
        {words().signOut}
      </MenuItem>
    </Menu>
  );
}
