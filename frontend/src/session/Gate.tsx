import { For, type JSX, Show } from "solid-js";
import { chooseLanguage, LANGUAGES, language, t } from "../i18n";
import { createTitle } from "../lib/createTitle";
import { Logo } from "../ui/Logo";
import { useSession } from "./SessionProvider";

function LanguageChoice() {
  return (
    <fieldset aria-label={t("common.language")} class="flex gap-1">
      <For each={LANGUAGES}>
        {(each) => (
          <button
            type="button"
            lang={each.value}
            aria-pressed={each.value === language()}
            onClick={() => chooseLanguage(each.value)}
            class="rounded-md px-2 py-1 text-xs font-medium text-muted hover:text-ink aria-pressed:bg-hover aria-pressed:text-ink"
          >
            {each.label}
          </button>
        )}
      </For>
    </fieldset>
  );
}

/** The layout of the pages for set-up and sign-in. */
export function Gate(props: { title: string; children: JSX.Element }) {
  const { serverInfo } = useSession();
  createTitle(() => props.title);
  return (
    // Dark in every theme, like the navigation.
    <div class="gate flex min-h-dvh flex-col items-center justify-center gap-6 bg-rail px-4 py-10 text-ink scheme-dark">
      <main class="w-full max-w-104 rounded-2xl border border-line bg-panel p-6 shadow-raised sm:p-8">
        <Logo />
        <h1 class="mt-8 mb-5 text-xl font-semibold tracking-tight text-balance">{props.title}</h1>
        <div class="flex flex-col gap-4">{props.children}</div>
      </main>
      <footer class="flex items-center gap-4">
        <LanguageChoice />
        <Show when={serverInfo()?.version}>
          {(version) => <p class="text-xs text-faint">ProxyPal Server {version()}</p>}
        </Show>
      </footer>
    </div>
  );
}
