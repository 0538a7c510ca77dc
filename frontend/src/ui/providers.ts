import type { Client } from "@urql/core";
import { createSignal } from "solid-js";
import { graphql } from "../graphql/generated";
import type { ProviderKind, SupportedProvidersQuery } from "../graphql/generated/graphql";
import { OTHER_COLOUR } from "./chart/palette";

const SupportedProvidersDocument = graphql(`
  query SupportedProviders {
    supportedProviders {
      kind
      displayName
      colors {
        light
        dark
      }
      apiKeys {
        defaultBaseUrl
        modelsRequired
      }
      signIn
      options
      additionalModels
    }
  }
`);

/** The server's facts about a provider. */
export type SupportedProvider = SupportedProvidersQuery["supportedProviders"][number];

const [known, setKnown] = createSignal<ReadonlyMap<string, SupportedProvider>>(new Map());

function colourName(kind: ProviderKind): string {
  return `--provider-${kind.toLowerCase()}`;
}

/** Makes providers known to all pages, and their colours to the style sheets as CSS custom properties. */
export function setProviders(providers: readonly SupportedProvider[]) {
  const { style } = document.documentElement;
  for (const { kind, colors } of providers)
    style.setProperty(colourName(kind), `light-dark(${colors.light}, ${colors.dark})`);
  setKnown(new Map(providers.map((provider) => [provider.kind, provider])));
}

/** Loads the providers once for as long as the page lives; resolves to whether they are known. */
export async function loadProviders(client: Client): Promise<boolean> {
  if (known().size > 0) return true;
  const { data } = await client.query(SupportedProvidersDocument, {});
  if (data) setProviders(data.supportedProviders);
  return data !== undefined;
}

/** The facts about a provider; undefined for one of a newer server, which this page does not know. */
export function supportedProvider(kind: ProviderKind): SupportedProvider | undefined {
  return known().get(kind);
}

/** A provider's display name. */
export function providerName(kind: ProviderKind): string {
  return known().get(kind)?.displayName ?? kind;
}

/** The CSS custom property with a provider's colour, which is the same on every page. */
export function providerColour(kind: ProviderKind): string {
  return known().has(kind) ? colourName(kind) : OTHER_COLOUR;
}

/** The provider that a form or a URL names, if it is one. */
export function readProvider(text: string | undefined): ProviderKind | undefined {
  return text === undefined ? undefined : known().get(text)?.kind;
}

/** All providers as the options of a choice, in the order to list them. */
export function providerOptions(): { value: ProviderKind; label: string }[] {
  return [...known().values()].map(({ kind, displayName }) => ({
    value: kind,
    label: displayName,
  }));
}
