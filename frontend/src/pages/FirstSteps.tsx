import { A } from "@solidjs/router";
import type { JSX } from "solid-js";
import { useSession } from "../session/SessionProvider";
import { buttonClass } from "../ui/Button";
import { words } from "./words";

/** What to do on a server that has served nothing yet. */
export function FirstSteps() {
  const { serverInfo } = useSession();
  const needsProvider = () => serverInfo()?.engineMode !== "DEMO";
  return (
    <div class="px-4 py-8 sm:px-5">
      <p class="text-lg font-semibold">{words().firstSteps}</p>
      <ol class="mt-4 grid gap-3 md:grid-cols-3">
        <Step number="1" title={words().addAccount}>
          <p>{needsProvider() ? words().needsAccount : words().demoNeedsNone}</p>
          <A href="/providers" class={buttonClass("plain", "small")}>
            {words().providers}
          </A>
        </Step>
        <Step number="2" title={words().createUser}>
          <p>{words().createUserWhy}</p>
          <A href="/users?create=yes" class={buttonClass("primary", "small")}>
            {words().createUser}
          </A>
        </Step>
        <Step number="3" title={words().paste}>
          <p>{words().pasteHow}</p>
        </Step>
      </ol>
    </div>
  );
}

function Step(props: { number: string; title: string; children: JSX.Element }) {
  return (
    <li class="flex flex-col items-start gap-2.5 rounded-lg border border-line bg-inset p-4 text-muted">
      <p class="flex items-center gap-2.5 font-semibold text-ink">
        <span
          aria-hidden="true"
          class="inline-flex size-6 items-center justify-center rounded-full bg-accent-soft text-sm text-accent-text"
        >
          {props.number}
        </span>
        {props.title}
      </p>
      {props.children}
    </li>
  );
}
