import { Show } from "solid-js";
import { t } from "../../i18n";
import { Button } from "../../ui/Button";
import { type Difference, Differences } from "../../ui/Conflict";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Notice } from "../../ui/Notice";
import type { SettingsState } from "./createSettings";
import type { Draft } from "./draft";
import { describeValue } from "./SettingField";
import type { FieldName } from "./table";

function rowsOf(fields: readonly FieldName[], before: Draft, after: Draft): Difference[] {
  return fields.map((field) => ({
    name: t(`settings.fields.${field}`),
    before: describeValue(field, before[field]),
    after: describeValue(field, after[field]),
  }));
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
              label={t("conflict.theirs")}
              rows={rowsOf(conflict().fields, conflict().before, props.before)}
            />
          </>
        )}
      </Show>
      <Show when={props.settings.changed().length > 0}>
        <Differences
          label={t("conflict.yours")}
          rows={rowsOf(props.settings.changed(), props.before, props.after)}
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
