import { A } from "@solidjs/router";
import { For, Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { t } from "../../i18n";
import { Meter } from "../../ui/Meter";
import { Resets } from "../../ui/Resets";
import { nameOfWindow } from "../../windows";

const RunningAccountFragment = graphql(`
  fragment RunningAccount on ProviderAccount {
    id
    label
    enabled
    windows {
      name
      usedPercent
      resetsAt
    }
  }
`);

const SHOWN = 4;
/** Windows below this share are not listed. */
const NOTABLE_PERCENT = 50;

const used = (percent: number) => t("windows.percent", { percent });

/** Subscription windows that are at least half used, by utilization. */
export function RunningAccounts(props: {
  accounts: FragmentType<typeof RunningAccountFragment>[];
}) {
  const windows = () =>
    props.accounts
      .map((account) => readFragment(RunningAccountFragment, account))
      .filter((account) => account.enabled)
      .flatMap((account) => account.windows.map((window) => ({ ...window, account })))
      .filter((window) => window.usedPercent >= NOTABLE_PERCENT)
      .sort((one, other) => other.usedPercent - one.usedPercent)
      .slice(0, SHOWN);
  return (
    <Show when={windows().length > 0}>
      <ul class="mb-4 flex flex-col gap-3 border-b border-line pb-4">
        <For each={windows()}>
          {(window) => (
            <li class="flex flex-col gap-1">
              <p class="flex justify-between gap-4">
                <A
                  href="/providers"
                  class="truncate font-medium underline-offset-4 hover:underline"
                >
                  {window.account.label}
                  <span class="text-muted"> · {nameOfWindow(window.name)}</span>
                </A>
                <span class="font-medium tabular-nums">{used(window.usedPercent)}</span>
              </p>
              <Meter
                label={`${window.account.label}, ${nameOfWindow(window.name)}`}
                percent={window.usedPercent}
                valueText={t("windows.used", { percent: window.usedPercent })}
              />
              <p class="text-end text-sm text-muted">
                <Resets at={window.resetsAt} />
              </p>
            </li>
          )}
        </For>
      </ul>
    </Show>
  );
}
