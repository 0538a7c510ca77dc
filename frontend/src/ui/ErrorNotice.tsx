import type { CombinedError } from "@urql/core";
import { type JSX, Show } from "solid-js";
import { explain } from "../graphql/errors";
import { Notice } from "./Notice";

/** Shows the cause and the remedy of an error; empty without an error. */
export function ErrorNotice(props: { error: CombinedError | undefined; action?: JSX.Element }) {
  const explanation = () => props.error && explain(props.error);
  return (
    <Show when={explanation()}>
      {(words) => (
        <Notice tone="bad">
          <p>
            <span class="font-medium">{words().cause}</span> {words().cure}
          </p>
          <Show when={words().reference}>
            {(reference) => <p class="mt-1 font-mono text-xs text-muted">{reference()}</p>}
          </Show>
          {props.action}
        </Notice>
      )}
    </Show>
  );
}
