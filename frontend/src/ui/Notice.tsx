import CircleAlert from "lucide-solid/icons/circle-alert";
import CircleCheck from "lucide-solid/icons/circle-check";
import Info from "lucide-solid/icons/info";
import TriangleAlert from "lucide-solid/icons/triangle-alert";
import type { JSX } from "solid-js";
import { Dynamic } from "solid-js/web";

const TONES = {
  bad: { class: "bg-bad-soft border-bad/40", icon: "text-bad", shape: CircleAlert, role: "alert" },
  warn: {
    class: "bg-warn-soft border-warn/40",
    icon: "text-warn",
    shape: TriangleAlert,
    role: "note",
  },
  info: { class: "bg-info-soft border-info/40", icon: "text-info", shape: Info, role: "note" },
  ok: { class: "bg-ok-soft border-ok/40", icon: "text-ok", shape: CircleCheck, role: "status" },
} as const;

/** A message within the page. */
export function Notice(props: {
  tone: keyof typeof TONES;
  /** The action to take, at the end of the line. */
  action?: JSX.Element;
  children: JSX.Element;
}) {
  const tone = () => TONES[props.tone];
  return (
    <div
      role={tone().role}
      class={`flex flex-wrap items-start gap-2.5 rounded-lg border px-3 py-2.5 text-ink ${tone().class}`}
    >
      <Dynamic
        component={tone().shape}
        class={`mt-0.5 size-4 shrink-0 ${tone().icon}`}
        aria-hidden="true"
      />
      <div class="min-w-0 flex-1 basis-56 break-words">{props.children}</div>
      {props.action}
    </div>
  );
}
