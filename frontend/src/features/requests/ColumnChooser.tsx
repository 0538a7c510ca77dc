import { Popover } from "@kobalte/core/popover";
import Columns3 from "lucide-solid/icons/columns-3";
import { For } from "solid-js";
import { t } from "../../i18n";
import { Button, buttonClass } from "../../ui/Button";
import { COLUMNS } from "./columns";
import type { createColumns } from "./createColumns";

/** Chooses the visible columns. */
export function ColumnChooser(props: { columns: ReturnType<typeof createColumns> }) {
  return (
    <Popover placement="bottom-end" gutter={6}>
      <Popover.Trigger class={buttonClass("plain", "small")}>
        <Columns3 class="size-3.5" aria-hidden="true" />
        {t("requests.chooseColumns")}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          aria-label={t("requests.chooseColumns")}
          class="z-40 w-64 rounded-xl border border-line bg-raised p-3 shadow-raised outline-none"
        >
          <ul class="grid grid-cols-2 gap-x-2">
            <For each={COLUMNS}>
              {({ name }) => (
                <li>
                  <label class="flex min-h-8 cursor-pointer items-center gap-2 text-sm">
                    <input
                      type="checkbox"
                      class="size-4 accent-accent-text"
                      checked={props.columns.has(name)}
                      onChange={() => props.columns.toggle(name)}
                    />
                    {t(`requests.columns.${name}`)}
                  </label>
                </li>
              )}
            </For>
          </ul>
          <div class="mt-2 flex justify-end">
            <Button size="small" tone="quiet" onClick={() => props.columns.reset()}>
              {t("requests.resetColumns")}
            </Button>
          </div>
        </Popover.Content>
      </Popover.Portal>
    </Popover>
  );
}
