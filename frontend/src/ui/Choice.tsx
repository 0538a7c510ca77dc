import { createUniqueId, For, Show } from "solid-js";
import type { Option } from "./Field";

type ChoiceProps = {
  label: string;
  value: string | undefined;
  /** The label of the empty choice; omit it where a choice is required. */
  all?: string;
  options: readonly Option[];
  onChoose: (value: string | undefined) => void;
};

/** A compact select, for filters. */
export function Choice(props: ChoiceProps) {
  return (
    <select
      aria-label={props.label}
      class="h-8 max-w-48 min-w-0 rounded-lg border border-line-strong/60 bg-panel px-2 text-sm font-medium"
      onChange={(event) => props.onChoose(event.currentTarget.value || undefined)}
    >
      {props.all !== undefined && <option value="">{props.all}</option>}
      <For each={props.options}>
        {(option) => (
          <option value={option.value} selected={option.value === props.value}>
            {option.label}
          </option>
        )}
      </For>
    </select>
  );
}

const FIELD =
  "h-8 min-w-0 rounded-lg border border-line-strong/60 bg-panel px-2 text-sm font-medium";

type FilterFieldProps = {
  label: string;
  type: "text" | "date" | "datetime-local";
  value: string | undefined;
  suggestions?: readonly string[];
  max?: string;
  onChange: (value: string | undefined) => void;
};

function FilterInput(props: FilterFieldProps & { list: string | undefined }) {
  return (
    <input
      type={props.type}
      aria-label={props.label}
      title={props.label}
      placeholder={props.label}
      value={props.value ?? ""}
      max={props.max}
      list={props.list}
      onChange={(event) => props.onChange(event.currentTarget.value.trim() || undefined)}
      class={`${FIELD} ${props.type === "text" ? "w-44" : ""}`}
    />
  );
}

/** A compact text field, for filters; it takes effect on blur or Enter. */
export function FilterField(props: FilterFieldProps) {
  const id = createUniqueId();
  const list = () => (props.suggestions ? id : undefined);
  return (
    <>
      <Show when={props.type !== "text"} fallback={<FilterInput {...props} list={list()} />}>
        {/* An empty day shows a pattern of its own and no placeholder. */}
        <span class="inline-flex items-center gap-1.5 text-sm text-muted">
          <span aria-hidden="true">{props.label}</span>
          <FilterInput {...props} list={list()} />
        </span>
      </Show>
      <Show when={props.suggestions}>
        <datalist id={id}>
          <For each={props.suggestions}>{(each) => <option value={each} />}</For>
        </datalist>
      </Show>
    </>
  );
}
