import { Show } from "solid-js";

/** An on/off switch that takes effect immediately. */
export function Switch(props: {
  label: string;
  checked: boolean;
  disabled?: boolean;
  /** The label, for screen readers; it is visible elsewhere in the row. */
  hideLabel?: boolean;
  onChange: (checked: boolean) => void;
}) {
  return (
    <label class="relative inline-flex align-middle cursor-pointer items-center gap-2 has-disabled:cursor-not-allowed">
      <input
        type="checkbox"
        role="switch"
        class="peer sr-only"
        aria-label={props.label}
        aria-checked={props.checked}
        checked={props.checked}
        disabled={props.disabled}
        onChange={(event) => {
          const wanted = event.currentTarget.checked;
          // The switch moves when the server has responded, not on click.
          event.currentTarget.checked = props.checked;
          props.onChange(wanted);
        }}
      />
      <span
        aria-hidden="true"
        class="relative h-5 w-9 shrink-0 rounded-full border border-line-strong bg-inset transition-colors peer-checked:border-accent peer-checked:bg-accent peer-focus-visible:outline-2 peer-focus-visible:outline-offset-2 peer-focus-visible:outline-accent-text peer-disabled:opacity-50 before:absolute before:top-0.75 before:left-0.75 before:size-3 before:rounded-full before:bg-line-strong before:transition-transform peer-checked:before:translate-x-4 peer-checked:before:bg-on-accent"
      />
      <Show when={!props.hideLabel}>
        <span aria-hidden="true">{props.label}</span>
      </Show>
    </label>
  );
}
