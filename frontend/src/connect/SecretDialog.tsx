import { createSignal, type JSX, Show } from "solid-js";
import { t } from "../i18n";
import { Button } from "../ui/Button";
import { CodeBlock } from "../ui/CodeBlock";
import { Dialog, DialogActions } from "../ui/Dialog";
import { Notice } from "../ui/Notice";

/** A new secret and its name. */
export type FreshSecret = { title: string; secret: string };

type SecretDialogProps = {
  /** The dialog is open while there is one. */
  fresh: FreshSecret | undefined;
  /** Instructions for using the secret. */
  children: (secret: string) => JSX.Element;
  onDone: () => void;
};

function Content(props: SecretDialogProps & { secret: string }) {
  const [isKept, setKept] = createSignal(false);
  return (
    <div class="flex flex-col gap-4">
      <Notice tone="warn">{t("connect.onlyOnce")}</Notice>
      <CodeBlock code={props.secret} />
      {props.children(props.secret)}
      <label class="flex items-center gap-2.5 font-medium">
        <input
          type="checkbox"
          class="size-4 accent-accent-text"
          onChange={(event) => setKept(event.currentTarget.checked)}
        />
        {t("connect.kept")}
      </label>
      <DialogActions>
        <Button tone="primary" disabled={!isKept()} onClick={() => props.onDone()}>
          {t("common.done")}
        </Button>
      </DialogActions>
    </div>
  );
}

/** Shows a new secret once. It closes only after the reader confirms that they saved it. */
export function SecretDialog(props: SecretDialogProps) {
  return (
    <Dialog
      open={props.fresh !== undefined}
      title={props.fresh?.title ?? ""}
      locked
      wide
      onClose={() => props.onDone()}
    >
      <Show when={props.fresh}>{(fresh) => <Content {...props} secret={fresh().secret} />}</Show>
    </Dialog>
  );
}
