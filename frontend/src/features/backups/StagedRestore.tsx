import { Show } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { Button } from "../../ui/Button";
import { Notice } from "../../ui/Notice";
import { notify, notifyError } from "../../ui/Toaster";

const CancelRestoreMutation = graphql(`
  mutation CancelRestore {
    cancelRestore {
      stagedRestore {
        name
      }
    }
  }
`);

/** The backup that the next start of the server restores, or why the last restore failed. */
export function StagedRestore(props: { name: string; failure: string | null | undefined }) {
  const [change, cancelRestore] = createMutation(CancelRestoreMutation);

  async function cancel() {
    const { error } = await cancelRestore({}, { additionalTypenames: ["StagedRestore"] });
    if (error) notifyError(error);
    else notify({ tone: "ok", text: t("backups.cancelled") });
  }

  return (
    <Notice
      tone={props.failure ? "bad" : "warn"}
      action={
        <Button size="small" pending={change.fetching} onClick={() => void cancel()}>
          {t("backups.cancelRestore")}
        </Button>
      }
    >
      <Show
        when={props.failure}
        fallback={
          <>
            <span class="font-medium">{t("backups.staged", { name: props.name })}</span>{" "}
            {t("backups.stagedHint")}
          </>
        }
      >
        <span class="font-medium">{t("backups.stagedFailed", { name: props.name })}</span>{" "}
        {props.failure}
      </Show>
    </Notice>
  );
}
