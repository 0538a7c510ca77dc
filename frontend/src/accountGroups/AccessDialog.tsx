import { createQuery } from "@urql/solid";
import { createSignal, Show, untrack } from "solid-js";
import { createMutation } from "../graphql/createMutation";
import { t } from "../i18n";
import { Dialog } from "../ui/Dialog";
import { ErrorNotice } from "../ui/ErrorNotice";
import { SelectField } from "../ui/Field";
import { Loading } from "../ui/Loading";
import { MutationForm } from "../ui/MutationDialog";
import { notify } from "../ui/Toaster";
import { AccountAccessQuery, CHANGES_GROUPS, SetAccountAccessMutation } from "./accountAccess";
import { GroupChecks, readGroups } from "./GroupChecks";

type AccessProps = {
  userId: string;
  /** The key whose groups are set; those of the user otherwise. */
  apiKeyId?: string;
  /** The name of the user or key. */
  name: string;
  onClose: () => void;
};

/** The groups that are set, with the version that a change is based on. */
type Present = {
  version: number;
  accountAccess: { ownGroups?: readonly { id: string }[] | null };
};

function PresentForm(props: AccessProps & { present: Present }) {
  const [change, set] = createMutation(SetAccountAccessMutation);
  const own = untrack(() => props.present.accountAccess.ownGroups?.map(({ id }) => id));
  const expectedVersion = untrack(() => props.present.version);
  const [isOwn, setOwn] = createSignal(own !== undefined);
  const [count, setCount] = createSignal(own?.length ?? 0);
  const inherit = () =>
    props.apiKeyId ? t("accountGroups.inheritKey") : t("accountGroups.inheritUser");

  async function submit(form: FormData) {
    const name = props.name;
    const subject = props.apiKeyId ? { apiKeyId: props.apiKeyId } : { userId: props.userId };
    const accountGroupIds = isOwn() ? readGroups(form) : null;
    const input = { subject, accountGroupIds };
    const { error } = await set({ input, expectedVersion }, CHANGES_GROUPS);
    if (error) return;
    props.onClose();
    notify({ tone: "ok", text: t("accountGroups.accessSaved", { name }) });
  }

  return (
    <MutationForm
      mutation={change}
      submit={t("common.save")}
      disabled={isOwn() && count() === 0}
      onSubmit={(form) => void submit(form)}
      onClose={props.onClose}
    >
      <SelectField
        label={t("accountGroups.accessField")}
        value={isOwn() ? "own" : "inherit"}
        options={[
          { value: "inherit", label: inherit() },
          { value: "own", label: t("accountGroups.ownGroups") },
        ]}
        hint={isOwn() ? t("accountGroups.chooseOne") : undefined}
        onChange={(event) => setOwn(event.currentTarget.value === "own")}
      />
      <Show when={isOwn()}>
        <GroupChecks chosen={own ?? []} onChange={setCount} />
      </Show>
    </MutationForm>
  );
}

function AccessForm(props: AccessProps) {
  const [answer] = createQuery({
    query: AccountAccessQuery,
    variables: () => ({ userId: props.userId }),
    requestPolicy: "network-only",
  });
  const present = (): Present | undefined => {
    const user = answer.data?.user;
    if (!props.apiKeyId) return user ?? undefined;
    return user?.apiKeys.find(({ id }) => id === props.apiKeyId);
  };
  return (
    <Show
      when={present() !== undefined}
      fallback={
        <Show when={answer.error} fallback={<Loading />}>
          <ErrorNotice error={answer.error} />
        </Show>
      }
    >
      <Show when={untrack(present)}>
        {(first) => <PresentForm {...props} present={untrack(first)} />}
      </Show>
    </Show>
  );
}

/** Sets the account groups that a user or key may use. */
export function AccessDialog(props: AccessProps & { open: boolean }) {
  return (
    <Dialog
      open={props.open}
      title={t("accountGroups.accessTitle", { name: props.name })}
      onClose={props.onClose}
    >
      <Show when={props.open}>
        <AccessForm {...props} />
      </Show>
    </Dialog>
  );
}
