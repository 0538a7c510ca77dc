import { For, type JSX, Show } from "solid-js";
import { t } from "../i18n";

type Totals = {
  /** Requests for models without a price. */
  unpriced: number;
  /** Of these, those whose cost is assumed. */
  assumed: number;
};

/** The requests that a cost lacks, and those whose cost is assumed; empty if every request has the price of its model. */
export function describeUnpriced({ unpriced, assumed }: Totals): string[] {
  const excluded = unpriced - assumed;
  return [
    ...(excluded > 0 ? [t("common.unpriced", { count: excluded })] : []),
    ...(assumed > 0 ? [t("common.assumed", { count: assumed })] : []),
  ];
}

/** The note below a cost that is incomplete or partly assumed. */
export function UnpricedNote(props: { totals: Totals | undefined; fallback?: JSX.Element }) {
  const notes = () => (props.totals ? describeUnpriced(props.totals) : []);
  return (
    <Show when={notes().length > 0} fallback={props.fallback}>
      <For each={notes()}>{(note) => <span class="block text-warn">{note}</span>}</For>
    </Show>
  );
}
