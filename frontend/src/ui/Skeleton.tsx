import { For, Show } from "solid-js";
import { t } from "../i18n";

const WIDTHS = ["w-2/5", "w-3/5", "w-1/3", "w-1/2", "w-2/5", "w-3/5"];

/** A placeholder for the rows of a list; shown after a noticeable delay. */
export function SkeletonRows(props: { rows?: number }) {
  return (
    <div role="status" data-pending class="appear-late divide-y divide-line">
      <span class="sr-only">{t("common.loading")}</span>
      <For each={WIDTHS.slice(0, props.rows ?? WIDTHS.length)}>
        {(width) => (
          <div
            class="flex items-center justify-between gap-6 px-4 py-3.5 sm:px-5"
            aria-hidden="true"
          >
            <span class={`skeleton h-3.5 ${width}`} />
            <span class="skeleton h-3.5 w-16" />
          </div>
        )}
      </For>
    </div>
  );
}

/** A placeholder for the text of a panel; shown after a noticeable delay. */
export function SkeletonText(props: { ring?: boolean }) {
  return (
    <div role="status" data-pending class="appear-late flex items-center gap-6">
      <span class="sr-only">{t("common.loading")}</span>
      <Show when={props.ring}>
        <span class="skeleton size-32 shrink-0 rounded-full" aria-hidden="true" />
      </Show>
      <div class="flex flex-1 flex-col gap-3" aria-hidden="true">
        <For each={WIDTHS.slice(0, 3)}>
          {(width) => <span class={`skeleton block h-3.5 ${width}`} />}
        </For>
      </div>
    </div>
  );
}
