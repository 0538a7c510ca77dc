import Search from "lucide-solid/icons/search";
import { t } from "../i18n";

const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);

export function SearchButton(props: { onOpen: () => void }) {
  return (
    <button
      type="button"
      onClick={() => props.onOpen()}
      aria-haspopup="dialog"
      aria-keyshortcuts="Control+K Meta+K"
      class="inline-flex size-9 items-center justify-center rounded-lg text-muted transition-colors hover:bg-hover hover:text-ink lg:w-full lg:justify-start lg:gap-2.5 lg:border lg:border-line lg:px-3"
    >
      <Search class="size-4.5 shrink-0" aria-hidden="true" />
      <span class="flex-1 text-left max-lg:sr-only">{t("shell.search")}</span>
      <kbd class="font-sans text-xs text-faint max-lg:hidden">{isMac ? "⌘ K" : "Ctrl K"}</kbd>
    </button>
  );
}
