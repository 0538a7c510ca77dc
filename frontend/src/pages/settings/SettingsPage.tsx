import type { JSX } from "solid-js";
import { Page } from "../../ui/Page";
import { TabLinks } from "../../ui/TabLinks";
import { words } from "../words";

/** The frame of the pages about the server itself: how it behaves, and who may manage it. */
export default function SettingsPage(props: { children?: JSX.Element }) {
  const tabs = () => [
    { href: "/settings", label: words().settings.server },
    { href: "/settings/admins", label: words().settings.admins },
    { href: "/settings/notifications", label: words().settings.notifications },
    { href: "/settings/backups", label: words().settings.backups },
    { href: "/settings/tokens", label: words().settings.tokens },
    { href: "/settings/sessions", label: words().settings.sessions },
    { href: "/settings/password", label: words().settings.password },
  ];
  return (
    <Page title={words().settings.title}>
      <TabLinks label={words().settings.tabs} tabs={tabs()} />
      {props.children}
    </Page>
  );
}
