import type { CombinedError } from "@urql/core";
import { useClient } from "@urql/solid";
import { createSignal, For, Show } from "solid-js";
import { createMutation } from "../../../graphql/createMutation";
import { graphql } from "../../../graphql/generated";
import type { ImportAccountsMutation, ImportedFileInput } from "../../../graphql/generated/graphql";
import { May } from "../../../graphql/may";
import { t } from "../../../i18n";
import { readText } from "../../../lib/form";
import { Button } from "../../../ui/Button";
import { Dialog, DialogActions } from "../../../ui/Dialog";
import { FileField, TextAreaField } from "../../../ui/Field";
import { MutationForm, type MutationState } from "../../../ui/MutationDialog";
import { Notice } from "../../../ui/Notice";
import { describeProblem } from "./describeProblem";
import { type Entries, ImportPreview, ImportPreviewQueryDocument } from "./ImportPreview";

const ImportAccountsMutationDocument = graphql(`
  mutation ImportAccounts($files: [ImportedFileInput!]!, $withoutRefreshing: Boolean!) {
    importProviderAccount(files: $files, withoutRefreshing: $withoutRefreshing) {
      accounts {
        id
        label
      }
      problems {
        file
        message
      }
    }
  }
`);

async function readFiles(chosen: Iterable<File>, pasted: string): Promise<ImportedFileInput[]> {
  const read = await Promise.all(
    [...chosen].map(async (file) => ({ name: file.name, content: await file.text() })),
  );
  return pasted ? [...read, { name: t("signIn.pasted"), content: pasted }] : read;
}

function Report(props: { report: ImportAccountsMutation["importProviderAccount"] }) {
  return (
    <>
      <Show when={props.report.accounts.length > 0}>
        <Notice tone="ok">
          {t("signIn.imported", {
            labels: props.report.accounts.map(({ label }) => label).join(", "),
          })}
        </Notice>
      </Show>
      <For each={props.report.problems}>
        {(problem) => (
          <Notice tone="bad">
            <span class="font-medium">{problem.file}:</span> {describeProblem(problem.message)}
          </Notice>
        )}
      </For>
      <Show when={props.report.accounts.length + props.report.problems.length === 0}>
        <Notice tone="warn">{t("signIn.importNothing")}</Notice>
      </Show>
    </>
  );
}

/** The first step: the files. Continuing shows what they hold. */
function ChooseForm(props: {
  onFound: (files: ImportedFileInput[], entries: Entries) => void;
  onClose: () => void;
}) {
  const client = useClient();
  const [fault, setFault] = createSignal<string>();
  const [isReading, setReading] = createSignal(false);
  const [error, setError] = createSignal<CombinedError>();

  async function submit(form: FormData, element: HTMLFormElement) {
    const chosen = element.querySelector<HTMLInputElement>("[type=file]")?.files ?? [];
    const files = await readFiles(chosen, readText(form, "content")).catch(() => undefined);
    if (!files) return setFault(t("signIn.importUnreadable"));
    setFault(files.length === 0 ? t("signIn.importNone") : undefined);
    if (files.length === 0) return;
    setReading(true);
    const options = { requestPolicy: "network-only" } as const;
    const answer = await client.query(ImportPreviewQueryDocument, { files }, options);
    setReading(false);
    setError(answer.error);
    if (answer.data) props.onFound(files, answer.data.importPreview);
  }

  return (
    <MutationForm
      mutation={{ fetching: isReading(), ...(error() && { error: error() }) }}
      submit={t("signIn.importCheck")}
      dismiss={t("common.close")}
      onSubmit={(form, element) => void submit(form, element)}
      onClose={props.onClose}
    >
      <FileField
        label={t("signIn.importFiles")}
        name="files"
        accept=".json,.yaml,.yml,.txt"
        multiple
        fault={fault()}
      />
      <TextAreaField
        label={t("signIn.importPaste")}
        name="content"
        rows="5"
        spellcheck={false}
        autocomplete="off"
        placeholder='{ "type": "claude", "access_token": "…" }'
        hint={t("signIn.importSealed")}
      />
    </MutationForm>
  );
}

/** The second step: the accounts. After the import its report takes their place. */
function ImportForm(props: {
  entries: Entries;
  mutation: MutationState;
  report: ImportAccountsMutation["importProviderAccount"] | undefined;
  onImport: (withoutRefreshing: boolean) => void;
  onBack: () => void;
  onClose: () => void;
}) {
  const count = () => props.entries.filter((entry) => entry.account).length;
  return (
    <Show
      when={props.report}
      fallback={
        <MutationForm
          mutation={props.mutation}
          submit={t("signIn.importCount", { count: count() })}
          disabled={count() === 0}
          dismiss={t("signIn.importBack")}
          onSubmit={(form) => props.onImport(readText(form, "refresh") === "none")}
          onClose={props.onBack}
        >
          <ImportPreview entries={props.entries} />
        </MutationForm>
      }
    >
      {(known) => (
        <div class="flex flex-col gap-4">
          <Report report={known()} />
          <DialogActions>
            <Button tone="primary" onClick={() => props.onClose()}>
              {t("common.close")}
            </Button>
          </DialogActions>
        </div>
      )}
    </Show>
  );
}

function ImportSteps(props: { onClose: () => void }) {
  const [found, setFound] = createSignal<{ files: ImportedFileInput[]; entries: Entries }>();
  const [change, importAccounts] = createMutation(ImportAccountsMutationDocument);
  return (
    <Show
      when={found()}
      fallback={
        <ChooseForm
          onFound={(files, entries) => setFound({ files, entries })}
          onClose={props.onClose}
        />
      }
    >
      {(known) => (
        <ImportForm
          entries={known().entries}
          mutation={change}
          report={change.fetching ? undefined : change.data?.importProviderAccount}
          onImport={(withoutRefreshing) =>
            void importAccounts({ files: known().files, withoutRefreshing })
          }
          onBack={() => setFound(undefined)}
          onClose={props.onClose}
        />
      )}
    </Show>
  );
}

/** Imports accounts from files of coding agents, of the engine, of the desktop program or of another server. */
export function ImportAccounts() {
  const [isOpen, setOpen] = createSignal(false);
  return (
    <May do="importProviderAccount">
      <Button onClick={() => setOpen(true)}>{t("signIn.importButton")}</Button>
      <Dialog
        open={isOpen()}
        onClose={() => setOpen(false)}
        title={t("signIn.importButton")}
        description={t("signIn.importHint")}
      >
        <ImportSteps onClose={() => setOpen(false)} />
      </Dialog>
    </May>
  );
}
