import { For, Show } from "solid-js";
import { t } from "../../i18n";
import { Button } from "../../ui/Button";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Notice } from "../../ui/Notice";
import { Cell, Head, Table } from "../../ui/Table";
import type { SettingsState } from "./createSettings";
import type { Draft, FieldName } from "./draft";
import { describeValue } from "./SettingField";

function Differences(props: {
  label: string;
  fields: readonly FieldName[];
  before: Draft;
  after: Draft;
}) {
  return (
    <div class="overflow-hidden rounded-lg border border-line">
      <Table
        label={props.label}
        head={
          <>
            <Head>{props.label}</Head>
            <Head>{t("settings.before")}</Head>
            <Head>{t("settings.after")}</Head>
          </>
        }
      >
        <For each={props.fields}>
          {(field) => (
            <tr>
              <Cell>{t(`settings.fields.${field}`)}</Cell>
              <Cell class="text-muted line-through decoration-line-strong">
                {describeValue(field, props.before[field])}
              </Cell>
              <Cell class="font-semibold">{describeValue(field, props.after[field])}</Cell>
            </tr>
          )}
        </For>
      </Table>
    </div>
  );
}

type ReviewDialogProps = {
  open: boolean;
  settings: SettingsState;
  onSave: () => void;
  onDiscard: () => void;
  onClose: () => void;
};

function Body(props: ReviewDialogProps & { before: Draft; after: Draft }) {
  return (
    <div class="flex flex-col gap-4">
      <Show
        when={props.settings.conflict()}
        fallback={<ErrorNotice error={props.settings.error()} />}
      >
        {(conflict) => (
          <>
            <Notice tone="warn">
              <span class="font-medium">{t("settings.conflict")}</span> {t("settings.conflictHint")}
            </Notice>
            <Differences
              label={t("settings.theirs")}
              fields={conflict().fields}
              before={conflict().before}
              after={props.before}
            />
          </>
        )}
      </Show>
      <Show when={props.settings.changed().length > 0}>
        <Differences
          label={t("settings.yours")}
          fields={props.settings.changed()}
          before={props.before}
          after={props.after}
        />
      </Show>
      <DialogActions>
        <Show
          when={props.settings.conflict()}
          fallback={<Button onClick={() => props.onClose()}>{t("common.back")}</Button>}
        >
          <Button onClick={() => props.onDiscard()}>{t("settings.keepTheirs")}</Button>
        </Show>
        <Button
          tone="primary"
          disabled={props.settings.changed().length === 0}
          pending={props.settings.isSaving()}
          onClick={() => props.onSave()}
        >
          {t("settings.save")}
        </Button>
      </DialogActions>
    </div>
  );
}

/** Shows the changes before they are saved, and conflicting changes of other administrators. */
export function ReviewDialog(props: ReviewDialogProps) {
  const known = () => {
    const [before, after] = [props.settings.base(), props.settings.draft()];
    return before && after && { before, after };
  };
  return (
    <Dialog open={props.open} title={t("settings.review")} wide onClose={props.onClose}>
      <Show when={known()}>
        {(drafts) => <Body {...props} before={drafts().before} after={drafts().after} />}
      </Show>
    </Dialog>
  );
}
