import { For } from "solid-js";
import "./chart/chart.css";

/** A segment of a bar. */
export type BarPart = { label: string; value: number; colour: string; valueText: string };

/** A bar of segments with a legend below it. */
export function SplitBar(props: { label: string; parts: readonly BarPart[] }) {
  const whole = () => props.parts.reduce((sum, part) => sum + part.value, 0) || 1;
  return (
    <div>
      <div
        role="img"
        aria-label={`${props.label}: ${props.parts.map((part) => `${part.label} ${part.valueText}`).join(", ")}`}
        class="flex h-3 gap-px overflow-hidden rounded-full bg-inset"
      >
        <For each={props.parts.filter((part) => part.value > 0)}>
          {(part) => (
            <span
              class="min-w-0.5"
              style={{
                width: `${(part.value / whole()) * 100}%`,
                background: `var(${part.colour})`,
              }}
            />
          )}
        </For>
      </div>
      <dl class="mt-2 grid grid-cols-2 gap-x-6 gap-y-1 text-sm">
        <For each={props.parts}>
          {(part) => (
            <div class="flex items-center gap-2">
              <dt class="flex min-w-0 flex-1 items-center gap-2 text-muted">
                <span
                  aria-hidden="true"
                  class="size-2.5 shrink-0 rounded-xs"
                  style={{ background: `var(${part.colour})` }}
                />
                <span class="truncate" title={part.label}>
                  {part.label}
                </span>
              </dt>
              <dd class="font-medium whitespace-nowrap">{part.valueText}</dd>
            </div>
          )}
        </For>
      </dl>
    </div>
  );
}
