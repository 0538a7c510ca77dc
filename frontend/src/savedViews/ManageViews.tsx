import Trash from "lucide-solid/icons/trash";
import { createMemo, For } from "solid-js";
import { createMutation } from "../graphql/createMutation";
import { graphql } from "../graphql/generated";
import { t } from "../i18n";
import { readText } from "../lib/form";
import { Button } from "../ui/Button";
import { Dialog, DialogActions } from "../ui/Dialog";
import { ErrorNotice } from "../ui/ErrorNotice";
import { TextField } from "../ui/Field";
import { Form } from "../ui/Form";
import { IconButton } from "../ui/IconButton";
import { notify } from "../ui/Toaster";
import type { View } from "./SavedViews";

/** Renames a view or replaces its filters. */
export const UpdateSavedViewDocument = graphql(`
  mutation UpdateSavedView($id: ID!, $input: UpdateSavedViewInput!) {
    updateSavedView(id: $id, input: $input) {
      view {
        id
        name
        search
      }
    }
  }
`);

const DeleteSavedViewDocument = graphql(`
  mutation DeleteSavedView($id: ID!) {
    deleteSavedView(id: $id) {
      view {
        id
      }
    }
  }
`);

type ManageViewsProps = { open: boolean; views: readonly View[]; onClose: () => void };

/** Renames and deletes saved views. */
export function ManageViews(props: ManageViewsProps) {
  const [renaming, update] = createMutation(UpdateSavedViewDocument);
  const [deleting, remove] = createMutation(DeleteSavedViewDocument);
  // By id, so that a list that was read again keeps what is being typed.
  const ids = createMemo(() => props.views.map(({ id }) => id), [], {
    equals: (left, right) => left.join() === right.join(),
  });
  const nameOf = (id: string) => props.views.find((view) => view.id === id)?.name ?? "";

  async function rename(id: string, name: string) {
    const answer = await update({ id, input: { name } });
    if (answer.data) notify({ tone: "ok", text: t("views.renamed", { name }) });
  }
  async function drop(id: string) {
    const name = nameOf(id);
    const answer = await remove({ id }, { additionalTypenames: ["SavedView"] });
    if (!answer.data) return;
    notify({ tone: "ok", text: t("views.deleted", { name }) });
    if (props.views.every((view) => view.id === id)) props.onClose();
  }
  return (
    <Dialog open={props.open} title={t("views.manageTitle")} onClose={props.onClose}>
      <ul class="flex max-h-96 flex-col gap-3 overflow-y-auto p-1">
        <For each={ids()}>
          {(id) => (
            <li>
              <Form onSubmit={(form) => void rename(id, readText(form, "name"))}>
                <div class="flex items-end gap-2">
                  <div class="min-w-0 flex-1">
                    <TextField
                      name="name"
                      label={t("views.nameOf", { name: nameOf(id) })}
                      value={nameOf(id)}
                      required
                      maxLength={60}
                    />
                  </div>
                  <Button type="submit" pending={renaming.fetching}>
                    {t("views.rename")}
                  </Button>
                  <IconButton
                    label={t("views.delete", { name: nameOf(id) })}
                    onClick={() => void drop(id)}
                  >
                    <Trash class="size-4" aria-hidden="true" />
                  </IconButton>
                </div>
              </Form>
            </li>
          )}
        </For>
      </ul>
      <ErrorNotice error={renaming.error} />
      <ErrorNotice error={deleting.error} />
      <DialogActions>
        <Button onClick={() => props.onClose()}>{t("common.close")}</Button>
      </DialogActions>
    </Dialog>
  );
}
