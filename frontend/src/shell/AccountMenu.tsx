import LogOut from "lucide-solid/icons/log-out";
import type { JSX } from "solid-js";
import { chooseLanguage, LANGUAGES, language, t } from "../i18n";
import { chooseTheme, type Theme, theme } from "../lib/theme";
import { Menu, MenuChoice, MenuItem, MenuLine } from "../ui/Menu";

const THEMES: Theme[] = ["system", "light", "dark"];

export type AccountMenuProps = {
  trigger: JSX.Element;
  triggerClass: string;
  placement: "bottom-end" | "top-start";
  onSignOut: () => void;
};

/** The account menu: the signed-in user, theme, language and signing out. */
export default function AccountMenu(props: AccountMenuProps) {
  const themes = () => THEMES.map((value) => ({ value, label: t(`shell.themes.${value}`) }));
  return (
    <Menu
      label={t("shell.account")}
      placement={props.placement}
      trigger={props.trigger}
      triggerClass={props.triggerClass}
    >
      <MenuChoice
        label={t("common.language")}
        value={language()}
        options={LANGUAGES}
        onChoose={chooseLanguage}
      />
      <MenuLine />
      <MenuChoice
        label={t("shell.theme")}
        value={theme()}
        options={themes()}
        onChoose={chooseTheme}
      />
      <MenuLine />
      <MenuItem onSelect={props.onSignOut}>
        <LogOut class="size-4 text-muted" aria-hidden="true" />
        {t("shell.signOut")}
      </MenuItem>
    </Menu>
  );
}
