import { tIfKnown } from "../i18n";

/** The common name of a usage window; others are shown as the provider names them. */
export function nameOfWindow(name: string): string {
  return tIfKnown(`providers.windows.${name}`) ?? name.replaceAll("_", " ");
}
