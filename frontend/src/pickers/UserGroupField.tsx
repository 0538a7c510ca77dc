import { createQuery } from "@urql/solid";
import { Show } from "solid-js";
import { graphql } from "../graphql/generated";
import { t } from "../i18n";
import { SelectField } from "../ui/Field";

const UserGroupChoicesQuery = graphql(`
  query UserGroupChoices {
    userGroups {
      id
      name
    }
  }
`);

/** The group of a user, which stays as it is until the groups are known; no choice while there are none. */
export function UserGroupField(props: { value: string | null | undefined }) {
  const [answer] = createQuery({ query: UserGroupChoicesQuery });
  const groups = () => answer.data?.userGroups ?? [];
  return (
    <Show
      when={groups().length > 0}
      fallback={<input type="hidden" name="groupId" value={props.value ?? ""} />}
    >
      <SelectField
        label={t("userGroups.group")}
        name="groupId"
        value={props.value ?? ""}
        hint={t("userGroups.groupHint")}
        options={[
          { value: "", label: t("userGroups.noGroup") },
          ...groups().map(({ id, name }) => ({ value: id, label: name })),
        ]}
      />
    </Show>
  );
}
