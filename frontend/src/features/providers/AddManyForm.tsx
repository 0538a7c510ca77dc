import { For, Show } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import type { AddProviderApiKeysMutation, ProviderKind } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { readText } from "../../lib/form";
import { Button } from "../../ui/Button";
import { DialogActions } from "../../ui/Dialog";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { TextAreaField } from "../../ui/Field";
import { Form } from "../../ui/Form";
import { Notice } from "../../ui/Notice";
import { AddKeyFields, readKeyFields } from "./AddKeyFields";

const AddProviderApiKeysMutationDoc = graphql(`
  mutation AddProviderApiKeys($input: AddProviderApiKeysInput!) {
    addProviderApiKeys(input: $input) {
      results {
        account {
          id
          label
        }
        problem
      }
    }
  }
`);

type Result = AddProviderApiKeysMutation["addProviderApiKeys"]["results"][number];

function Report(props: { results: readonly Result[] }) {
  const added = () => props.results.filter(({ account }) => account).length;
  const refused = () =>
    props.results.flatMap(({ problem }, index) => (problem ? [{ problem, line: index + 1 }] : []));
  return (
    <>
      <Show when={added() > 0}>
        <Notice tone="ok">{t("providers.addedMany", { count: added() })}</Notice>
      </Show>
      <Show when={refused().length > 0}>
        <Notice tone="bad">
          <ul>
            <For each={refused()}>
              {({ line, problem }) => (
                <li>
                  <span class="font-medium">{t("providers.keyNumber", { line })}</span> {problem}
                </li>
              )}
            </For>
          </ul>
        </Notice>
      </Show>
    </>
  );
}

/** Adds many keys with the same settings, and shows the result of each. */
export function AddManyForm(props: { kind: ProviderKind; onClose: () => void }) {
  const [addition, add] = createMutation(AddProviderApiKeysMutationDoc);
  const results = () => (addition.fetching ? undefined : addition.data?.addProviderApiKeys.results);

  async function submit(form: FormData, element: HTMLFormElement) {
    const apiKeys = readText(form, "apiKeys").split(/\s+/).filter(Boolean);
    const { data } = await add({ input: { ...readKeyFields(props.kind, form), apiKeys } });
    // Rejected keys stay in the form for correction.
    if (data?.addProviderApiKeys.results.every(({ account }) => account)) element.reset();
  }

  return (
    <Form onSubmit={(form, element) => void submit(form, element)}>
      <TextAreaField
        label={t("providers.apiKeys")}
        name="apiKeys"
        rows="5"
        autocomplete="off"
        spellcheck={false}
        hint={t("providers.apiKeysHint")}
        required
        autofocus
      />
      <AddKeyFields kind={props.kind} />
      <ErrorNotice error={addition.error} />
      <Show when={results()}>{(known) => <Report results={known()} />}</Show>
      <DialogActions>
        <Button onClick={() => props.onClose()}>{t("common.close")}</Button>
        <Button tone="primary" type="submit" pending={addition.fetching}>
          {t("providers.addMany")}
        </Button>
      </DialogActions>
    </Form>
  );
}
