import { A } from "@solidjs/router";
import { type JSX, Show } from "solid-js";
import { t } from "../../i18n";
import type { RequestSearch } from "./createRequestSearch";

type FilterLinkProps = {
  /** The end user's page knows fewer filters. */
  isOwn: boolean;
  search: RequestSearch;
  children: JSX.Element;
};

const OWN_FILTERS: readonly string[] = [
  "outcome",
  "model",
  "endpoint",
  "status",
  "code",
] satisfies (keyof RequestSearch)[];

function addressOf(isOwn: boolean, search: RequestSearch): string | undefined {
  const entries = Object.entries(search).filter(([, value]) => value);
  const isKnown = entries.every(([name]) => !isOwn || OWN_FILTERS.includes(name));
  if (entries.length === 0 || !isKnown) return undefined;
  const base = isOwn ? "/me/requests" : "/requests";
  return `${base}?${new URLSearchParams(entries)}`;
}

/** A value that leads to all requests with the same value. */
export function FilterLink(props: FilterLinkProps) {
  return (
    <Show when={addressOf(props.isOwn, props.search)} fallback={props.children}>
      {(address) => (
        <A
          href={address()}
          title={t("requests.filterBy")}
          class="decoration-line-strong underline underline-offset-4 hover:decoration-ink"
        >
          {props.children}
        </A>
      )}
    </Show>
  );
}
