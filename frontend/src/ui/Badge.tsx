import type { JSX } from "solid-js";

const TONES = {
  ok: "bg-ok-soft text-ok",
  warn: "bg-warn-soft text-warn",
  bad: "bg-bad-soft text-bad",
  info: "bg-info-soft text-info",
  accent: "bg-accent-soft text-accent-text",
  plain: "bg-hover text-muted",
} as const;

export type BadgeTone = keyof typeof TONES;

/** A state in one or two words. */
export function Badge(props: { tone: BadgeTone; title?: string; children: JSX.Element }) {
  return (
    <span
      title={props.title}
      class={`inline-flex items-center gap-1.5 rounded-md px-1.5 py-0.5 text-xs font-medium whitespace-nowrap ${TONES[props.tone]}`}
    >
      {props.children}
    </span>
  );
}
