import type { JSX } from "solid-js";
import { useMay } from "../../graphql/may";
import type { GuardedMutation } from "../../graphql/roles";
import { t } from "../../i18n";
import { Page } from "../../ui/Page";
import { TabLinks } from "../../ui/TabLinks";

type Tab = { href: string; label: string };

/** The layout of the pages about settings and administration. */
export default function SettingsPage(props: { children?: JSX.Element }) {
  const may = useMay();
  const all = (): (Tab & { do?: GuardedMutation })[] => [
    { href: "/settings", label: t("pages.settings.server") },
    { href: "/settings/admins", label: t("pages.settings.admins"), do: "createAdmin" },
    { href: "/settings/notifications", label: t("pages.settings.notifications") },
    { href: "/settings/backups", label: t("pages.settings.backups"), do: "createBackup" },
    { href: "/settings/tokens", label: t("pages.settings.tokens"), do: "createApiToken" },
    { href: "/settings/sessions", label: t("pages.settings.sessions") },
    { href: "/settings/password", label: t("pages.settings.password") },
  ];
  const tabs = () => all().filter((tab) => !tab.do || may(tab.do));
  return (
    <Page title={t("pages.settings.title")}>
      <TabLinks label={t("pages.settings.tabs")} tabs={tabs()} />
      {props.children}
    </Page>
  );
}
