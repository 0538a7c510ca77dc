import { For } from "solid-js";
import { t } from "../i18n";
import { TextField } from "../ui/Field";
import { boundsOf, RATE_FIELDS, whenEmpty } from "./rate";

type RateValues = Partial<Record<(typeof RATE_FIELDS)[number], number | null>>;

/** The fields of a rate limit. */
export function RateFields(props: { rate?: RateValues | null | undefined }) {
  return (
    <div class="grid items-end gap-4 sm:grid-cols-2">
      <For each={RATE_FIELDS}>
        {(name) => (
          <TextField
            label={t(`limits.rates.${name}`)}
            name={name}
            type="number"
            {...boundsOf(name)}
            step="1"
            value={props.rate?.[name] ?? ""}
            placeholder={whenEmpty(name)}
          />
        )}
      </For>
    </div>
  );
}
