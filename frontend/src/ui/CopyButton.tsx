import Check from "lucide-solid/icons/check";
import Copy from "lucide-solid/icons/copy";
import { Match, Switch } from "solid-js";
import { createCopied } from "../lib/createCopied";
import { Button } from "./Button";
import { words } from "./words";

/** Copies a text, and says so. */
export function CopyButton(props: { text: string; label?: string }) {
  const [copied, copy] = createCopied();
  return (
    <Button size="small" onClick={() => void copy(props.text)}>
      <Switch
        fallback={
          <>
            <Copy class="size-3.5" aria-hidden="true" />
            {props.label ?? words().copy}
          </>
        }
      >
        <Match when={copied() === "yes"}>
          <Check class="size-3.5 text-accent-text" aria-hidden="true" />
          <span role="status">{words().copied}</span>
        </Match>
        <Match when={copied() === "failed"}>
          <span role="status">{words().copyByHand}</span>
        </Match>
      </Switch>
    </Button>
  );
}
