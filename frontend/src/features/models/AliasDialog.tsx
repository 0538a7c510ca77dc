import { createQuery } from "@urql/solid";
import { createUniqueId, For, Show } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import type { ProviderKind } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { readText } from "../../lib/form";
import { Dialog } from "../../ui/Dialog";
import { SelectField, TextField } from "../../ui/Field";
import { MutationForm } from "../../ui/MutationDialog";
import { providerOptions, readProvider } from "../../ui/providers";
import { notify } from "../../ui/Toaster";

const AliasTargetsQuery = graphql(`
  query AliasTargets {
    models {
      name
      aliasOf
    }
  }
`);

/** Sets an alias, or lets one that is there lead elsewhere. */
export const SetModelAliasMutation = graphql(`
  mutation SetModelAlias($input: SetModelAliasInput!) {
    setModelAlias(input: $input) {
      alias {
        alias
        model
        provider
        active
      }
    }
  }
`);

type Edited = { alias: string; model: string; provider?: ProviderKind | null };
type AliasDialogProps = { edited: Edited | "new" | undefined; onClose: () => void };

function AliasForm(props: { known: Edited | undefined; onClose: () => void }) {
  const [targets] = createQuery({ query: AliasTargetsQuery });
  const [change, set] = createMutation(SetModelAliasMutation);
  const list = createUniqueId();
  const models = () => (targets.data?.models ?? []).filter(({ aliasOf }) => !aliasOf);

  async function submit(form: FormData) {
    const input = {
      alias: readText(form, "alias"),
      model: readText(form, "model"),
      provider: readProvider(readText(form, "provider")) ?? null,
    };
    const { error } = await set({ input });
    if (error) return;
    props.onClose();
    notify({ tone: "ok", text: t("models.aliasSaved", { alias: input.alias }) });
  }

  return (
    <MutationForm
      mutation={change}
      submit={t("common.save")}
      onSubmit={(form) => void submit(form)}
      onClose={props.onClose}
    >
      <TextField
        label={t("models.aliasField")}
        name="alias"
        value={props.known?.alias ?? ""}
        readOnly={props.known !== undefined}
        hint={t("models.aliasHint")}
        autocomplete="off"
        required
      />
      <TextField
        label={t("models.leadsTo")}
        name="model"
        value={props.known?.model ?? ""}
        list={list}
        autocomplete="off"
        required
      />
      <datalist id={list}>
        <For each={models()}>{({ name }) => <option value={name} />}</For>
      </datalist>
      <SelectField
        label={t("models.accounts")}
        name="provider"
        value={props.known?.provider ?? ""}
        options={[{ value: "", label: t("models.anyProvider") }, ...providerOptions()]}
      />
    </MutationForm>
  );
}

/** Asks for a model's other name; open while one is edited. */
export function AliasDialog(props: AliasDialogProps) {
  return (
    <Dialog open={props.edited !== undefined} title={t("models.addAlias")} onClose={props.onClose}>
      <Show when={props.edited} keyed>
        {(edited) => (
          <AliasForm known={edited === "new" ? undefined : edited} onClose={props.onClose} />
        )}
      </Show>
    </Dialog>
  );
}
