import { A } from "@solidjs/router";
import { buttonClass } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { words } from "./words";

/** What to do on a server that has served nothing yet. */
export function FirstSteps() {
  return (
    <EmptyState
      title={words().first.title}
      action={
        <A href="/welcome" class={buttonClass("primary")}>
          {words().first.begin}
        </A>
      }
    >
      {words().first.hint}
    </EmptyState>
  );
}
