import { A } from "@solidjs/router";
import type { JSX } from "solid-js";
import { useSession } from "../session/SessionProvider";
import { buttonClass } from "../ui/Button";
import { Code } from "../ui/Code";

/** What to do on a server that has served nothing yet. */
export function FirstSteps() {
  const { serverInfo } = useSession();
  const needsProvider = () => serverInfo()?.engineMode !== "DEMO";
  return (
    <div class="px-4 py-8 sm:px-5">
      <p class="text-lg font-semibold">No requests yet. Three steps to the first one:</p>
      <ol class="mt-4 grid gap-3 md:grid-cols-3">
        <Step number="1" title="Add a provider account">
          <p>
            {needsProvider()
              ? "Requests need an account that serves them: add an API key of yours."
              : "The demo engine answers without one. Add a real account whenever you like."}
          </p>
          <A href="/providers" class={buttonClass("plain", "small")}>
            Providers
          </A>
        </Step>
        <Step number="2" title="Create a user">
          <p>Each user has keys of their own, so that you see who used what.</p>
          <A href="/users?create=yes" class={buttonClass("primary", "small")}>
            Create a user
          </A>
        </Step>
        <Step number="3" title="Paste a snippet">
          <p>
            The new key comes with ready-to-paste settings for <Code>curl</Code>, Claude Code, Codex
            CLI and the SDKs. The request then appears here.
          </p>
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
