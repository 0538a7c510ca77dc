import { createQuery } from "@urql/solid";
import { createSignal, Show, untrack } from "solid-js";
import { createMutation } from "../graphql/createMutation";
import type { AccountAccessSubject } from "../graphql/generated/graphql";
import { t } from "../i18n";
import { Dialog } from "../ui/Dialog";
import { ErrorNotice } from "../ui/ErrorNotice";
import { SelectField } from "../ui/Field";
import { Loading } from "../ui/Loading";
import { MutationForm } from "../ui/MutationDialog";
import { notify } from "../ui/Toaster";
import {
  AccountAccessQuery,
  CHANGES_GROUPS,
  SetAccountAccessMutation,
  UserGroupAccessQuery,
} from "./accountAccess";
import { GroupChecks, readGroups } from "./GroupChecks";

/** The user, the key of a user, or the group of users whose account groups are set. */
export type AccessSubject =
  | { userId: string; apiKeyId?: string; userGroupId?: undefined }
  | { userGroupId: string; userId?: undefined; apiKeyId?: undefined };

type AccessProps = AccessSubject & {
  /** The name of the subject. */
  name: string;
  onClose: () => void;
};

function inputOf(subject: AccessSubject): AccountAccessSubject {
  if (subject.userId === undefined) return { userGroupId: subject.userGroupId };
  return subject.apiKeyId ? { apiKeyId: subject.apiKeyId } : { userId: subject.userId };
}

/** The groups that are set, with the version that a change is based on. */
type Present = { version: number; groups: readonly { id: string }[] | null | undefined };

function PresentForm(props: AccessProps & { present: Present }) {
  const [change, set] = createMutation(SetAccountAccessMutation);
  const own = untrack(() => props.present.groups?.map(({ id }) => id));
  const expectedVersion = untrack(() => props.present.version);
  const [isOwn, setOwn] = createSignal(own !== undefined);
  const [count, setCount] = createSignal(own?.length ?? 0);
  const inherit = () => {
    if (props.apiKeyId) return t("accountGroups.inheritKey");
    return props.userId ? t("accountGroups.inheritUser") : t("accountGroups.inheritUserGroup");
  };

  async function submit(form: FormData, subject: AccessProps) {
    const { name, onClose } = subject;
    const accountGroupIds = isOwn() ? readGroups(form) : null;
    const input = { subject: inputOf(subject), accountGroupIds };
    const { error } = await set({ input, expectedVersion }, CHANGES_GROUPS);
    if (error) return;
    onClose();
    notify({ tone: "ok", text: t("accountGroups.accessSaved", { name }) });
  }

  return (
    <MutationForm
      mutation={change}
      submit={t("common.save")}
      disabled={isOwn() && count() === 0}
      onSubmit={(form) => void submit(form, props)}
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
  const [ofUser] = createQuery({
    query: AccountAccessQuery,
    variables: () => ({ userId: props.userId ?? "" }),
    pause: () => props.userId === undefined,
    requestPolicy: "network-only",
  });
  const [ofGroups] = createQuery({
    query: UserGroupAccessQuery,
    pause: () => props.userGroupId === undefined,
    requestPolicy: "network-only",
  });
  const answer = {
    get error() {
      return ofUser.error ?? ofGroups.error;
    },
  };
  const present = (): Present | undefined => {
    if (props.userGroupId) {
      const group = ofGroups.data?.userGroups.find(({ id }) => id === props.userGroupId);
      return group && { version: group.version, groups: group.accountGroups };
    }
    const user = ofUser.data?.user;
    const subject = props.apiKeyId ? user?.apiKeys.find(({ id }) => id === props.apiKeyId) : user;
    return subject
      ? { version: subject.version, groups: subject.accountAccess.ownGroups }
      : undefined;
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

/** Sets the account groups that a user, a key or the members of a group of users may use. */
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
