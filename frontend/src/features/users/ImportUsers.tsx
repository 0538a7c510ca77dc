import type { CombinedError } from "@urql/core";
import { useClient } from "@urql/solid";
import { createSignal, For, Show } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import type { ImportUsersMutation, UserImportPreviewQuery } from "../../graphql/generated/graphql";
import { May } from "../../graphql/may";
import { t } from "../../i18n";
import { saveText } from "../../lib/download";
import { readText } from "../../lib/form";
import { formatMoment } from "../../lib/format";
import { Button } from "../../ui/Button";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { FileField, TextAreaField } from "../../ui/Field";
import { MutationForm, type MutationState } from "../../ui/MutationDialog";
import { Notice } from "../../ui/Notice";
import { Cell, Head, Table } from "../../ui/Table";
import { keysAsCsv } from "./keysAsCsv";

const PreviewQuery = graphql(`
  query UserImportPreview($csv: String!) {
    userImportPreview(csv: $csv) {
      line
      name
      email
      group
      allowedModels
      keyExpiresAt
      problem
    }
  }
`);

const ImportMutation = graphql(`
  mutation ImportUsers($csv: String!) {
    importUsers(csv: $csv) {
      users {
        user {
          id
          name
          email
        }
        secret
      }
    }
  }
`);

type Lines = UserImportPreviewQuery["userImportPreview"];
type Created = ImportUsersMutation["importUsers"]["users"];

/** The first step: the file. Continuing shows its lines. */
function ChooseForm(props: { onRead: (csv: string, lines: Lines) => void; onClose: () => void }) {
  const client = useClient();
  const [fault, setFault] = createSignal<string>();
  const [isReading, setReading] = createSignal(false);
  const [error, setError] = createSignal<CombinedError>();

  async function submit(form: FormData, element: HTMLFormElement) {
    const [file] = element.querySelector<HTMLInputElement>("[type=file]")?.files ?? [];
    const csv = readText(form, "content") || (await file?.text().catch(() => undefined));
    setFault(csv ? undefined : t("users.importNone"));
    if (!csv) return;
    setReading(true);
    const options = { requestPolicy: "network-only" } as const;
    const answer = await client.query(PreviewQuery, { csv }, options);
    setReading(false);
    setError(answer.error);
    if (answer.data) props.onRead(csv, answer.data.userImportPreview);
  }

  return (
    <MutationForm
      mutation={{ fetching: isReading(), ...(error() && { error: error() }) }}
      submit={t("signIn.importCheck")}
      onSubmit={(form, element) => void submit(form, element)}
      onClose={props.onClose}
    >
      <FileField
        label={t("users.importFile")}
        name="file"
        accept=".csv,.tsv,.txt"
        fault={fault()}
        hint={t("users.importColumns")}
      />
      <TextAreaField
        label={t("users.importPaste")}
        name="content"
        rows="5"
        spellcheck={false}
        autocomplete="off"
        placeholder={"name,email,group\nAda,ada@example.org,Interns"}
      />
    </MutationForm>
  );
}

/** The second step: the lines with their problems. */
function PreviewForm(props: {
  lines: Lines;
  mutation: MutationState;
  onImport: () => void;
  onBack: () => void;
}) {
  const problems = () => props.lines.filter(({ problem }) => problem).length;
  return (
    <MutationForm
      mutation={props.mutation}
      submit={t("users.importCount", { count: props.lines.length })}
      disabled={problems() > 0}
      dismiss={t("signIn.importBack")}
      onSubmit={() => props.onImport()}
      onClose={props.onBack}
    >
      <Show when={problems() > 0}>
        <Notice tone="bad">{t("users.importProblems", { count: problems() })}</Notice>
      </Show>
      <div class="max-h-96 overflow-y-auto rounded-lg border border-line">
        <Table
          label={t("users.users")}
          head={
            <>
              <Head number>{t("users.importLine")}</Head>
              <Head>{t("common.name")}</Head>
              <Head>{t("users.email")}</Head>
              <Head>{t("userGroups.group")}</Head>
              <Head>{t("common.allowedModels")}</Head>
              <Head>{t("users.importExpires")}</Head>
            </>
          }
        >
          <For each={props.lines}>
            {(line) => (
              <tr>
                <Cell number>{line.line}</Cell>
                <Cell>
                  <span class="wrap-anywhere">{line.name || "–"}</span>
                  <Show when={line.problem}>
                    {(problem) => (
                      <span class="block text-sm text-bad first-letter:uppercase">{problem()}</span>
                    )}
                  </Show>
                </Cell>
                <Cell class="wrap-anywhere">{line.email}</Cell>
                <Cell>{line.group}</Cell>
                <Cell class="wrap-anywhere">{line.allowedModels?.join(", ")}</Cell>
                <Cell>
                  <Show when={line.keyExpiresAt}>{(at) => formatMoment(at())}</Show>
                </Cell>
              </tr>
            )}
          </For>
        </Table>
      </div>
    </MutationForm>
  );
}

/** The last step: the keys, which are shown nowhere again. It closes only after they were saved. */
function Keys(props: { created: Created; onClose: () => void }) {
  const [isSaved, setSaved] = createSignal(false);
  const save = () => {
    saveText(keysAsCsv(props.created), "proxypal-keys.csv", "text/csv");
    setSaved(true);
  };
  return (
    <div class="flex flex-col gap-4">
      <Notice tone="ok">{t("users.imported", { count: props.created.length })}</Notice>
      <Notice tone="warn">{t("users.importKeysOnce")}</Notice>
      <DialogActions>
        <Button onClick={save} tone={isSaved() ? "plain" : "primary"}>
          {t("users.importSaveKeys")}
        </Button>
        <Button tone="primary" disabled={!isSaved()} onClick={() => props.onClose()}>
          {t("common.done")}
        </Button>
      </DialogActions>
    </div>
  );
}

function Steps(props: { onCreated: () => void; onClose: () => void }) {
  const [read, setRead] = createSignal<{ csv: string; lines: Lines }>();
  const [created, setCreated] = createSignal<Created>();
  const [change, importUsers] = createMutation(ImportMutation);

  async function submit(csv: string) {
    const context = { additionalTypenames: ["User", "UserGroup"] };
    const { data, error } = await importUsers({ csv }, context);
    if (error || !data) return;
    props.onCreated();
    setCreated(data.importUsers.users);
  }

  return (
    <Show
      when={created()}
      fallback={
        <Show
          when={read()}
          fallback={
            <ChooseForm onRead={(csv, lines) => setRead({ csv, lines })} onClose={props.onClose} />
          }
        >
          {(known) => (
            <PreviewForm
              lines={known().lines}
              mutation={change}
              onImport={() => void submit(known().csv)}
              onBack={() => setRead(undefined)}
            />
          )}
        </Show>
      }
    >
      {(known) => <Keys created={known()} onClose={props.onClose} />}
    </Show>
  );
}

/** Creates the users of a CSV file and gives their keys as one. */
export function ImportUsers() {
  const [isOpen, setOpen] = createSignal(false);
  const [isLocked, setLocked] = createSignal(false);
  const close = () => {
    setOpen(false);
    setLocked(false);
  };
  return (
    <May do="importUsers">
      <Button onClick={() => setOpen(true)}>{t("users.importButton")}</Button>
      <Dialog
        open={isOpen()}
        locked={isLocked()}
        wide
        onClose={close}
        title={t("users.importButton")}
        description={t("users.importHint")}
      >
        <Steps onCreated={() => setLocked(true)} onClose={close} />
      </Dialog>
    </May>
  );
}
