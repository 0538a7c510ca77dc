import type { FreshKey } from "../../connect/KeySecretDialog";
import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { readList, readOptional, readText } from "../../lib/form";
import { MutationForm } from "../../ui/MutationDialog";
import { UserFields } from "./UserFields";

const CreateUserMutation = graphql(`
  mutation CreateUser($input: CreateUserInput!) {
    createUser(input: $input) {
      user {
        id
        name
      }
      apiKey {
        id
      }
      secret
    }
  }
`);

type CreateUserFormProps = {
  onCreated: (userId: string, fresh: FreshKey) => void;
  onCancel?: () => void;
  /** The label of the cancel button; "Cancel" by default. */
  dismiss?: string;
};

/** The form for a new user and their first key. */
export function CreateUserForm(props: CreateUserFormProps) {
  const [creation, create] = createMutation(CreateUserMutation);

  async function submit(form: FormData) {
    const input = {
      name: readText(form, "name"),
      email: readOptional(form, "email"),
      note: readOptional(form, "note"),
      allowedModels: readList(form, "allowedModels"),
      groupId: readOptional(form, "groupId"),
    };
    const { data } = await create({ input });
    if (!data) return;
    const { user, apiKey, secret } = data.createUser;
    props.onCreated(user.id, {
      title: t("users.firstKey", { name: user.name }),
      secret,
      apiKeyId: apiKey.id,
    });
  }

  return (
    <MutationForm
      mutation={creation}
      submit={t("users.create")}
      onSubmit={(form) => void submit(form)}
      dismiss={props.dismiss}
      onClose={props.onCancel}
    >
      <UserFields />
    </MutationForm>
  );
}
