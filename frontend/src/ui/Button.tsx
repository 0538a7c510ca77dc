import { type JSX, Show, splitProps } from "solid-js";
import { Spinner } from "./Spinner";

const TONES = {
  primary: "bg-accent text-on-accent hover:bg-accent-hover font-semibold",
  plain: "border border-line-strong/60 bg-panel text-ink hover:bg-hover font-medium",
  quiet: "text-muted hover:bg-hover hover:text-ink font-medium",
  danger: "bg-bad-fill text-on-bad hover:brightness-110 font-semibold",
} as const;

const SIZES = {
  normal: "h-9 px-3.5 text-base",
  small: "h-8 px-2.5 text-sm",
} as const;

type ButtonProps = JSX.ButtonHTMLAttributes<HTMLButtonElement> & {
  tone?: keyof typeof TONES;
  size?: keyof typeof SIZES;
  /** Does nothing while an action is in progress, so that it is not repeated. It keeps the focus. */
  pending?: boolean;
};

/** The appearance of a button, for links. */
export function buttonClass(tone: keyof typeof TONES, size: keyof typeof SIZES = "normal"): string {
  return `inline-flex shrink-0 items-center justify-center gap-2 rounded-lg whitespace-nowrap transition-colors disabled:cursor-not-allowed disabled:opacity-55 aria-disabled:cursor-not-allowed aria-disabled:opacity-55 ${TONES[tone]} ${SIZES[size]}`;
}

/** The app's button. Its type is "button" by default, so it submits a form only if asked to. */
export function Button(props: ButtonProps) {
  const [own, rest] = splitProps(props, ["tone", "size", "pending", "onClick", "children"]);
  const click: JSX.EventHandler<HTMLButtonElement, MouseEvent> = (event) => {
    // A browser takes the focus from a disabled button, and with it the place of keyboard users.
    if (own.pending) event.preventDefault();
    else if (typeof own.onClick === "function") own.onClick(event);
  };
  return (
    <button
      type="button"
      {...rest}
      aria-disabled={own.pending || undefined}
      onClick={click}
      class={buttonClass(own.tone ?? "plain", own.size)}
    >
      <Show when={own.pending}>
        <Spinner />
      </Show>
      {own.children}
    </button>
  );
}
