import { createMemo, Show } from "solid-js";

const WORRYING = 70;
const URGENT = 90;
const TONES = {
  ok: { fill: "bg-ok-mark", stroke: "stroke-ok-mark" },
  warn: { fill: "bg-warn-mark", stroke: "stroke-warn-mark" },
  bad: { fill: "bg-bad-mark", stroke: "stroke-bad-mark" },
} as const;

/** The tone for a share of a limit. */
export function toneOf(percent: number): keyof typeof TONES {
  if (percent >= URGENT) return "bad";
  return percent >= WORRYING ? "warn" : "ok";
}

type MeterProps = {
  /** The accessible name. */
  label: string;
  percent: number;
  /** The value as text, as in "3 of 10 requests". */
  valueText: string;
};

type BarProps = MeterProps & {
  /** The last part of the bar that is hatched, in percent. */
  hatched?: number | undefined;
  /** A light band from one percentage to another. */
  band?: readonly [number, number] | undefined;
  /** In percent: where the use is stopped, as a tick. */
  stop?: number | undefined;
};

function bounded(percent: number): number {
  return Math.max(0, Math.min(100, percent));
}

/** The used share of a limit, as a bar. */
export function Meter(props: BarProps) {
  const fill = () => TONES[toneOf(props.percent)].fill;
  const hatched = () => Math.min(bounded(props.hatched ?? 0), bounded(props.percent));
  const band = () => {
    const [from, to] = props.band ?? [0, 0];
    return { left: bounded(from), width: bounded(to) - bounded(from) };
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: <meter> cannot be coloured alike in all browsers
    <span
      role="meter"
      aria-label={props.label}
      aria-valuemin="0"
      aria-valuemax="100"
      aria-valuenow={Math.round(bounded(props.percent))}
      aria-valuetext={props.valueText}
      class="relative block h-1.5 overflow-hidden rounded-full bg-track"
    >
      <Show when={band().width > 0}>
        <span
          class={`absolute inset-y-0 opacity-35 ${fill()}`}
          style={{ left: `${band().left}%`, width: `${band().width}%` }}
        />
      </Show>
      <span
        class={`relative block h-full rounded-full ${props.percent > 0 ? "min-w-0.5" : ""} ${fill()}`}
        style={{ width: `${bounded(props.percent)}%` }}
      />
      <Show when={hatched() > 0}>
        <span
          class="hatching absolute inset-y-0"
          style={{ left: `${bounded(props.percent) - hatched()}%`, width: `${hatched()}%` }}
        />
      </Show>
      <Show when={props.stop}>
        {(stop) => (
          <span
            class="absolute inset-y-0 -ml-px w-0.5 bg-ink"
            style={{ left: `${bounded(stop())}%` }}
          />
        )}
      </Show>
    </span>
  );
}

const RADIUS = 42;
const ROUND = 2 * Math.PI * RADIUS;

/** The used share of a limit, as a ring around the number. */
export function Ring(props: MeterProps & { value: string }) {
  const filled = createMemo(() => (bounded(props.percent) / 100) * ROUND);
  return (
    // biome-ignore lint/a11y/useSemanticElements: <meter> cannot be coloured alike in all browsers
    <div
      role="meter"
      aria-label={props.label}
      aria-valuemin="0"
      aria-valuemax="100"
      aria-valuenow={Math.round(bounded(props.percent))}
      aria-valuetext={props.valueText}
      class="relative size-32 shrink-0"
    >
      <svg viewBox="0 0 100 100" class="size-full -rotate-90" aria-hidden="true">
        <circle cx="50" cy="50" r={RADIUS} class="fill-none stroke-track" stroke-width="9" />
        <circle
          cx="50"
          cy="50"
          r={RADIUS}
          class={`ring-arc fill-none ${TONES[toneOf(props.percent)].stroke}`}
          stroke-width="9"
          stroke-linecap="round"
          stroke-dasharray={`${filled()} ${ROUND}`}
          visibility={props.percent > 0 ? "visible" : "hidden"}
        />
      </svg>
      <span class="absolute inset-0 flex items-center justify-center text-2xl font-semibold tracking-tight">
        {props.value}
      </span>
    </div>
  );
}
