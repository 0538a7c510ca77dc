import { A } from "@solidjs/router";
import { createMutation, createQuery } from "@urql/solid";
import { For, Match, Show, Switch } from "solid-js";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { Button, buttonClass } from "../../ui/Button";
import { EmptyState } from "../../ui/EmptyState";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Panel } from "../../ui/Panel";
import { SkeletonRows } from "../../ui/Skeleton";
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

/** The backups that lie in the data directory, and what will become of one at the next start. */
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
      <Panel
        flush
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
      >
        <Show when={creation.fetching}>
          <p role="status" class="border-b border-line px-4 py-3 text-muted sm:px-5">
            {t("backups.making")}
          </p>
        </Show>
        <Show when={query.error ?? creation.error}>
          {(error) => (
            <div class="p-4">
              <ErrorNotice error={error()} />
            </div>
          )}
        </Show>
        <Switch fallback={<Show when={!query.error}>{<SkeletonRows rows={3} />}</Show>}>
          <Match when={query.data?.backups.length}>
            <ul class="divide-y divide-line">
              <For each={query.data?.backups}>{(backup) => <BackupRow backup={backup} />}</For>
            </ul>
          </Match>
          <Match when={query.data}>
            <EmptyState title={t("backups.none")} action={button()}>
              {t("backups.noneHint")}
            </EmptyState>
          </Match>
        </Switch>
      </Panel>
    </>
  );
}
