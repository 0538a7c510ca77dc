import { For } from "solid-js";

type TabsProps<Value extends string> = {
  label: string;
  value: Value;
  options: readonly { value: Value; label: string }[];
  onChoose: (value: Value) => void;
};

/** A segmented control: one of a few choices. */
export function Tabs<Value extends string>(props: TabsProps<Value>) {
  return (
    <fieldset
      aria-label={props.label}
      class="flex max-w-full flex-wrap rounded-lg border border-line bg-inset p-0.5"
    >
      <For each={props.options}>
        {(option) => (
          <button
            type="button"
            aria-pressed={option.value === props.value}
            onClick={() => props.onChoose(option.value)}
            class="h-7 rounded-md px-2.5 text-sm font-medium whitespace-nowrap text-muted hover:text-ink aria-pressed:bg-panel aria-pressed:text-ink aria-pressed:shadow-sm"
          >
            {option.label}
          </button>
        )}
      </For>
    </fieldset>
  );
}
