import { type JSX, splitProps } from "solid-js";

type IconButtonProps = JSX.ButtonHTMLAttributes<HTMLButtonElement> & {
  /** The accessible name. */
  label: string;
};

/** A button that is only an icon. */
export function IconButton(props: IconButtonProps) {
  const [own, rest] = splitProps(props, ["label"]);
  return (
    <button
      type="button"
      {...rest}
      aria-label={own.label}
      title={own.label}
      class="inline-flex size-8 shrink-0 items-center justify-center rounded-lg text-muted transition-colors hover:bg-hover hover:text-ink"
    />
  );
}
