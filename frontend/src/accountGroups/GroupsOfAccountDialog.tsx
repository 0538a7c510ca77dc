import { createQuery } from "@urql/solid";
import { Show, untrack } from "solid-js";
import { createMutation } from "../graphql/createMutation";
import { graphql } from "../graphql/generated";
import { t } from "../i18n";
import { Dialog } from "../ui/Dialog";
import { ErrorNotice } from "../ui/ErrorNotice";
import { Loading } from "../ui/Loading";
import { MutationForm } from "../ui/MutationDialog";
import { notify } from "../ui/Toaster";
import { GroupChecks, readGroups } from "./GroupChecks";

const AccountsOfGroupsQuery = graphql(`
  query AccountsOfGroups {
    accountGroups {
      id
      accounts {
        id
      }
    }
  }
`);

const SetProviderAccountGroupsMutation = graphql(`
  mutation SetProviderAccountGroups($id: ID!, $accountGroupIds: [ID!]!) {
    setProviderAccountGroups(id: $id, accountGroupIds: $accountGroupIds) {
      account {
        id
        groups {
          id
          name
        }
      }
    }
  }
`);

type GroupsProps = { id: string; label: string; onClose: () => void };

function ChosenForm(props: GroupsProps & { chosen: readonly string[] }) {
  const [change, set] = createMutation(SetProviderAccountGroupsMutation);

  async function submit(form: FormData) {
    const label = props.label;
    const { error } = await set({ id: props.id, accountGroupIds: readGroups(form) });
    if (error) return;
    props.onClose();
    notify({ tone: "ok", text: t("accountGroups.ofAccountSaved", { label }) });
  }

  return (
    <MutationForm
      mutation={change}
      submit={t("common.save")}
      onSubmit={(form) => void submit(form)}
      onClose={props.onClose}
    >
      <GroupChecks chosen={props.chosen} />
    </MutationForm>
  );
}

function GroupsForm(props: GroupsProps) {
  const [answer] = createQuery({ query: AccountsOfGroupsQuery, requestPolicy: "network-only" });
  const chosen = () =>
    answer.data?.accountGroups
      .filter(({ accounts }) => accounts.some(({ id }) => id === props.id))
      .map(({ id }) => id);
  return (
    <Show
      when={chosen() !== undefined}
      fallback={
        <Show when={answer.error} fallback={<Loading />}>
          <ErrorNotice error={answer.error} />
        </Show>
      }
    >
      <ChosenForm {...props} chosen={untrack(chosen) ?? []} />
    </Show>
  );
}

/** Sets the groups that an account is in. */
export function GroupsOfAccountDialog(props: GroupsProps & { open: boolean }) {
  return (
    <Dialog
      open={props.open}
      title={t("accountGroups.ofAccountTitle", { label: props.label })}
      description={t("accountGroups.ofAccountHint")}
      onClose={props.onClose}
    >
      <Show when={props.open}>
        <GroupsForm {...props} />
      </Show>
    </Dialog>
  );
}
