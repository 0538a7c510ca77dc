import { A } from "@solidjs/router";
import Bell from "lucide-solid/icons/bell";
import { Show } from "solid-js";
import { t } from "../i18n";

const LARGEST = 99;

/** The link to the alerts, with the number of those that are open and not acknowledged. */
export function AlertBell(props: { count: number | undefined }) {
  const count = () => props.count ?? 0;
  const label = () => t("shell.unacknowledged", { count: count() });
  return (
    <A
      href="/alerts"
      aria-label={label()}
      title={label()}
      class="relative inline-flex size-9 items-center justify-center rounded-lg text-muted transition-colors hover:bg-hover hover:text-ink"
      activeClass="bg-hover text-ink"
    >
      <Bell class="size-4.5" aria-hidden="true" />
      <Show when={count() > 0}>
        <span
          aria-hidden="true"
          class="absolute -top-0.5 -right-0.5 min-w-4.5 rounded-full bg-bad-fill px-1 text-center text-xs font-semibold text-on-bad tabular-nums"
        >
          {count() > LARGEST ? `${LARGEST}+` : count()}
        </span>
      </Show>
    </A>
  );
}
