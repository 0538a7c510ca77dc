import { type JSX, Show } from "solid-js";
import { createTitle } from "../lib/createTitle";
import { Logo } from "../ui/Logo";
import { useSession } from "./SessionProvider";

/** The frame of the pages in front of the door: set-up and sign-in. */
export function Gate(props: { title: string; children: JSX.Element }) {
  const { serverInfo } = useSession();
  createTitle(() => props.title);
  return (
    <div class="flex min-h-dvh flex-col items-center justify-center gap-6 px-4 py-10">
      <main class="w-full max-w-104 rounded-2xl border border-line bg-panel p-6 shadow-raised sm:p-8">
        <Logo />
        <h1 class="mt-8 mb-5 text-xl font-semibold tracking-tight text-balance">{props.title}</h1>
        <div class="flex flex-col gap-4">{props.children}</div>
      </main>
      <Show when={serverInfo()?.version}>
        {(version) => <p class="text-xs text-faint">ProxyPal Server {version()}</p>}
      </Show>
    </div>
  );
}
