import { createSignal, For, Show } from "solid-js";
import { createMutation } from "../../../graphql/createMutation";
import { graphql } from "../../../graphql/generated";
import type { ImportAccountsMutation, ImportedFileInput } from "../../../graphql/generated/graphql";
import { May } from "../../../graphql/may";
import { t } from "../../../i18n";
import { readText } from "../../../lib/form";
import { Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { FileField, TextAreaField } from "../../../ui/Field";
import { MutationForm } from "../../../ui/MutationDialog";
import { Notice } from "../../../ui/Notice";

const ImportAccountsMutationDocument = graphql(`
  mutation ImportAccounts($files: [ImportedFileInput!]!) {
    importProviderAccount(files: $files) {
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
            <span class="font-medium">{problem.file}:</span> {problem.message}
          </Notice>
        )}
      </For>
      <Show when={props.report.accounts.length + props.report.problems.length === 0}>
        <Notice tone="warn">{t("signIn.importNothing")}</Notice>
      </Show>
    </>
  );
}

function ImportForm(props: { onClose: () => void }) {
  const [change, importAccounts] = createMutation(ImportAccountsMutationDocument);
  const [fault, setFault] = createSignal<string>();
  const report = () => (change.fetching ? undefined : change.data?.importProviderAccount);

  async function submit(form: FormData, element: HTMLFormElement) {
    const chosen = element.querySelector<HTMLInputElement>("[type=file]")?.files ?? [];
    const files = await readFiles(chosen, readText(form, "content")).catch(() => undefined);
    if (!files) return setFault(t("signIn.importUnreadable"));
    setFault(files.length === 0 ? t("signIn.importNone") : undefined);
    if (files.length === 0) return;
    const { data } = await importAccounts({ files });
    // Rejected files stay in the form for correction.
    if (data?.importProviderAccount.problems.length === 0) element.reset();
  }

  return (
    <MutationForm
      mutation={change}
      submit={t("signIn.import")}
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
      <Show when={report()}>{(known) => <Report report={known()} />}</Show>
    </MutationForm>
  );
}

/** Imports accounts from files of the engine, of the desktop program or of another server. */
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
        <ImportForm onClose={() => setOpen(false)} />
      </Dialog>
    </May>
  );
}
