import ChevronsUpDown from "lucide-solid/icons/chevrons-up-down";
import CircleUser from "lucide-solid/icons/circle-user";
import { ErrorBoundary, type JSX, Show, Suspense } from "solid-js";
import { t } from "../i18n";
import { useSession } from "../session/SessionProvider";
import { Loading } from "../ui/Loading";
import { Logo } from "../ui/Logo";
import { Toaster } from "../ui/Toaster";
import { Account } from "./Account";
import { BottomBar } from "./BottomBar";
import { BrokenPage } from "./BrokenPage";
import { Navigation } from "./Navigation";
import { Notices } from "./Notices";
import type { Group } from "./places";
import { SearchButton } from "./SearchButton";

type FrameProps = {
  groups: readonly Group[];
  /** The name of the signed-in user; `rank` is their role. */
  name: string | undefined;
  rank: string | undefined;
  onSignOut: () => void;
  /** The link to the alerts, for administrators. */
  bell?: () => JSX.Element;
  /** Opens the palette, where there is one. */
  onSearch?: () => void;
  children?: JSX.Element;
};

function Rail(props: FrameProps) {
  const { serverInfo } = useSession();
  return (
    // Dark whatever the theme: what does not change from page to page steps back.
    <header class="sticky top-0 hidden h-dvh flex-col gap-5 overflow-y-auto border-r border-line bg-rail px-3 py-5 text-ink scheme-dark lg:flex">
      <div class="flex items-center justify-between gap-2 px-3">
        <Logo />
        {props.bell?.()}
      </div>
      <Show when={props.onSearch}>{(open) => <SearchButton onOpen={open()} />}</Show>
      <Navigation groups={props.groups} />
      <div class="mt-auto flex flex-col gap-2">
        <Account
          placement="top-start"
          onSignOut={props.onSignOut}
          triggerClass="flex w-full items-center gap-2.5 rounded-lg px-3 py-2 text-left transition-colors hover:bg-hover data-expanded:bg-hover"
          trigger={
            <>
              <CircleUser class="size-5 shrink-0 text-muted" aria-hidden="true" />
              <span class="min-w-0 flex-1">
                <span class="block truncate font-medium">{props.name}</span>
                <span class="block truncate text-xs text-muted">{props.rank}</span>
              </span>
              <ChevronsUpDown class="size-4 shrink-0 text-faint" aria-hidden="true" />
            </>
          }
        />
        <p class="px-3 text-xs text-faint">
          {t("shell.version", { version: serverInfo()?.version ?? "" })}
        </p>
      </div>
    </header>
  );
}

function TopBar(props: FrameProps) {
  return (
    <header class="sticky top-0 z-20 flex items-center justify-between gap-3 border-b border-line bg-rail px-4 py-2.5 text-ink scheme-dark lg:hidden">
      <Logo />
      <div class="flex items-center gap-1">
        {props.bell?.()}
        <Show when={props.onSearch}>{(open) => <SearchButton onOpen={open()} />}</Show>
        <Account
          placement="bottom-end"
          onSignOut={props.onSignOut}
          triggerClass="inline-flex size-9 items-center justify-center rounded-lg text-muted hover:bg-hover hover:text-ink"
          trigger={<CircleUser class="size-5" aria-hidden="true" />}
        />
      </div>
    </header>
  );
}

/** The frame around every page behind the door. */
export function Frame(props: FrameProps) {
  return (
    <div class="min-h-dvh lg:grid lg:grid-cols-[15rem_minmax(0,1fr)]">
      {/* A button: with <base> in the page, a link to #main would lead to the overview. */}
      <button
        type="button"
        onClick={() => document.getElementById("main")?.focus()}
        class="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:bg-accent focus:p-3 focus:text-on-accent"
      >
        {t("shell.skip")}
      </button>
      <Rail {...props} />
      <TopBar {...props} />
      <main
        id="main"
        tabindex="-1"
        class="mx-auto flex w-full max-w-384 min-w-0 flex-col gap-5 px-4 pt-5 pb-24 outline-none sm:px-6 lg:px-8 lg:py-8"
      >
        <Notices />
        <ErrorBoundary fallback={(_, reset) => <BrokenPage onLeave={reset} />}>
          <Suspense fallback={<Loading />}>{props.children}</Suspense>
        </ErrorBoundary>
      </main>
      <BottomBar groups={props.groups} />
      <Toaster label={t("shell.notifications")} />
    </div>
  );
}
