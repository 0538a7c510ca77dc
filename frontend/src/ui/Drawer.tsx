import { Dialog as Kobalte } from "@kobalte/core/dialog";
import X from "lucide-solid/icons/x";
import type { JSX } from "solid-js";
import { keepFocus, rememberFocus, returnFocus } from "./focusReturn";

type DrawerProps = {
  open: boolean;
  title: string;
  closeLabel: string;
  onClose: () => void;
  children: JSX.Element;
};

/** A side panel with the details of one item; Escape closes it. */
export function Drawer(props: DrawerProps) {
  let content: HTMLDivElement | undefined;
  return (
    <Kobalte open={props.open} onOpenChange={(open) => !open && props.onClose()}>
      <Kobalte.Portal>
        <Kobalte.Overlay class="fixed inset-0 z-40 bg-veil" />
        <Kobalte.Content
          ref={content}
          onOpenAutoFocus={() => {
            rememberFocus(content);
            keepFocus(content);
          }}
          onCloseAutoFocus={(event) => returnFocus(content, event)}
          class="fixed inset-y-0 right-0 z-50 flex w-full flex-col border-l border-line bg-raised shadow-raised outline-none sm:w-120"
        >
          <header class="flex items-center justify-between gap-4 border-b border-line px-5 py-3.5">
            <Kobalte.Title class="text-lg font-semibold tracking-tight">
              {props.title}
            </Kobalte.Title>
            <Kobalte.CloseButton
              aria-label={props.closeLabel}
              class="-mr-1 inline-flex size-8 shrink-0 items-center justify-center rounded-lg text-muted hover:bg-hover hover:text-ink"
            >
              <X class="size-4" aria-hidden="true" />
            </Kobalte.CloseButton>
          </header>
          {/* Reachable by keyboard, so that keyboard users can scroll it. */}
          <div
            tabindex="0"
            class="flex-1 overflow-y-auto px-5 py-5 focus-visible:-outline-offset-2"
          >
            {props.children}
          </div>
        </Kobalte.Content>
      </Kobalte.Portal>
    </Kobalte>
  );
}
