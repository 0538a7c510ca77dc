import type { JSX } from "solid-js";
import { Page } from "../../ui/Page";
import { TabLinks } from "../../ui/TabLinks";
import { words } from "../words";

/** The frame of the pages about models: which there are, what else they are called, what they cost. */
export default function ModelsPage(props: { children?: JSX.Element }) {
  const tabs = () => [
    { href: "/models", label: words().models.catalogue },
    { href: "/models/aliases", label: words().models.aliases },
    { href: "/models/prices", label: words().models.prices },
    { href: "/models/resolve", label: words().models.resolve },
  ];
  return (
    <Page title={words().models.title} hint={words().models.hint}>
      <TabLinks label={words().models.tabs} tabs={tabs()} />
      {props.children}
    </Page>
  );
}
