import { A, useLocation } from "@solidjs/router";
import { Show } from "solid-js";
import { t } from "../i18n";
import { pathWithinApp } from "../lib/baseUrl";
import { buttonClass } from "./Button";

export type PagerProps = {
  /** The cursor in the URL; none on the first page. */
  after: string | undefined;
  pageInfo: { hasNextPage: boolean; endCursor?: string | null } | undefined;
  /** The labels of the links to the first page and to the next page. */
  labels: [string, string];
};

/** Links to the next page and back to the first; the cursor is kept in the URL. */
export function Pager(props: PagerProps) {
  const location = useLocation();
  const href = (after: string | undefined) => {
    const query = new URLSearchParams(location.search);
    query.delete("after");
    if (after) query.set("after", after);
    const search = query.toString();
    return pathWithinApp(location.pathname) + (search ? `?${search}` : "");
  };
  const next = () => (props.pageInfo?.hasNextPage ? props.pageInfo.endCursor : undefined);

  return (
    <Show when={props.after || next()}>
      <nav
        aria-label={t("common.more")}
        class="flex justify-end gap-2 border-t border-line px-4 py-3 sm:px-5"
      >
        <Show when={props.after}>
          <A href={href(undefined)} class={buttonClass("quiet", "small")}>
            {props.labels[0]}
          </A>
        </Show>
        <Show when={next()}>
          {(cursor) => (
            <A href={href(cursor())} class={buttonClass("plain", "small")}>
              {props.labels[1]}
            </A>
          )}
        </Show>
      </nav>
    </Show>
  );
}
