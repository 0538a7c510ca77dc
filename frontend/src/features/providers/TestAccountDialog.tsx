import { createQuery } from "@urql/solid";
import { createUniqueId, For, Show } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import type { ProviderKind, TestProviderAccountMutation } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { readText } from "../../lib/form";
import { formatDuration } from "../../lib/format";
import { Dialog } from "../../ui/Dialog";
import { TextField } from "../../ui/Field";
import { MutationForm } from "../../ui/MutationDialog";
import { Notice } from "../../ui/Notice";

const ModelsToTestQuery = graphql(`
  query ModelsToTest {
    models {
      name
      aliasOf
      providers
    }
  }
`);

const TestProviderAccountMutationDoc = graphql(`
  mutation TestProviderAccount($id: ID!, $model: String!) {
    testProviderAccount(id: $id, model: $model) {
      succeeded
      status
      latencyMs
      message
      account {
        id
        ...AccountRow
      }
    }
  }
`);

/** An account that can be tested. */
export type TestedAccount = {
  id: string;
  kind: ProviderKind;
  label: string;
  models: readonly { name: string; alias?: string | null }[];
};

type Outcome = TestProviderAccountMutation["testProviderAccount"];

function Result(props: { outcome: Outcome; model: string }) {
  const summary = () => {
    const { status, succeeded, latencyMs } = props.outcome;
    const duration = formatDuration(latencyMs);
    if (status === null || status === undefined)
      return t("providers.test.unanswered", { model: props.model, duration });
    const values = { model: props.model, duration, status: String(status) };
    return succeeded ? t("providers.test.succeeded", values) : t("providers.test.failed", values);
  };
  return (
    <Notice tone={props.outcome.succeeded ? "ok" : "bad"}>
      <p>{summary()}</p>
      <Show when={props.outcome.message}>{(message) => <p class="mt-1">{message()}</p>}</Show>
    </Notice>
  );
}

function TestForm(props: { account: TestedAccount; onClose: () => void }) {
  const [known] = createQuery({ query: ModelsToTestQuery });
  const [test, send] = createMutation(TestProviderAccountMutationDoc);
  const list = createUniqueId();
  const own = () => props.account.models.map(({ name, alias }) => alias || name);
  const ofProvider = () =>
    (known.data?.models ?? [])
      .filter((model) => !model.aliasOf && model.providers.includes(props.account.kind))
      .map(({ name }) => name);
  const models = () => (own().length > 0 ? own() : ofProvider());
  const outcome = () => (test.fetching ? undefined : test.data?.testProviderAccount);
  let tested = "";

  async function submit(form: FormData) {
    tested = readText(form, "model").trim();
    await send({ id: props.account.id, model: tested });
  }

  return (
    <MutationForm
      mutation={test}
      submit={t("providers.test.send")}
      dismiss={t("common.close")}
      onSubmit={(form) => void submit(form)}
      onClose={props.onClose}
    >
      <TextField
        label={t("providers.test.model")}
        name="model"
        value={own()[0] ?? ""}
        hint={t("providers.test.modelHint")}
        list={list}
        maxLength={200}
        autocomplete="off"
        required
        autofocus
      />
      <datalist id={list}>
        <For each={models()}>{(name) => <option value={name} />}</For>
      </datalist>
      <Show when={outcome()}>{(known) => <Result outcome={known()} model={tested} />}</Show>
    </MutationForm>
  );
}

/** Tests an account with one request for a model, whose cost it states first. */
export function TestAccountDialog(props: {
  account: TestedAccount;
  open: boolean;
  onClose: () => void;
}) {
  return (
    <Dialog
      open={props.open}
      onClose={props.onClose}
      title={t("providers.test.title", { label: props.account.label })}
      description={t("providers.test.hint")}
    >
      <TestForm account={props.account} onClose={props.onClose} />
    </Dialog>
  );
}
