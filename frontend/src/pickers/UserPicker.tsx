import { createQuery } from "@urql/solid";
import { createSignal } from "solid-js";
import { graphql } from "../graphql/generated";
import { t } from "../i18n";
import { createDelayed } from "../lib/createDelayed";
import { SearchChoice } from "../ui/SearchChoice";

const PickUsersDocument = graphql(`
  query PickUsers($search: String, $first: Int!) {
    users(
      filter: { search: $search }
      orderBy: { field: NAME, direction: ASC }
      first: $first
    ) {
      nodes {
        id
        name
        email
      }
      pageInfo {
        hasNextPage
      }
    }
  }
`);

const PickedUserDocument = graphql(`
  query PickedUser($id: ID!) {
    user(id: $id) {
      id
      name
    }
  }
`);

const TYPING_MS = 200;
const OFFERED = 30;

/** The name of a user; undefined while it is not known. */
export function createUserName(id: () => string | undefined): () => string | undefined {
  const [answer] = createQuery({
    query: PickedUserDocument,
    variables: () => ({ id: id() ?? "" }),
    pause: () => !id(),
  });
  return () => (id() && answer.data?.user?.id === id() ? answer.data?.user?.name : undefined);
}

type UserPickerProps = {
  label: string;
  /** The label of the empty choice; omit it where a choice is required. */
  all?: string;
  value: string | undefined;
  tall?: boolean;
  onChoose: (id: string | undefined) => void;
};

/** A choice among all users; the server searches while the reader types. */
export function UserPicker(props: UserPickerProps) {
  const [typed, setTyped] = createSignal("");
  const wanted = createDelayed(() => typed().trim(), TYPING_MS);
  const [answer] = createQuery({
    query: PickUsersDocument,
    variables: () => ({ search: wanted() || null, first: OFFERED }),
  });
  const name = createUserName(() => props.value);
  const isCurrent = () => wanted() === typed().trim() && !answer.fetching;
  return (
    <SearchChoice
      label={props.label}
      all={props.all}
      value={props.value}
      name={props.value ? (name() ?? t("common.loading")) : undefined}
      options={(answer.data?.users.nodes ?? []).map((user) => ({
        value: user.id,
        label: user.name,
        detail: user.email ?? undefined,
      }))}
      hasMore={answer.data?.users.pageInfo.hasNextPage}
      isSearching={!isCurrent()}
      tall={props.tall}
      onSearch={setTyped}
      onChoose={props.onChoose}
    />
  );
}
