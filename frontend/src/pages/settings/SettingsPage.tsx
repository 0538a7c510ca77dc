import type { JSX } from "solid-js";
import { t } from "../../i18n";
import { Page } from "../../ui/Page";
import { TabLinks } from "../../ui/TabLinks";

/** The layout of the pages about settings and administration. */
export default function SettingsPage(props: { children?: JSX.Element }) {
  const tabs = () => [
    { href: "/settings", label: t("pages.settings.server") },
    { href: "/settings/admins", label: t("pages.settings.admins") },
    { href: "/settings/notifications", label: t("pages.settings.notifications") },
    { href: "/settings/backups", label: t("pages.settings.backups") },
    { href: "/settings/tokens", label: t("pages.settings.tokens") },
    { href: "/settings/sessions", label: t("pages.settings.sessions") },
    { href: "/settings/password", label: t("pages.settings.password") },
  ];
  return (
    <Page title={t("pages.settings.title")}>
      <TabLinks label={t("pages.settings.tabs")} tabs={tabs()} />
      {props.children}
    </Page>
  );
}
