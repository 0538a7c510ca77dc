import { For } from "solid-js";
import type { ProviderKind } from "../../graphql/generated/graphql";
import { providerColour, providerName } from "../../ui/providers";

/** Providers by their colours and names. */
export function ProviderMarks(props: { kinds: readonly ProviderKind[] }) {
  return (
    <span class="flex flex-wrap gap-x-3 gap-y-0.5">
      <For each={props.kinds}>
        {(kind) => (
          <span class="inline-flex items-center gap-1.5 whitespace-nowrap">
            <span
              class="size-2 shrink-0 rounded-full"
              style={{ background: `var(${providerColour(kind)})` }}
              aria-hidden="true"
            />
            {providerName(kind)}
          </span>
        )}
      </For>
    </span>
  );
}
