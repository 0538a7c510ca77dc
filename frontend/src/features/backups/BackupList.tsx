import { A } from "@solidjs/router";
import { createQuery } from "@urql/solid";
import { For, Show } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { Button, buttonClass } from "../../ui/Button";
import { EmptyState } from "../../ui/EmptyState";
import { ListPanel } from "../../ui/ListPanel";
import { notify } from "../../ui/Toaster";
import { BackupRow } from "./BackupRow";
import { StagedRestore } from "./StagedRestore";

const BackupsQuery = graphql(`
  query Backups {
    backups {
      name
      ...BackupRow
    }
    stagedRestore {
      name
      failure
    }
  }
`);

const CreateBackupMutation = graphql(`
  mutation CreateBackup {
    createBackup {
      backup {
        name
      }
      rows
    }
  }
`);

/** The backups in the data directory, and the staged restore. */
export function BackupList() {
  const [query] = createQuery({
    query: BackupsQuery,
    context: { additionalTypenames: ["Backup", "StagedRestore"] },
  });
  const [creation, createBackup] = createMutation(CreateBackupMutation);

  async function create() {
    const { data } = await createBackup({});
    if (data)
      notify({
        tone: "ok",
        text: t("backups.created", { rows: data.createBackup.rows }),
      });
  }
  const button = () => (
    <Button size="small" pending={creation.fetching} onClick={() => void create()}>
      {t("backups.create")}
    </Button>
  );

  return (
    <>
      <Show when={query.data?.stagedRestore}>
        {(staged) => <StagedRestore name={staged().name} failure={staged().failure} />}
      </Show>
      <ListPanel
        title={t("backups.title")}
        hint={t("backups.hint")}
        actions={
          <>
            <A href="/settings" class={buttonClass("quiet", "small")}>
              {t("backups.schedule")}
            </A>
            {button()}
          </>
        }
        error={query.error ?? creation.error}
        count={query.data?.backups.length}
        usual={3}
        filters={
          <Show when={creation.fetching}>
            <p role="status" class="border-b border-line px-4 py-3 text-muted sm:px-5">
              {t("backups.making")}
            </p>
          </Show>
        }
        empty={
          <EmptyState title={t("backups.none")} action={button()}>
            {t("backups.noneHint")}
          </EmptyState>
        }
      >
        <ul class="divide-y divide-line">
          <For each={query.data?.backups}>{(backup) => <BackupRow backup={backup} />}</For>
        </ul>
      </ListPanel>
    </>
  );
}
