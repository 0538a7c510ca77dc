import { Toast, toaster } from "@kobalte/core/toast";
import type { CombinedError } from "@urql/core";
import CircleAlert from "lucide-solid/icons/circle-alert";
import CircleCheck from "lucide-solid/icons/circle-check";
import X from "lucide-solid/icons/x";
import { Show } from "solid-js";
import { Portal } from "solid-js/web";
import { explain } from "../graphql/errors";
import { t } from "../i18n";

const SHOWN_MS = 6000;
// Long enough to read the error and its remedy.
const SHOWN_FOR_ERRORS_MS = 12_000;

type Message = {
  tone: "ok" | "bad";
  text: string;
  /** Secondary text, such as the request id. */
  detail?: string;
  /** An action, such as undo. */
  action?: { label: string; onAct: () => void };
};

function Card(props: Message & { toastId: number }) {
  return (
    <Toast
      toastId={props.toastId}
      duration={props.tone === "bad" ? SHOWN_FOR_ERRORS_MS : SHOWN_MS}
      class="toast flex w-full items-start gap-3 rounded-xl border border-line bg-raised p-3.5 shadow-raised"
    >
      <Show
        when={props.tone === "bad"}
        fallback={<CircleCheck class="mt-0.5 size-4 shrink-0 text-ok" aria-hidden="true" />}
      >
        <CircleAlert class="mt-0.5 size-4 shrink-0 text-bad" aria-hidden="true" />
      </Show>
      <div class="min-w-0 flex-1">
        <Toast.Title class="break-words">{props.text}</Toast.Title>
        <Show when={props.detail}>
          <Toast.Description class="mt-0.5 font-mono text-xs break-words text-muted">
            {props.detail}
          </Toast.Description>
        </Show>
      </div>
      <Show when={props.action}>
        {(action) => (
          <button
            type="button"
            class="-my-1 shrink-0 rounded-md px-2 py-1 font-semibold text-accent-text hover:bg-hover"
            onClick={() => {
              toaster.dismiss(props.toastId);
              action().onAct();
            }}
          >
            {action().label}
          </button>
        )}
      </Show>
      <Toast.CloseButton
        aria-label={t("common.close")}
        class="-m-1 inline-flex size-7 shrink-0 items-center justify-center rounded-md text-muted hover:bg-hover hover:text-ink"
      >
        <X class="size-3.5" aria-hidden="true" />
      </Toast.CloseButton>
    </Toast>
  );
}

/** Shows a toast about a completed action; with an action, it can be undone. */
export function notify(message: Message) {
  toaster.show((props) => <Card {...message} toastId={props.toastId} />);
}

/** Shows a toast about an error without a place in the page. */
export function notifyError(error: CombinedError) {
  const { cause, cure, reference } = explain(error);
  notify({ tone: "bad", text: cure ? `${cause} ${cure}` : cause, detail: reference });
}

/** The region of toasts. */
export function Toaster(props: { label: string }) {
  return (
    <Portal>
      <Toast.Region aria-label={props.label} limit={3}>
        <Toast.List class="fixed right-0 bottom-16 z-60 flex w-full max-w-100 flex-col gap-2 p-4 outline-none lg:bottom-0" />
      </Toast.Region>
    </Portal>
  );
}
