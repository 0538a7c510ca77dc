import type { CombinedError } from "@urql/core";
import { createSignal, type JSX, Show, splitProps } from "solid-js";
import { createFresh } from "../graphql/createFresh";
import { t } from "../i18n";
import { Button } from "./Button";
import { Dialog, DialogActions } from "./Dialog";
import { ErrorNotice } from "./ErrorNotice";
import { TextField } from "./Field";
import { Form } from "./Form";

type ConfirmDialogProps = {
  open: boolean;
  title: string;
  /** The consequences, and whether they can be undone. */
  children: JSX.Element;
  confirmLabel: string;
  /** A text that must be typed to confirm. */
  typedName?: string;
  pending: boolean;
  error: CombinedError | undefined;
  onConfirm: () => void;
  onClose: () => void;
};

/** The form of one opening of the dialog, whose typed text and error end with it. */
function ConfirmForm(props: Omit<ConfirmDialogProps, "open" | "title">) {
  const [typed, setTyped] = createSignal("");
  const isReady = () => props.typedName === undefined || typed().trim() === props.typedName;
  const error = createFresh(() => props.error);
  return (
    <Form
      onSubmit={() => {
        if (isReady()) props.onConfirm();
      }}
    >
      <div class="text-muted">{props.children}</div>
      <Show when={props.typedName}>
        {(name) => (
          <TextField
            label={t("common.typeToConfirm", { name: name() })}
            autocomplete="off"
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
        )}
      </Show>
      <ErrorNotice error={error()} />
      <DialogActions>
        <Button onClick={() => props.onClose()}>{t("common.cancel")}</Button>
        <Button tone="danger" type="submit" disabled={!isReady()} pending={props.pending}>
          {props.confirmLabel}
        </Button>
      </DialogActions>
    </Form>
  );
}

/** The confirmation of an action that cannot easily be undone. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const [dialog, form] = splitProps(props, ["open", "title"]);
  return (
    <Dialog {...dialog} onClose={() => props.onClose()}>
      <ConfirmForm {...form} />
    </Dialog>
  );
}
