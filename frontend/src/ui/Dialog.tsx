import { Dialog as Kobalte } from "@kobalte/core/dialog";
import X from "lucide-solid/icons/x";
import { createContext, type JSX, Show, useContext } from "solid-js";
import { t } from "../i18n";
import { keepFocus, rememberFocus, returnFocus } from "./focusReturn";

export type DialogProps = {
  open: boolean;
  title: string;
  description?: JSX.Element;
  /** Only the dialog's own buttons close it, so that it is not closed by accident. */
  locked?: boolean;
  wide?: boolean;
  /** May be opened above another dialog. */
  above?: boolean;
  onClose: () => void;
  children: JSX.Element;
};

const AboveContext = createContext(false);

/** Dialogs within open above the dialog that they are in. */
export function DialogsAbove(props: { children: JSX.Element }) {
  return <AboveContext.Provider value={true}>{props.children}</AboveContext.Provider>;
}

/** A modal dialog, which traps the focus until it is closed. */
export function Dialog(props: DialogProps) {
  let content: HTMLDivElement | undefined;
  const isWithin = useContext(AboveContext);
  const isAbove = () => props.above || isWithin;
  // A click outside the dialog must not discard typed text.
  let isTouched = false;
  const stayOpen = (event: Event) => {
    if (props.locked) event.preventDefault();
  };
  const stayUnlessEmpty = (event: Event) => {
    if (props.locked || isTouched) event.preventDefault();
  };
  // The close button is first in the DOM, but the first field gets the focus.
  const focusField = (event: Event) => {
    rememberFocus(content);
    keepFocus(content);
    isTouched = false;
    const field = content?.querySelector<HTMLElement>("[autofocus], input, select, textarea");
    if (!field || props.locked) return;
    event.preventDefault();
    field.focus();
  };
  return (
    <Kobalte open={props.open} onOpenChange={(open) => !open && props.onClose()}>
      <Kobalte.Portal>
        <Kobalte.Overlay class={`fixed inset-0 bg-veil ${isAbove() ? "z-60" : "z-40"}`} />
        <div
          class={`fixed inset-0 flex items-end justify-center sm:items-center sm:p-6 ${isAbove() ? "z-70" : "z-50"}`}
        >
          <Kobalte.Content
            ref={content}
            onOpenAutoFocus={focusField}
            onCloseAutoFocus={(event) => returnFocus(content, event)}
            onInput={() => {
              isTouched = true;
            }}
            onInteractOutside={stayUnlessEmpty}
            onEscapeKeyDown={stayOpen}
            class={`flex max-h-[92dvh] w-full flex-col rounded-t-2xl border border-line bg-raised shadow-raised outline-none sm:rounded-2xl ${props.wide ? "sm:max-w-176" : "sm:max-w-120"}`}
          >
            <header class="flex items-start justify-between gap-4 px-5 pt-5 pb-3">
              <div class="min-w-0">
                <Kobalte.Title class="text-xl font-semibold tracking-tight break-words">
                  {props.title}
                </Kobalte.Title>
                <Show when={props.description}>
                  <Kobalte.Description class="mt-1 text-muted">
                    {props.description}
                  </Kobalte.Description>
                </Show>
              </div>
              <Show when={!props.locked}>
                <Kobalte.CloseButton
                  aria-label={t("common.close")}
                  class="-mt-1 -mr-1 inline-flex size-8 shrink-0 items-center justify-center rounded-lg text-muted hover:bg-hover hover:text-ink"
                >
                  <X class="size-4" aria-hidden="true" />
                </Kobalte.CloseButton>
              </Show>
            </header>
            <div class="overflow-y-auto px-5 pt-1 pb-5">{props.children}</div>
          </Kobalte.Content>
        </div>
      </Kobalte.Portal>
    </Kobalte>
  );
}

/** The buttons at the end of a dialog. */
export function DialogActions(props: { children: JSX.Element }) {
  return <div class="mt-2 flex flex-wrap justify-end gap-2">{props.children}</div>;
}
