import type { JSX } from "solid-js";
import { t } from "../../i18n";
import { Page } from "../../ui/Page";
import { TabLinks } from "../../ui/TabLinks";

/** The layout of the pages about the engine, which sends requests to providers. */
export default function EnginePage(props: { children?: JSX.Element }) {
  const tabs = () => [
    { href: "/engine", label: t("engine.tabs.state") },
    { href: "/engine/updates", label: t("engine.updates.title") },
  ];
  return (
    <Page title={t("engine.engine")}>
      <TabLinks label={t("engine.tabs.label")} tabs={tabs()} />
      {props.children}
    </Page>
  );
}
