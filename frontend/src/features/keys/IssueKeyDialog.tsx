import type { FreshKey } from "../../connect/KeySecretDialog";
import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { readEndOfDay, readList, readText } from "../../lib/form";
import { MutationDialog } from "../../ui/MutationDialog";
import { KeyFields } from "./KeyFields";
import { readClients } from "./OriginFields";

const IssueApiKeyMutation = graphql(`
  mutation IssueApiKey($input: IssueApiKeyInput!) {
    issueApiKey(input: $input) {
      apiKey {
        id
        name
      }
      secret
    }
  }
`);

type IssueKeyDialogProps = {
  userId: string;
  open: boolean;
  onClose: () => void;
  onFresh: (fresh: FreshKey) => void;
};

/** Issues one more key for a user. */
export function IssueKeyDialog(props: IssueKeyDialogProps) {
  const [issue, issueApiKey] = createMutation(IssueApiKeyMutation);

  async function submit(form: FormData) {
    const input = {
      userId: props.userId,
      name: readText(form, "name"),
      expiresAt: readEndOfDay(form, "expiresOn"),
      allowedModels: readList(form, "allowedModels"),
      allowedNetworks: readList(form, "allowedNetworks"),
      allowedClients: readClients(form),
    };
    const { data } = await issueApiKey({ input });
    if (!data) return;
    props.onClose();
    const { apiKey, secret } = data.issueApiKey;
    props.onFresh({ title: t("keys.fresh", { name: apiKey.name }), secret, apiKeyId: apiKey.id });
  }

  return (
    <MutationDialog
      open={props.open}
      onClose={props.onClose}
      title={t("keys.issue")}
      mutation={issue}
      submit={t("keys.issue")}
      onSubmit={(form) => void submit(form)}
    >
      <KeyFields />
    </MutationDialog>
  );
}
