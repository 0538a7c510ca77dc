import { createQuery, useClient } from "@urql/solid";
import { Show, untrack } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { createVersioned } from "../../graphql/createVersioned";
import { graphql } from "../../graphql/generated";
import type {
  AccountToEditQuery,
  ProviderKind,
  UpdateProviderAccountInput,
} from "../../graphql/generated/graphql";
import { May } from "../../graphql/may";
import { t } from "../../i18n";
import { readSecret } from "../../lib/form";
import { type Difference, differencesOf } from "../../ui/Conflict";
import { Dialog } from "../../ui/Dialog";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { CheckField, TextAreaField, TextField } from "../../ui/Field";
import { Loading } from "../../ui/Loading";
import { MutationForm } from "../../ui/MutationDialog";
import { supportedProvider } from "../../ui/providers";
import { notify } from "../../ui/Toaster";
import { accountInput, formatModels } from "./accountInput";

// Queried separately from the board, because viewers may not read the proxy's URL.
const AccountToEditQueryDoc = graphql(`
  query AccountToEdit($kind: ProviderKind!) {
    provider(kind: $kind) {
      accounts {
        id
        version
        label
        credential
        baseUrl
        prefix
        priority
        weight
        proxyUrl
        headerNames
        models {
          name
          alias
        }
      }
    }
  }
`);

const UpdateProviderAccountMutation = graphql(`
  mutation UpdateProviderAccount(
    $id: ID!
    $input: UpdateProviderAccountInput!
    $password: String
    $expectedVersion: Int
  ) {
    updateProviderAccount(
      id: $id
      input: $input
      password: $password
      expectedVersion: $expectedVersion
    ) {
      account {
        id
        label
        version
      }
    }
  }
`);

type Account = NonNullable<AccountToEditQuery["provider"]>["accounts"][number];

function KeyFields(props: { account: Account; kind: ProviderKind }) {
  const keys = () => supportedProvider(props.kind)?.apiKeys;
  const needsModels = () => keys()?.modelsRequired ?? false;
  return (
    <>
      <TextField
        label={t("providers.baseUrl")}
        name="baseUrl"
        type="url"
        value={props.account.baseUrl ?? ""}
        placeholder={keys()?.defaultBaseUrl ?? ""}
        hint={keys()?.defaultBaseUrl ? t("providers.baseUrlHint") : undefined}
        required={!keys()?.defaultBaseUrl}
      />
      <TextAreaField
        label={t("providers.models")}
        name="models"
        value={formatModels(props.account.models)}
        hint={
          needsModels()
            ? t("providers.modelsHint")
            : `${t("providers.modelsHint")} ${t("providers.modelsAllHint")}`
        }
        required={needsModels()}
      />
      <TextAreaField
        label={t("providers.headers")}
        name="headers"
        rows="2"
        placeholder="X-Team: blue"
        autocomplete="off"
        hint={
          props.account.headerNames.length > 0
            ? t("providers.headersKept", { names: props.account.headerNames.join(", ") })
            : t("providers.headersHint")
        }
      />
      <Show when={props.account.headerNames.length > 0}>
        <CheckField label={t("providers.headersNone")} name="noHeaders" />
      </Show>
    </>
  );
}

function Fields(props: { account: Account; kind: ProviderKind }) {
  return (
    <>
      <TextField
        label={t("providers.label")}
        name="label"
        value={props.account.label}
        required
        autofocus
      />
      <div class="grid gap-4 sm:grid-cols-2">
        <TextField
          label={t("providers.priority")}
          name="priority"
          type="number"
          min="-1000"
          max="1000"
          value={String(props.account.priority)}
          hint={t("providers.priorityHint")}
          required
        />
        <TextField
          label={t("providers.weight")}
          name="weight"
          type="number"
          min="1"
          max="1000000"
          value={String(props.account.weight)}
          hint={t("providers.weightHint")}
          required
        />
      </div>
      <TextField
        label={t("providers.prefix")}
        name="prefix"
        value={props.account.prefix ?? ""}
        hint={t("providers.prefixHint")}
      />
      <TextField
        label={t("providers.proxy")}
        name="proxyUrl"
        value={props.account.proxyUrl ?? ""}
        placeholder="socks5://user:password@proxy.example:1080"
        autocomplete="off"
        hint={t("providers.proxyHint")}
      />
      <Show when={props.account.credential === "API_KEY"}>
        <KeyFields account={props.account} kind={props.kind} />
        <TextField
          label={t("providers.apiKey")}
          name="apiKey"
          type="password"
          autocomplete="off"
          hint={t("providers.apiKeyAgainHint")}
        />
      </Show>
      {/* An owner's password confirms what else requires the key; so does `exportProviderAccounts`. */}
      <May do="exportProviderAccounts">
        <TextField
          label={t("common.yourPassword")}
          name="password"
          type="password"
          autocomplete="off"
          hint={t("providers.passwordInsteadHint")}
        />
      </May>
    </>
  );
}

function compare(before: Account, after: Account): Difference[] {
  const none = t("common.none");
  const fields = [
    [t("providers.label"), (account: Account) => account.label],
    [t("providers.priority"), (account: Account) => String(account.priority)],
    [t("providers.weight"), (account: Account) => String(account.weight)],
    [t("providers.prefix"), (account: Account) => account.prefix || none],
    [t("providers.proxy"), (account: Account) => account.proxyUrl || none],
    [t("providers.baseUrl"), (account: Account) => account.baseUrl || none],
    [t("providers.models"), (account: Account) => formatModels(account.models) || none],
    [t("providers.headers"), (account: Account) => account.headerNames.join(", ") || none],
  ] as const;
  return differencesOf<Account>(fields, before, after);
}

/** The changes as values of the account. Secrets are not among them. */
function asValues(input: UpdateProviderAccountInput): Partial<Account> {
  const { apiKey: _, headers, models, ...values } = input;
  return Object.fromEntries(
    Object.entries({
      ...values,
      ...(models !== undefined && { models: models ?? [] }),
      ...(headers !== undefined && { headerNames: headers?.map(({ name }) => name) ?? [] }),
    }).filter(([, value]) => value !== undefined),
  );
}

type EditProps = { id: string; kind: ProviderKind; onClose: () => void };

function EditForm(props: EditProps) {
  const [query] = createQuery({
    query: AccountToEditQueryDoc,
    variables: () => ({ kind: props.kind }),
    requestPolicy: "network-only",
  });
  const account = () => query.data?.provider?.accounts.find(({ id }) => id === props.id);
  return (
    <Show
      when={account()?.id}
      fallback={
        <Show when={query.error} fallback={<Loading />}>
          <ErrorNotice error={query.error} />
        </Show>
      }
    >
      <Show when={untrack(account)}>
        {(first) => <LoadedForm {...props} first={untrack(first)} />}
      </Show>
    </Show>
  );
}

function LoadedForm(props: EditProps & { first: Account }) {
  const client = useClient();
  const [change, update] = createMutation(UpdateProviderAccountMutation);
  async function read(): Promise<Account | undefined> {
    const variables = { kind: props.kind };
    const answer = await client.query(AccountToEditQueryDoc, variables, {
      requestPolicy: "network-only",
    });
    return answer.data?.provider?.accounts.find(({ id }) => id === props.id);
  }
  const versioned = createVersioned<Account, Difference>({
    first: untrack(() => props.first),
    read,
    compare,
  });

  async function submit(form: FormData) {
    const password = readSecret(form, "password") || null;
    const id = props.id;
    const saved = await versioned.save(
      (base) => accountInput(base, form),
      (input, expectedVersion) => update({ id, input, password, expectedVersion }),
      asValues,
    );
    if (!saved) return;
    props.onClose();
    notify({ tone: "ok", text: t("providers.saved") });
  }

  return (
    <MutationForm
      mutation={change}
      conflict={versioned.conflict()}
      submit={t("common.save")}
      onSubmit={(form) => void submit(form)}
      onClose={props.onClose}
    >
      <Fields account={versioned.shown()} kind={props.kind} />
    </MutationForm>
  );
}

/** Changes what is said about an account, and how it is used. */
export function EditAccountDialog(props: EditProps & { label: string; open: boolean }) {
  return (
    <Dialog
      open={props.open}
      onClose={props.onClose}
      title={t("providers.editTitle", { label: props.label })}
    >
      <Show when={props.open}>
        <EditForm id={props.id} kind={props.kind} onClose={props.onClose} />
      </Show>
    </Dialog>
  );
}
