import type { CombinedError } from "@urql/core";
import { type JSX, Show, splitProps } from "solid-js";
import { createFresh } from "../graphql/createFresh";
import { isOutdated } from "../graphql/errors";
import { t } from "../i18n";
import { Button } from "./Button";
import { ConflictNotice, type ConflictRows } from "./Conflict";
import { Dialog, DialogActions, type DialogProps } from "./Dialog";
import { ErrorNotice } from "./ErrorNotice";
import { Form } from "./Form";

/** The state of a mutation, as `createMutation` of urql returns it. */
export type MutationState = { fetching: boolean; error?: CombinedError };

type MutationFormProps = {
  /** The mutation that the form sends. */
  mutation: MutationState;
  /** The label of the submit button. */
  submit: string;
  danger?: boolean;
  /** Whether there is nothing to submit. */
  disabled?: boolean;
  /** The label of the cancel button; "Cancel" by default. */
  dismiss?: string;
  onSubmit: (form: FormData, element: HTMLFormElement) => void;
  /** Shown instead of the error if another administrator has changed the same thing. */
  conflict?: ConflictRows | undefined;
  /** Without it there is no cancel button. */
  onClose?: () => void;
  children: JSX.Element;
};

/** The fields of a mutation, its error, and the submit and cancel buttons. */
export function MutationForm(props: MutationFormProps) {
  const error = createFresh(() => props.mutation.error);
  return (
    <Form onSubmit={(form, element) => props.onSubmit(form, element)}>
      {props.children}
      <ConflictNotice conflict={props.conflict} />
      <Show when={!(props.conflict && isOutdated(error()))}>
        <ErrorNotice error={error()} />
      </Show>
      <DialogActions>
        <Show when={props.onClose}>
          {(close) => (
            <Button onClick={() => close()()}>{props.dismiss ?? t("common.cancel")}</Button>
          )}
        </Show>
        <Button
          tone={props.danger ? "danger" : "primary"}
          type="submit"
          disabled={props.disabled}
          pending={props.mutation.fetching}
        >
          {props.submit}
        </Button>
      </DialogActions>
    </Form>
  );
}

type MutationDialogProps = Omit<DialogProps, "children" | "locked"> &
  MutationFormProps & { onClose: () => void };

/** A dialog with one form. */
export function MutationDialog(props: MutationDialogProps) {
  const [dialog, form] = splitProps(props, ["open", "title", "description", "wide"]);
  return (
    <Dialog {...dialog} onClose={() => props.onClose()}>
      <MutationForm {...form} />
    </Dialog>
  );
}
