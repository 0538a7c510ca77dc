import { Show } from "solid-js";
import { formatUsd } from "../../lib/figures";
import { words } from "./words";

/** What a million tokens cost, read and written; or that nobody knows. */
export function PriceTag(props: {
  price: { inputPerMillion: string; outputPerMillion: string } | null | undefined;
}) {
  return (
    <Show when={props.price} fallback={<span class="text-faint">{words().unpriced}</span>}>
      {(price) => (
        <span class="whitespace-nowrap" title={words().perMillion}>
          {formatUsd(price().inputPerMillion)} / {formatUsd(price().outputPerMillion)}
        </span>
      )}
    </Show>
  );
}
