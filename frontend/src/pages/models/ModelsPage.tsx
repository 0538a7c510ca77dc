import type { JSX } from "solid-js";
import { t } from "../../i18n";
import { Page } from "../../ui/Page";
import { TabLinks } from "../../ui/TabLinks";

/** The layout of the pages about models, aliases and prices. */
export default function ModelsPage(props: { children?: JSX.Element }) {
  const tabs = () => [
    { href: "/models", label: t("pages.models.catalogue") },
    { href: "/models/aliases", label: t("pages.models.aliases") },
    { href: "/models/prices", label: t("pages.models.prices") },
    { href: "/models/resolve", label: t("pages.models.resolve") },
  ];
  return (
    <Page title={t("pages.models.title")} hint={t("pages.models.hint")}>
      <TabLinks label={t("pages.models.tabs")} tabs={tabs()} />
      {props.children}
    </Page>
  );
}
