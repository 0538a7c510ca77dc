import { ErrorBoundary, type JSX, Show, Suspense } from "solid-js";
import { useSession } from "../session/SessionProvider";
import { Code } from "../ui/Code";
import { Loading } from "../ui/Loading";
import { Logo } from "../ui/Logo";
import { Notice } from "../ui/Notice";
import { BrokenPage } from "./BrokenPage";
import { Navigation } from "./Navigation";
import { SignOutButton } from "./SignOutButton";
import { ThemeToggle } from "./ThemeToggle";

function Notices() {
  const { serverInfo, connection } = useSession();
  return (
    <>
      <Show when={connection() === "lost"}>
        <Notice tone="warn">
          The line to the server is lost; trying again. What you see may be out of date.
        </Notice>
      </Show>
      <Show when={serverInfo()?.engineMode === "DEMO"}>
        <Notice tone="info">
          <span class="font-medium">This is the demo engine.</span> It answers every request with
          made-up text and calls no provider. For real accounts get the engine with{" "}
          <Code>proxypal-server engine install</Code> and restart the server.
        </Notice>
      </Show>
    </>
  );
}

function Footer() {
  const { session, serverInfo } = useSession();
  return (
    <div class="flex items-center gap-1 lg:border-t lg:border-line lg:pt-3">
      <p class="min-w-0 flex-1 truncate px-2 text-sm text-muted max-lg:hidden">
        {session()?.admin.username}
        <span class="block text-xs text-faint">version {serverInfo()?.version}</span>
      </p>
      <ThemeToggle />
      <SignOutButton />
    </div>
  );
}

/** The frame around every page behind the door. */
export function Shell(props: { children?: JSX.Element }) {
  return (
    <div class="min-h-dvh lg:grid lg:grid-cols-[14rem_minmax(0,1fr)]">
      {/* A button: with <base> in the page, a link to #main would lead to the overview. */}
      <button
        type="button"
        onClick={() => document.getElementById("main")?.focus()}
        class="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:bg-accent focus:p-3 focus:text-on-accent"
      >
        Skip to the content
      </button>
      <header class="flex items-center justify-between gap-6 border-line px-4 py-3 max-lg:border-b lg:sticky lg:top-0 lg:h-dvh lg:flex-col lg:items-stretch lg:justify-start lg:border-r lg:px-3 lg:py-5">
        <div class="lg:px-3">
          <Logo />
        </div>
        <Navigation />
        <div class="lg:mt-auto">
          <Footer />
        </div>
      </header>
      <main
        id="main"
        tabindex="-1"
        class="mx-auto flex w-full max-w-368 min-w-0 flex-col gap-5 px-4 pt-5 pb-24 outline-none sm:px-6 lg:px-8 lg:py-8"
      >
        <Notices />
        <ErrorBoundary fallback={(_, reset) => <BrokenPage onLeave={reset} />}>
          <Suspense fallback={<Loading />}>{props.children}</Suspense>
        </ErrorBoundary>
      </main>
    </div>
  );
}
