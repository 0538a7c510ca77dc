import { words } from "./words";

/** A value that nobody knows. It is never shown as zero. */
export function Unknown(props: { why?: string }) {
  return (
    <span class="text-faint" title={props.why ?? words().unknown}>
      <span aria-hidden="true">–</span>
      <span class="sr-only">{words().unknown}</span>
    </span>
  );
}
