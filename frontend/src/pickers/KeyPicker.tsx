import { createQuery } from "@urql/solid";
import { Show } from "solid-js";
import { graphql } from "../graphql/generated";
import { LocalChoice } from "../ui/SearchChoice";

const PickedUserKeysDocument = graphql(`
  query PickedUserKeys($id: ID!) {
    user(id: $id) {
      id
      apiKeys(includeRevoked: true) {
        id
        name
        lastFour
      }
    }
  }
`);

const UsedKeyDocument = graphql(`
  query UsedKey($id: ID!) {
    usage(range: { preset: ALL }, filter: { apiKeyId: $id }) {
      breakdown(by: API_KEY, first: 1) {
        key
        label
      }
    }
  }
`);

/** The keys of a user, revoked ones too; empty while they are not known. */
function createKeysOfUser(id: () => string | undefined) {
  const [answer] = createQuery({
    query: PickedUserKeysDocument,
    variables: () => ({ id: id() ?? "" }),
    pause: () => !id(),
  });
  return () => (id() && answer.data?.user?.id === id() ? (answer.data?.user?.apiKeys ?? []) : []);
}

/** The name of a key, of a known user or with usage; undefined while it is not known. */
export function createKeyName(id: () => string | undefined, user: () => string | undefined) {
  const keys = createKeysOfUser(user);
  const [used] = createQuery({
    query: UsedKeyDocument,
    variables: () => ({ id: id() ?? "" }),
    pause: () => !id() || Boolean(user()),
  });
  return () =>
    keys().find((each) => each.id === id())?.name ??
    used.data?.usage.breakdown.find(({ key }) => key === id())?.label ??
    undefined;
}

type KeyPickerProps = {
  label: string;
  all: string;
  user: string | undefined;
  value: string | undefined;
  onChoose: (id: string | undefined) => void;
};

/** A choice among the keys of a user; nothing without a user. */
export function KeyPicker(props: KeyPickerProps) {
  const keys = createKeysOfUser(() => props.user);
  return (
    <Show when={keys().length > 0}>
      <LocalChoice
        label={props.label}
        all={props.all}
        value={props.value}
        options={keys().map(({ id, name, lastFour }) => ({
          value: id,
          label: name,
          detail: `…${lastFour}`,
        }))}
        onChoose={props.onChoose}
      />
    </Show>
  );
}
